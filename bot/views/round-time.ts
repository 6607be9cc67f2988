/** How long a round will take, in one sentence, before anyone waits for it. */
import type { RoundTime } from '../../src/domain/state/round-time.js';
import { counted, say, type Text } from '../../src/words/text.js';
import { duration } from './words.js';

export function roundTimeLine(time: RoundTime | null): Text {
  if (!time) return say('How long a round takes with it here is not known yet: the first one will tell.');
  const { draw, learn, memory, rounds } = time;
  const takes =
    learn === null
      ? say('{draw} to draw', { draw: duration(draw) })
      : say('{draw} to draw and {learn} to learn', { draw: duration(draw), learn: duration(learn) });
  const all = memory === null ? takes : say('{takes}, with up to {memory} MB of memory', { takes, memory });
  return say('A round takes about {all} (going by {rounds} here).', {
    all,
    rounds: counted(rounds, 'earlier round'),
  });
}
