/**
 * The engines that are there, by what they tell of themselves: BullMQ's `getWorkers` gives names, and no
 * more. Whom a job reaches does not hang on it; why it reaches nobody does. Only a signed beat that counts on
 * is a sign of life: one that somebody has kept and puts back is not. Goes by this process's own time.
 */
import { toPlain } from '../../errors.js';
import { type Beat, beatSchema } from '../matching/ability.js';
import type { Aside, SetAside } from '../matching/aside.js';
import type { End } from './end.js';

export interface EnginesThereParts {
  end: End;
  aside: Aside;
  /** Mark of the data folder that engines share; null where they share none. */
  folder: string | null;
  /** Silence after which an engine is gone, ms. */
  lostMs: number;
}

export class EnginesThere {
  /** As they were when they were last asked for. */
  known: readonly Beat[] = [];
  /** No engine is there, but for some of an older version. */
  older = false;
  /** Count of each engine's newest beat, and when it was first seen, ms of this process. */
  private readonly heard = new Map<string, { count: number; at: number }>();
  /** Engines whose beat was refused: said once each. */
  private readonly refused = new Set<string>();

  constructor(private readonly parts: EnginesThereParts) {}

  async list(): Promise<Beat[]> {
    const { redis, keys: names } = this.parts.end;
    const there: Beat[] = [];
    for (const [id, text] of Object.entries(await redis.hgetall(names.serving)).sort()) {
      const beat = this.open(id, text);
      if (beat === null) continue;
      if (this.alive(beat)) there.push(beat);
      else await redis.hdel(names.serving, id);
    }
    this.known = there;
    if (there.length === 0) await this.lookForOlder();
    return there;
  }

  /**
   * Those that get no jobs, and why: their data folder is another, or what they wrote was not in the bot's.
   */
  async setAside(): Promise<SetAside[]> {
    const { folder, aside } = this.parts;
    const there = folder === null ? [] : await this.list();
    const other = there.flatMap(({ engine, folder: theirs }) =>
      theirs === folder ? [] : [{ engine, why: 'its data folder is not the one of the bot' }],
    );
    const named = new Set(other.map(({ engine }) => engine));
    return [...other, ...aside.list().filter(({ engine }) => !named.has(engine))];
  }

  /** Tells of the bot's data folder: engines look for it before they take a job. */
  tellFolder(): void {
    const { end, folder } = this.parts;
    const { redis, keys: names, envelopes } = end;
    if (folder !== null) redis.set(names.folder, envelopes.close('folder', { folder })).catch(() => {});
  }

  /** Those get their jobs another way, and would never have one of ours. */
  private async lookForOlder(): Promise<void> {
    const { redis, keys: names, log } = this.parts.end;
    const beats = (await redis.smembers(names.older)).map(names.olderBeat);
    const older = beats.length > 0 && (await redis.exists(...beats)) > 0;
    if (older && !this.older)
      log.warn('engines of an older version are there: update them, they take no jobs');
    this.older = older;
  }

  private open(engine: string, text: string): Beat | null {
    const { envelopes, log } = this.parts.end;
    try {
      const beat = envelopes.open('beat', text, beatSchema);
      return beat.engine === engine ? beat : null;
    } catch (error) {
      if (!this.refused.has(engine)) log.warn({ engine, ...toPlain(error) }, 'engine refused');
      this.refused.add(engine);
      return null;
    }
  }

  private alive({ engine, count }: Beat): boolean {
    const last = this.heard.get(engine);
    const now = performance.now();
    if (!last || count > last.count) this.heard.set(engine, { count, at: now });
    else if (count < last.count || now - last.at > this.parts.lostMs) return false;
    return true;
  }
}
