/** What is wrong with Redis, as each side tells it: once in the log with its hint, until it is well again. */
import { toPlain } from '../errors.js';
import type { Log } from '../log.js';
import { refuses, unreachable } from './faults.js';

export interface TroubleParts {
  url: string;
  prefix: string;
  log: Log;
  /** What it means for this side, after "Redis: trouble". */
  meaning: string;
}

/** Says once what is wrong with Redis, and once that it is well again. */
export class Trouble {
  private known = false;

  constructor(private readonly parts: TroubleParts) {}

  get told(): boolean {
    return this.known;
  }

  tell(error: unknown): void {
    if (this.known) return;
    this.known = true;
    const { url, prefix, log, meaning } = this.parts;
    const about = refuses(error) ? toPlain(unreachable(url, prefix, error)) : { error: String(error) };
    log.warn(about, `Redis: trouble${meaning}`);
  }

  /** It has done what it was asked. */
  over(): void {
    if (this.known) this.parts.log.info('Redis is back');
    this.known = false;
  }
}
