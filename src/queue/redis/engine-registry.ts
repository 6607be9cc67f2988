/**
 * Who is there: engines say so themselves, every few seconds, and Redis lets the word expire. Only a signed
 * beat that counts on is a sign of life: one that somebody has kept and puts back is not. Goes by this
 * process's own time.
 */
import { toPlain } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import type { connect } from './connection.js';
import { type Beat, beatSchema, type keys } from './wire.js';

export interface EngineRegistryParts {
  redis: ReturnType<typeof connect>;
  keys: ReturnType<typeof keys>;
  envelopes: Envelopes;
  /** Silence after which an engine is gone. */
  lostMs: number;
  log: Log;
}

/** The engines that Redis names and that were heard of lately. */
export class EngineRegistry {
  /** Newest beat of each engine, and when it was first seen, ms of this process. */
  private readonly heard = new Map<string, { count: number; at: number }>();
  /** Engines whose beat was refused: said once each. */
  private readonly refused = new Set<string>();

  constructor(private readonly parts: EngineRegistryParts) {}

  /** Engines that beat now, as they describe themselves; and those that no longer do. */
  async call(): Promise<{ there: Beat[]; gone: string[] }> {
    const { redis, keys, envelopes, log } = this.parts;
    const ids = (await redis.smembers(keys.engines)).sort();
    const [there, gone]: [Beat[], string[]] = [[], []];
    const texts = ids.length === 0 ? [] : await redis.mget(ids.map((id) => keys.beat(id)));
    for (const [i, text] of texts.entries()) {
      const id = ids[i]!;
      try {
        const beat = text === null ? null : envelopes.open('beat', text, beatSchema);
        if (beat && beat.engine !== id) continue;
        if (beat && this.alive(beat)) there.push(beat);
        else gone.push(id);
      } catch (error) {
        if (!this.refused.has(id)) log.warn({ engine: id, ...toPlain(error) }, 'engine refused');
        this.refused.add(id);
      }
    }
    return { there, gone };
  }

  private alive({ engine, count }: Beat): boolean {
    const last = this.heard.get(engine);
    const now = performance.now();
    if (!last || count > last.count) this.heard.set(engine, { count, at: now });
    else if (count < last.count || now - last.at > this.parts.lostMs) return false;
    return true;
  }
}
