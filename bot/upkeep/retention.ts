/**
 * Takes old rounds off the disk and old objects out of the bucket, at the start and every few hours, one
 * session after the other.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Artifacts } from '../../src/artifacts/artifacts.js';
import type { Clock } from '../../src/clock.js';
import type { Retention } from '../../src/domain/sessions/retention.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Store } from '../../src/store/store.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { Sessions } from '../sessions/sessions.js';
import { collectable, removeFiles } from './garbage-collection.js';

export interface RetentionParts {
  clock: Clock;
  log: Log;
  store: Pick<Store, 'dropCopies'> & { lookups: Pick<Store['lookups'], 'sessions' | 'pictures'> };
  sessions: Pick<Sessions, 'get'>;
  paths: DataPaths;
  /** What becomes of old rounds. */
  retention: Retention;
  /** How long copies of the database from before an upgrade stay, ms. */
  copiesForMs: number;
  /** Where bot and engines meet in a bucket. */
  bucket: Pick<Artifacts, 'collect'> | null;
}

const EVERY_MS = 6 * 3_600_000;

/** What is old goes, as the policy has it. */
export class RetentionRuns {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RetentionParts) {}

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
    const { clock, log, store, copiesForMs, bucket } = this.parts;
    await this.oldRounds();
    try {
      const copies = await store.dropCopies(copiesForMs, clock.now());
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

  private async oldRounds(): Promise<void> {
    const { clock, log, store, sessions, paths, retention } = this.parts;
    const gone = { files: 0, bytes: 0 };
    try {
      for (const session of await store.lookups.sessions()) {
        if (this.stopping.signal.aborted) break;
        const now = sessions.get(session) ?? (await store.lookups.pictures(session));
        if (!now) continue;
        const found = await collectable(now, paths, retention, clock.now());
        await removeFiles(found);
        for (const { files, bytes } of found) {
          gone.files += files.length;
          gone.bytes += bytes;
        }
      }
    } catch (error) {
      log.warn(toPlain(error), 'old rounds could not be collected');
    }
    if (gone.files > 0) log.info(gone, 'old rounds collected');
  }
}
