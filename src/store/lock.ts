/**
 * One process owns a data directory. The lock is an exclusive transaction on a file of its own, so the
 * operating system drops it when its owner dies, however it dies: there is no stale lock to break, and no pid
 * to mistake for another's. `acclaim.pid` only says who it is.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AcclaimError } from '../errors.js';
import { Connection } from './sqlite.js';

/** Keeps every other process out of a data folder. */
export class DataLock {
  private constructor(
    readonly db: Connection,
    readonly pidFile: string,
  ) {}

  /** Throws `data-locked` at once when another process (or another part of this one) holds the directory. */
  static async take(dir: string): Promise<DataLock> {
    const db = await Connection.open(join(dir, 'acclaim.lock'), 'write');
    const pidFile = join(dir, 'acclaim.pid');
    try {
      await db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
      await writeFile(pidFile, `${process.pid}\n`);
      return new DataLock(db, pidFile);
    } catch (error) {
      await db.close();
      if (error instanceof AcclaimError && error.code === 'file-corrupt')
        throw new AcclaimError('file-corrupt', error.message, 'Remove it: nothing is kept in it.', {
          cause: error,
        });
      if ((error as NodeJS.ErrnoException).code !== 'SQLITE_BUSY') throw error;
      const owner = (await readFile(pidFile, 'utf8').catch(() => '')).trim();
      const who = owner ? ` (process ${owner})` : '';
      const hint = 'Stop it first, or name another folder with --data.';
      throw new AcclaimError('data-locked', `${dir} is in use by another Acclaim${who}.`, hint, {
        cause: error,
      });
    }
  }

  async release(): Promise<void> {
    await rm(this.pidFile, { force: true });
    await this.db.close();
  }
}
