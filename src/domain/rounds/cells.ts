/**
 * Pictures as commands name them: the ballot that shows one, and what a moderator or a flag makes of its
 * state.
 */

import { say } from '../../words/text.js';
import type { Draft } from '../state/draft.js';
import { pictureName } from '../state/ids.js';
import type { Ballot, Image, Round } from '../state/round.js';
import { askEdit } from '../voting/ballots.js';
import { ballotsOf } from './rounds.js';

export interface Cell {
  round: Round;
  ballot: Ballot;
  /** As people type it, such as B4. */
  name: string;
  /** The marks that stand for it. */
  star: string;
  flag: string;
}

/** The cell that shows an image of the newest round with ballots, or of the round of that number. */
export function cellOf(draft: Draft, index: number, number?: number): Cell | undefined {
  const round = newestOnBallots(draft, number);
  if (!round) return undefined;
  const shows = (ballot: Ballot): boolean => ballot.cells.includes(index);
  const ballots = ballotsOf(draft.state, round);
  const ballot = ballots.find((row) => row.state === 'live' && shows(row)) ?? ballots.find(shows);
  if (!ballot) return undefined;
  const cell = ballot.cells.indexOf(index) + 1;
  return { round, ballot, name: pictureName(ballot, index), star: `star-${cell}`, flag: `flag-${cell}` };
}

/** The newest round that has ballots, or the one of that number. */
export function newestOnBallots({ state }: Draft, number?: number): Round | undefined {
  return state.rounds.findLast(
    (row) => (number ?? row.number) === row.number && ballotsOf(state, row).length > 0,
  );
}

/** For the audit: the name that was typed, and of which round. */
export function noteCell(draft: Draft, { name, round }: Cell): void {
  draft.note({ cell: name, round: round.number });
}

export function imageOf({ state }: Draft, round: Round, index: number): Image | undefined {
  return state.images.get(round.id)?.find((row) => row.index === index);
}

/** Its ballots follow. What is hidden stays so: its file is deleted. */
export function changeImage(draft: Draft, round: Round, row: Image): void {
  const before = imageOf(draft, round, row.index);
  if (!before || before.state === 'hidden' || before.state === row.state) return;
  draft.put({ table: 'image', row });
  for (const ballot of ballotsOf(draft.state, round))
    if (ballot.cells.includes(row.index) && ballot.message !== null) askEdit(draft, ballot);
}

export function refuseCell(draft: Draft): void {
  draft.refuse(
    'unknown',
    say('No ballot shows that image.'),
    say('Name a cell of the newest ballot, such as B4.'),
  );
}

export function refuseConsent(draft: Draft): void {
  draft.refuse(
    'no-consent',
    say('Votes are kept only with consent.'),
    say('Agree to the notice, then vote.'),
  );
}
