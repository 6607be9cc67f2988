/** How work beside the rounds ends that could not be done to its end. */
import { toPlain } from '../../src/errors.js';
import { isDiskFull } from '../../src/store/faults.js';

export interface Failed {
  state: 'failed';
  failure: { message: string; hint: string };
}

/**
 * What people are told of it; null once the bot stops: what runs is cancelled by closing the queue, and goes
 * on after the next start.
 * @throws the error itself where the disk is full: space comes back, and the effect is tried again.
 */
export function failedBy(error: unknown, stop: AbortSignal): Failed | null {
  if (stop.aborted) return null;
  if (isDiskFull(error)) throw error;
  const { message, hint } = toPlain(error);
  return { state: 'failed', failure: { message, hint } };
}
