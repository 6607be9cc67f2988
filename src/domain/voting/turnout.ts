/**
 * How far the voters of an open round are: counts of people, of whom it names none. Those who count are
 * counted, linked accounts once, and nobody who is excluded or waits to be let in (who-counts.ts). No vote
 * can be told from it.
 */

import type { SessionState } from '../state/model.js';
import type { Round } from '../state/round.js';
import { type Attendance, attendance } from './who-counts.js';

export interface Turnout {
  round: number;
  /** People with a mark, or Done. */
  voters: number;
  /**
   * Those of them who are through, by what makes the session's quorum: Done, or a mark on every sheet; of
   * duels either.
   */
  finished: number;
  /** How many more have to be, for the round to close before its deadline. */
  missing: number;
}

/** How many marked anything in the round, have finished, and have yet to. */
export const turnout = (state: SessionState, round: Round): Turnout =>
  turnoutOf(state, round, attendance(state, round));

/** The same of an attendance that is known. */
export function turnoutOf(
  { session }: Pick<SessionState, 'session'>,
  { number }: Pick<Round, 'number'>,
  { voters, ...of }: Attendance,
): Turnout {
  const { quorum, quorumBy } = session.rules;
  const finished = quorumBy === 'done' && !of.duels ? of.done : of.finished;
  return { round: number, voters, finished, missing: Math.max(0, quorum - finished) };
}

export const sameTurnout = (a: Turnout, b: Turnout): boolean =>
  a.round === b.round && a.voters === b.voters && a.finished === b.finished && a.missing === b.missing;
