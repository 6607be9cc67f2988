/**
 * The engines that are there, as the bot speaks of and to all of them: who they are, who gets no jobs, what
 * all should forget.
 */
import type { Envelopes } from '../envelope.js';
import { FORGOTTEN_AT_ONCE } from '../limits.js';
import type { Aside, SetAside } from './aside.js';
import type { Line } from './connection.js';
import type { EngineRegistry } from './engine-registry.js';
import type { Beat, keys } from './wire.js';
import { within } from './within.js';

export interface EnginesThereOptions {
  redis: Line;
  keys: ReturnType<typeof keys>;
  envelopes: Envelopes;
  registry: EngineRegistry;
  aside: Aside;
  /** Mark of the data folder that engines share; null where they share none. */
  folder: string | null;
}

/** What Redis may take, ms, to tell engines what to forget. */
const FORGET_MS = 2000;

/** All engines that are there, for whoever asks of them. */
export class EnginesThere {
  constructor(private readonly options: EnginesThereOptions) {}

  /** As they describe themselves. */
  async list(): Promise<Beat[]> {
    return (await this.options.registry.call()).there;
  }

  /**
   * Those that get no jobs, and why: their data folder is another, or what they wrote was not in the bot's.
   */
  async setAside(): Promise<SetAside[]> {
    const { folder, aside } = this.options;
    const there = folder === null ? [] : await this.list();
    const other = there.flatMap(({ engine, folder: theirs }) =>
      theirs === folder ? [] : [{ engine, why: 'its data folder is not the one of the bot' }],
    );
    const named = new Set(other.map(({ engine }) => engine));
    return [...other, ...aside.list().filter(({ engine }) => !named.has(engine))];
  }

  /** Artifacts by hash. Engines that are away keep them until they age out. */
  async forget(artifacts: readonly string[]): Promise<void> {
    const { redis, keys: names, envelopes } = this.options;
    if (artifacts.length === 0 || redis.status !== 'ready') return;
    const tell = async () => {
      for (const { engine } of await this.list())
        for (let from = 0; from < artifacts.length; from += FORGOTTEN_AT_ONCE) {
          const told = { type: 'forget', artifacts: artifacts.slice(from, from + FORGOTTEN_AT_ONCE) };
          await redis.publish(names.to(engine), envelopes.close('word', told));
        }
    };
    await within(FORGET_MS, tell());
  }

  /** Tells of the bot's data folder: engines look for it before they take a job. */
  tellFolder(): void {
    const { redis, keys: names, envelopes, folder } = this.options;
    if (folder === null) return;
    redis.set(names.folder, envelopes.close('folder', { folder })).catch(() => {});
  }
}
