/**
 * Log-ins that somebody ended, so that a copy of the cookie opens nothing any more. They are remembered by their random
 * numbers for as long as the cookie would last, over restarts; nothing of the person stands with them.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** As long as a cookie lasts, ms. */
const LASTS = 366 * 86_400_000;

export class EndedLogins {
  private readonly ended: Map<string, number>;
  private written: Promise<void> = Promise.resolve();

  constructor(private readonly dir: string) {
    this.ended = new Map(read(join(dir, 'ended-logins.json')));
  }

  has(login: string): boolean {
    return this.ended.has(login);
  }

  /** Resolves when it would survive a restart; it holds at once. */
  end(login: string, now: number): Promise<void> {
    for (const [one, at] of this.ended) if (now - at > LASTS) this.ended.delete(one);
    this.ended.set(login, now);
    const file = join(this.dir, 'ended-logins.json');
    this.written = this.written
      .catch(() => {})
      .then(async () => {
        await writeFile(`${file}.new`, JSON.stringify([...this.ended]), { mode: 0o600, flush: true });
        await rename(`${file}.new`, file);
      });
    return this.written;
  }
}

function read(file: string): [string, number][] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as [string, number][];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
