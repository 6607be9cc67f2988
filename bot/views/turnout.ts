/**
 * "3 of 4 have finished, waiting for 1", and who may close the round: counts of people, never of votes, and
 * no names.
 */
import type { Session } from '../../src/domain/state/model.js';
import type { Turnout } from '../../src/domain/voting/turnout.js';

/** How the voters of an open round are, and what closes it before its deadline. */
export function turnoutWords(
  { voters, finished, missing }: Turnout,
  { state, rules }: Pick<Session, 'state' | 'rules'>,
): string {
  const waits = missing > 0 ? `, waiting for ${missing}` : '';
  if (voters === 0) return `Nobody has voted yet${waits}.`;
  const said = `${finished} of ${voters} ${finished === 1 ? 'has' : 'have'} finished${waits}.`;
  if (state === 'paused') return `${said} The session rests; marks stand.`;
  const rests = ` It closes once nobody has changed a mark for ${Math.round(rules.restMs / 1000)} seconds.`;
  return `${said}${missing > 0 ? '' : rests} A moderator may close it now: **/acclaim round close**.`;
}
