/**
 * What whoever runs a model is told before it runs: memory, and time by this machine's rate
 * (runtime/rate.ts).
 */
import type { EngineContext } from './jobs/context.js';
import { gigabytes } from './runtime/budget.js';

/** Below these nobody needs to know. */
const WORTH_BYTES = 2 ** 29;
const WORTH_SECONDS = 5;

/** Memory when it is more than before, a sentence about time once in each wording. */
export function announceCosts(engine: EngineContext, say: (text: string) => void): void {
  const said = new Set<string>();
  engine.cache.onLarger = (bytes) => {
    if (bytes >= WORTH_BYTES) say(`about ${gigabytes(bytes)} of memory is needed beside the model's weights`);
  };
  engine.onForetold = (seconds, text) => {
    if (seconds < WORTH_SECONDS || said.has(text)) return;
    said.add(text);
    say(text);
  };
}

/** Two digits are all that an estimate has. */
export function durationInWords(seconds: number): string {
  const of = (n: number, unit: string) => `${n < 9.5 ? n.toFixed(1) : Math.round(n)} ${unit}`;
  if (seconds < 90) return of(seconds, 's');
  return seconds < 5400 ? of(seconds / 60, 'minutes') : of(seconds / 3600, 'hours');
}
