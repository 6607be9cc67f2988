/**
 * Work on the newest round that needs none of its votes, done while an engine has nothing else to do. It is done in stretches of a
 * few steps, and what each one reached is kept, since nobody knows yet how many steps the votes will ask for. It gives way at
 * once, goes on when the engine is idle again, and is lost with the process: whoever learns the round does what is missing.
 */
import type { AheadWork, Reached } from './learner.js';
import { names, type Params } from './params.js';

/** Steps of a stretch, at least: it begins by drawing again what those before it drew. */
const STRETCH = 4;
/** Bytes of what is kept of a round. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Thrown by work that had better not be done ahead. */
export class NotAhead extends Error {}

interface Offer {
  key: string;
  begin: (() => Promise<AheadWork | null>) | null;
  work: AheadWork | null;
  reached: Reached[];
}

export class Ahead {
  private offer: Offer | null = null;

  /** Only the newest round's work is done. `key` names all that it depends on; `begin` is asked when it comes to it. */
  take(key: string, begin: () => Promise<AheadWork | null>): void {
    if (this.offer?.key !== key) this.offer = { key, begin, work: null, reached: [] };
  }

  /** The furthest that was reached of the work of `key` within `steps`. */
  best(key: string, steps: number): Reached | undefined {
    if (this.offer?.key !== key) return undefined;
    return this.offer.reached.findLast((one) => one.steps <= steps);
  }

  /** What was learned is not needed any more. */
  drop(key: string): void {
    if (this.offer?.key === key) this.offer = null;
  }

  get due(): boolean {
    return this.offer?.begin !== null && this.offer !== null;
  }

  /** Until all is done, or `signal` says that there is better to do. Throws what the work throws; then there is no more of it. */
  async work(signal: AbortSignal): Promise<void> {
    const { offer } = this;
    if (!offer?.begin) return;
    try {
      offer.work ??= await offer.begin();
      while (offer.work && !signal.aborted) {
        const { start, steps, advance } = offer.work;
        const from = offer.reached.at(-1) ?? start;
        if (from.steps >= steps) break;
        const stretch = Math.max(STRETCH, Math.ceil((steps * bytesOf(start)) / KEPT_BYTES));
        offer.reached.push(await advance(from, Math.min(steps, from.steps + stretch), signal));
      }
    } catch (error) {
      if (signal.aborted) return;
      offer.begin = null;
      if (!(error instanceof NotAhead)) throw error;
    }
    if (!signal.aborted) offer.begin = null;
  }
}

function bytesOf({ adapter, optimiser }: Reached): number {
  const size = (params: Params) =>
    names(params).reduce((sum, name) => sum + params[name]!.data.byteLength, 0);
  return size(adapter) + size(optimiser.m) + size(optimiser.v);
}
