/**
 * The engines that are there, by what they tell of themselves: BullMQ's `getWorkers` gives names, and no
 * more. Whom a job reaches does not hang on it; why it reaches nobody does. Only a signed beat that counts on
 * is a sign of life: one that somebody has kept and puts back is not. Goes by this process's own time.
 */
import { toPlain } from '../../errors.js';
import type { Held } from '../contract.js';
import { type Beat, beatSchema, type Need } from '../matching/ability.js';
import type { Aside, SetAside } from '../matching/aside.js';
import { able, lacking } from '../matching/routing.js';
import type { End } from './end.js';

export interface MatchOptions {
  /** Engines whose work was not there. */
  aside: Aside;
  /** Mark of the data folder that engines share; null where they share none. */
  folder: string | null;
  /** Engines that a job may outlive before it fails `engine-lost`. */
  attempts: number;
}

/** Engines that will not do for a job: it failed on those, and does not fit into these. */
export interface Unfit {
  failed: Set<string>;
  short: Set<string>;
}

export interface EnginesThereOptions extends MatchOptions {
  /** Silence after which an engine is gone, ms. */
  lostMs: number;
}

/** The engines that are there, and how a job goes with them. */
export class EnginesThere {
  /** As they were when they were last asked for. */
  known: readonly Beat[] = [];
  /** No engine is there, but for some of an older version. */
  older = false;
  /** Count of each engine's newest beat, and when it was first seen, ms of this process. */
  private readonly heard = new Map<string, { count: number; at: number }>();
  /** Engines whose beat was refused: said once each. */
  private readonly refused = new Set<string>();

  constructor(
    private readonly end: End,
    private readonly options: EnginesThereOptions,
  ) {}

  async list(): Promise<Beat[]> {
    const { redis, keys } = this.end;
    const there: Beat[] = [];
    for (const [id, text] of Object.entries(await redis.hgetall(keys.serving)).sort()) {
      const beat = this.open(id, text);
      if (beat && this.alive(beat)) there.push(beat);
      else if (beat) await redis.hdel(keys.serving, id);
    }
    this.known = there;
    if (there.length === 0) await this.lookForOlder();
    return there;
  }

  /** Who shall have a job: none that it does not fit, nor, where others can do it, one that failed on it. */
  need(wants: Pick<Need, 'models' | 'memoryMb'>, { failed, short }: Unfit): Need {
    const { folder, attempts } = this.options;
    const aside = this.aside();
    const but = (not: (engine: string) => boolean): Need => {
      const names = this.known.map(({ engine }) => engine);
      return {
        ...wants,
        folder,
        not: names.filter((name) => short.has(name) || aside.has(name) || not(name)),
        attempts,
      };
    };
    const rather = but((engine) => failed.has(engine));
    return this.known.some((beat) => able(beat, rather)) ? rather : but(() => false);
  }

  /** Why no engine that is there can do a job. `active`: one that leaves has it until it hands it back. */
  lacking(need: Need, { short }: Unfit, active: boolean): Held | null {
    const known = this.known.map((beat) => (active ? { ...beat, draining: false } : beat));
    return lacking(known, need, { aside: this.aside(), short, older: this.older });
  }

  /** Those that get no jobs, and why: they have another data folder, or what they wrote was not there. */
  async setAside(): Promise<SetAside[]> {
    const { folder, aside } = this.options;
    const there = folder === null ? [] : await this.list();
    const why = 'its data folder is not the one of the bot';
    const other = there.filter((beat) => beat.folder !== folder).map(({ engine }) => ({ engine, why }));
    return [...other, ...aside.list().filter((one) => !other.some(({ engine }) => engine === one.engine))];
  }

  /** Tells of the bot's data folder: engines look for it before they take a job. */
  tellFolder(): void {
    const { redis, keys, envelopes } = this.end;
    const { folder } = this.options;
    if (folder !== null) redis.set(keys.folder, envelopes.close('folder', { folder })).catch(() => {});
  }

  /** Those get their jobs another way, and would never have one of ours. */
  private async lookForOlder(): Promise<void> {
    const { redis, keys, log } = this.end;
    const beats = (await redis.smembers(keys.older)).map(keys.olderBeat);
    const older = beats.length > 0 && (await redis.exists(...beats)) > 0;
    if (older && !this.older)
      log.warn('engines of an older version are there: update them, they take no jobs');
    this.older = older;
  }

  private aside(): Set<string> {
    const { folder, aside } = this.options;
    return new Set(folder === null ? [] : aside.list().map(({ engine }) => engine));
  }

  private open(engine: string, text: string): Beat | null {
    try {
      const beat = this.end.envelopes.open('beat', text, beatSchema);
      return beat.engine === engine ? beat : null;
    } catch (error) {
      if (!this.refused.has(engine)) this.end.log.warn({ engine, ...toPlain(error) }, 'engine refused');
      this.refused.add(engine);
      return null;
    }
  }

  private alive({ engine, count }: Beat): boolean {
    const { count: newest = 0, at = 0 } = this.heard.get(engine) ?? {};
    const now = performance.now();
    if (count > newest) this.heard.set(engine, { count, at: now });
    return count > newest || (count === newest && now - at <= this.options.lostMs);
  }
}
