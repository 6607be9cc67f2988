/** What a command that runs a model says of memory before it does. */
import type { Io } from '../../src/cli/command.js';
import { gigabytes } from '../runtime/budget.js';
import type { ExecutorCache } from '../runtime/cache.js';

/** Bytes below which nobody needs to know. */
const WORTH_SAYING = 2 ** 29;

export function sayMemory(cache: ExecutorCache, io: Io): void {
  cache.onLarger = (bytes) => {
    if (bytes >= WORTH_SAYING)
      io.err(`about ${gigabytes(bytes)} of memory is needed beside the model's weights\n`);
  };
}
