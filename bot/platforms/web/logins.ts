/**
 * Log-ins of admins: how long one lasts, and which somebody ended, so that a copy of the cookie opens nothing
 * any more. Ended ones are remembered by their random numbers for as long as they would last, over restarts;
 * nothing of the person stands with them.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, readFault } from '../../../src/files/reading.js';
import { type Ended, EVERYONE, parseEnded } from '../../../src/store/ended-logins.js';
import type { Refused } from './guard.js';

/** As long as a cookie lasts, ms. */
export const LASTS = 365 * 86_400_000;

export interface LoginParts {
  dir: string;
  now: () => number;
  /** Told what was wrong with the file. */
  warn: (line: Refused) => void;
}

/** Log-ins of admins; one that ended stays ended over restarts. */
export class Logins {
  private readonly ended: Map<string, number>;
  private written: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LoginParts) {
    this.ended = new Map(this.read());
  }

  /** The number of a new one, with its beginning. */
  begin(): string {
    return `${randomBytes(12).toString('base64url')}~${this.parts.now().toString(36)}`;
  }

  /** Neither ended nor too old. One from before that was told has no beginning, and is over. */
  stands(login: string): boolean {
    const began = Number.parseInt(login.split('~')[1] ?? '', 36);
    const { now } = this.parts;
    return now() - began < LASTS && began > (this.ended.get(EVERYONE) ?? 0) && !this.ended.has(login);
  }

  /** Resolves when it would survive a restart; it holds at once. */
  end(login: string): Promise<void> {
    const now = this.parts.now();
    for (const [one, at] of this.ended) if (now - at > LASTS) this.ended.delete(one);
    this.ended.set(login, now);
    this.written = this.written
      .catch(() => {})
      .then(async () => {
        await writeFile(`${this.file}.new`, JSON.stringify([...this.ended]), { mode: 0o600, flush: true });
        await rename(`${this.file}.new`, this.file);
      });
    return this.written;
  }

  private get file(): string {
    return join(this.parts.dir, 'ended-logins.json');
  }

  /** A damaged file is set aside: then all log-ins from before are over, which is written down at once. */
  private read(): Ended[] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if (isMissing(error)) return [];
      throw readFault(error, this.file, { hint: '' });
    }
    const found = parseEnded(text);
    if (found) return found;
    const now = this.parts.now();
    const aside = `${this.file}.damaged-${now}`;
    const all: Ended[] = [[EVERYONE, now]];
    writeFileSync(`${this.file}.new`, JSON.stringify(all), { mode: 0o600, flush: true });
    renameSync(this.file, aside);
    renameSync(`${this.file}.new`, this.file);
    this.parts.warn({
      message: `${this.file} is damaged: which log-ins were ended is not known, so all are over`,
      hint: `Admins log in once more; what was found is kept as ${aside}.`,
    });
    return all;
  }
}
