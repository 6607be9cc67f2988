/** What whoever runs a model is told of memory before it runs. */
import { gigabytes } from './runtime/budget.js';
import type { ExecutorCache } from './runtime/cache.js';

/** Bytes below which nobody needs to know. */
const WORTH_SAYING = 2 ** 29;

export function sayMemory(cache: ExecutorCache, say: (text: string) => void): void {
  cache.onLarger = (bytes) => {
    if (bytes >= WORTH_SAYING)
      say(`about ${gigabytes(bytes)} of memory is needed beside the model's weights`);
  };
}
