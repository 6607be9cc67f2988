/** How long a round will take, in one sentence, before anyone waits for it. */
import { count } from '../../src/domain/state/count.js';
import type { RoundTime } from '../../src/domain/state/round-time.js';
import { duration } from './words.js';

export function roundTimeLine(time: RoundTime | null): string {
  if (!time) return 'How long a round takes with it here is not known yet: the first one will tell.';
  const { draw, learn, memory, rounds } = time;
  const learning = learn === null ? '' : ` and ${duration(learn)} to learn`;
  const memoryUsed = memory === null ? '' : `, with up to ${memory} MB of memory`;
  return `A round takes about ${duration(draw)} to draw${learning}${memoryUsed} (going by ${count(rounds, 'earlier round')} here).`;
}
