/** Takes old rounds off the disk and old objects out of the bucket, at the start and every few hours, one session after the other. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../src/clock.js';
import type { Retention } from '../../src/domain/sessions/retention.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { DataPaths } from '../effects/data-paths.js';
import { collectable, type SessionRows, takeAway } from './collect.js';

export interface TidyParts {
  clock: Clock;
  log: Log;
  paths: DataPaths;
  retention: Retention;
  /** All there are. */
  sessions(): Promise<readonly string[]>;
  /** Its newest rounds and pictures; undefined once it is gone. */
  rounds(session: string): Promise<SessionRows | undefined>;
  /** Where bot and engines meet in a bucket. */
  bucket: MeetingBucket | null;
  /** Takes copies of the database away that are too old; resolves with how many. */
  dropCopies(now: number): Promise<number>;
}

export interface MeetingBucket {
  /** Takes away what is old. */
  collect(): Promise<{ objects: number; bytes: number; uploads: number }>;
  /** Takes away what lies at these places of the data folder; the hashes of what went. */
  withdraw(places: readonly string[]): Promise<string[]>;
}

const EVERY_MS = 6 * 3_600_000;

export class Tidy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: TidyParts) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.once();
      await wait(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** What fails is told, and tried again the next time. */
  async once(): Promise<void> {
    const { clock, log, paths, retention, sessions, rounds, bucket, dropCopies } = this.parts;
    const gone = { files: 0, bytes: 0 };
    try {
      for (const session of await sessions()) {
        if (this.stopping.signal.aborted) break;
        const now = await rounds(session);
        if (!now) continue;
        const found = await collectable(now, paths, retention, clock.now());
        await takeAway(found);
        for (const { files, bytes } of found) {
          gone.files += files.length;
          gone.bytes += bytes;
        }
      }
    } catch (error) {
      log.warn(toPlain(error), 'old rounds could not be collected');
    }
    if (gone.files > 0) log.info(gone, 'old rounds collected');
    try {
      const copies = await dropCopies(clock.now());
      if (copies > 0) log.info({ copies }, 'old copies of the database removed');
    } catch (error) {
      log.warn(toPlain(error), 'old copies of the database could not be removed');
    }
    try {
      const collected = await bucket?.collect();
      if (collected && collected.objects + collected.uploads > 0) log.info(collected, 'bucket collected');
    } catch (error) {
      log.warn(toPlain(error), 'the bucket could not be collected');
    }
  }
}
