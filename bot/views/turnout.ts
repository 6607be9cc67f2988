/**
 * "3 of 4 have finished, waiting for 1", and who may close the round: counts of people, never of votes, and
 * no names.
 */
import type { Session } from '../../src/domain/state/model.js';
import type { Turnout } from '../../src/domain/voting/turnout.js';
import { say, sentences, type Text } from '../../src/words/text.js';

/** How the voters of an open round are, and what closes it before its deadline. */
export function turnoutWords(
  { voters, finished, missing }: Turnout,
  { state, rules }: Pick<Session, 'state' | 'rules'>,
): Text {
  if (voters === 0)
    return missing > 0
      ? say('Nobody has voted yet, waiting for {missing}.', { missing })
      : say('Nobody has voted yet.');
  const said = finishedWords(finished, voters, missing);
  if (state === 'paused') return sentences(said, say('The session rests; marks stand.'));
  const seconds = Math.round(rules.restMs / 1000);
  const rests = say('It closes once nobody has changed a mark for {seconds} seconds.', { seconds });
  const close = say('A moderator may close it now: **/acclaim round close**.');
  return sentences(said, missing > 0 ? '' : rests, close);
}

function finishedWords(finished: number, voters: number, missing: number): Text {
  const values = { finished, voters, missing };
  if (missing > 0)
    return finished === 1
      ? say('{finished} of {voters} has finished, waiting for {missing}.', values)
      : say('{finished} of {voters} have finished, waiting for {missing}.', values);
  return finished === 1
    ? say('{finished} of {voters} has finished.', values)
    : say('{finished} of {voters} have finished.', values);
}
