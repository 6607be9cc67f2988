/** The room that is left for a data folder, told before anything fails: in readiness and as a metric. */
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { LEAST_BYTES } from './faults.js';

/** `data`: the folder itself; `sessions`: rounds and checkpoints, where they lie on a disk of their own. */
export type DiskOf = 'data' | 'sessions';

/** What is free on the disks of a data folder, asked once for all who ask at a time. */
export class Disk {
  #asked: Promise<Map<DiskOf, number>> | null = null;

  constructor(private readonly dir: string) {}

  /** Bytes that this user may still write on each disk; a folder that is not there is left out. */
  free(): Promise<ReadonlyMap<DiskOf, number>> {
    // A mount that hangs holds one thread, however often it is asked.
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  /** Null = there is room for a commit, and for a round. */
  async look(): Promise<string | null> {
    for (const [of, bytes] of await this.free())
      if (bytes < LEAST_BYTES) return of === 'data' ? 'no space is left' : 'no space is left for rounds';
    return null;
  }

  async #ask(): Promise<Map<DiskOf, number>> {
    const sessions = join(this.dir, 'sessions');
    const [own, apart] = await Promise.all([this.dir, sessions].map((at) => stat(at).catch(() => null)));
    const found = new Map<DiskOf, number>();
    if (own) found.set('data', await freeBytes(this.dir));
    if (apart && apart.dev !== own?.dev) found.set('sessions', await freeBytes(sessions));
    return found;
  }
}

async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
