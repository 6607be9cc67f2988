/**
 * What both queues hand to whoever waits for a job: an outcome that is settled once, and the error of a job
 * called off.
 */
import { AcclaimError } from '../errors.js';

/** A promise with the two functions that settle it. */
export function deferred() {
  let resolve!: (value: unknown) => void;
  let reject!: (error: AcclaimError) => void;
  const outcome = new Promise<unknown>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { outcome, resolve, reject };
}

/** The error `cancelled` of a job. */
export function cancelled(id: string): AcclaimError {
  return new AcclaimError('cancelled', `job ${id} was cancelled`);
}
