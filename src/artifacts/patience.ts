/** A bucket that is away comes back: what is on its way waits for it, and says so once. */
import { setTimeout as wait } from 'node:timers/promises';
import { AcclaimError, toPlain } from '../errors.js';

const FIRST_MS = 500;
const MOST_MS = 15_000;

/** Whether the same may go well later without anybody doing anything here. */
export const passes = (error: unknown): boolean => toPlain(error).code === 'bucket-unreachable';

export interface Waiting {
  signal: AbortSignal;
  /** Told when it begins to wait, with the fault, and when that is over (null). */
  onWait?: (error: unknown) => void;
}

/** Again and again, with growing pauses, until it is done or `signal` ends it (then: cancelled). */
export async function patiently<T>(work: () => Promise<T>, { signal, onWait }: Waiting): Promise<T> {
  for (let pause = FIRST_MS; ; pause = Math.min(2 * pause, MOST_MS)) {
    try {
      const done = await work();
      if (pause > FIRST_MS) onWait?.(null);
      return done;
    } catch (error) {
      if (signal.aborted) throw stopped();
      if (!passes(error)) throw error;
      if (pause === FIRST_MS) onWait?.(error);
    }
    await wait(pause, undefined, { signal }).catch(() => {
      throw stopped();
    });
  }
}

const stopped = () => new AcclaimError('cancelled', 'what was on its way was stopped');
