/** Runs long work in slices, so that whatever else the process does goes on between them. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Steps } from '../../src/domain/state/steps.js';

/** ms that nobody else may have to wait */
const SLICE_MS = 10;

/** Runs the steps to their end, and gives what they return. */
export async function spread<T>(steps: Steps<T>): Promise<T> {
  for (let began = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - began < SLICE_MS) continue;
    await turn();
    began = performance.now();
  }
}

/** Lets everything else that waits go first. */
export { turn };
