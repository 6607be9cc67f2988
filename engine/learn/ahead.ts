/**
 * Work on the newest round that needs none of its votes, done while an engine has nothing else to do. It is
 * done in stretches of a moment each, and what each one reached is kept, since nobody knows yet how much the
 * votes will ask for. It gives way at once, goes on when the engine is idle again, and is lost with the
 * process: whoever learns the round does what is missing.
 */

import { type NamedTensors, names } from '../runtime/named-tensors.js';
import type { AheadWork, Reached } from './learner.js';

/** Steps of a stretch, at least: it begins by drawing again what those before it drew. */
const STRETCH = 4;
/** Bytes of what is kept of a fit. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Thrown by work that had better not be done ahead. */
export class NotAhead extends Error {}

/** Work that can be done piece by piece. */
export interface Spare {
  /**
   * Does the next stretch; false when nothing is left. Throws when `signal` says that there is better to do.
   */
  next(signal: AbortSignal): Promise<boolean>;
}

/** A fit's steps. */
export class FitAhead implements Spare {
  private readonly reached: Reached[] = [];

  constructor(private readonly work: AheadWork) {}

  async next(signal: AbortSignal): Promise<boolean> {
    const { start, steps, advance } = this.work;
    const from = this.reached.at(-1) ?? start;
    if (from.steps >= steps) return false;
    const stretch = Math.max(STRETCH, Math.ceil((steps * bytesOf(start)) / KEPT_BYTES));
    const to = Math.min(steps, from.steps + stretch);
    this.reached.push(await advance(from, to, signal));
    return to < steps;
  }

  /** The furthest that was reached within `steps`. */
  best(steps: number): Reached | undefined {
    return this.reached.findLast((one) => one.steps <= steps);
  }
}

interface Offer {
  key: string;
  begin: (() => Promise<readonly Spare[]>) | null;
  works: readonly Spare[] | null;
}

/** The work of one engine that may be done ahead: that of one round at a time. */
export class Ahead {
  private offer: Offer | null = null;

  /**
   * Only the newest round's work is done. `key` names all that it depends on; `begin` is asked when it comes
   * to it.
   */
  take(key: string, begin: () => Promise<readonly Spare[]>): void {
    if (this.offer?.key !== key) this.offer = { key, begin, works: null };
  }

  /** The work of that kind that was begun under `key`. */
  found<T extends Spare>(key: string, kind: abstract new (...args: never[]) => T): T | undefined {
    if (this.offer?.key !== key) return undefined;
    return this.offer.works?.find((work): work is T => work instanceof kind);
  }

  /** What was learned is not needed any more. */
  drop(key: string): void {
    if (this.offer?.key === key) this.offer = null;
  }

  get due(): boolean {
    return this.offer !== null && this.offer.begin !== null;
  }

  /**
   * Until all is done, or `signal` says that there is better to do. Throws what the work throws; then there
   * is no more of it.
   */
  async work(signal: AbortSignal): Promise<void> {
    const { offer } = this;
    if (!offer?.begin) return;
    try {
      offer.works ??= await offer.begin();
      for (const work of offer.works) while (!signal.aborted && (await work.next(signal)));
    } catch (error) {
      if (signal.aborted) return;
      offer.begin = null;
      if (!(error instanceof NotAhead)) throw error;
    }
    if (!signal.aborted) offer.begin = null;
  }
}

function bytesOf({ adapter, optimiser }: Reached): number {
  const size = (params: NamedTensors) =>
    names(params).reduce((sum, name) => sum + params[name]!.data.byteLength, 0);
  return size(adapter) + size(optimiser.m) + size(optimiser.v);
}
