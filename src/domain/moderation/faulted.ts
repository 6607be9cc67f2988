/**
 * What is wrong with a picture, said by name: the marks of faults (faults.ts) as one act. It is all that the
 * person says of the picture, in whichever channel and from whichever linked account they said something else
 * before. It counts as votes do.
 */

import { say } from '../../words/text.js';
import { cellOf, noteCell, refuseCell, refuseConsent } from '../rounds/cells.js';
import { ballotsOf } from '../rounds/rounds.js';
import type { Draft } from '../state/draft.js';
import type { Act, Command } from '../state/events.js';
import { faultMark, faults } from '../state/faults.js';
import { consented, recordMark, takesVotes } from '../voting/ledger.js';
import { accountsOf, personOf } from '../voting/people.js';

type Why = Extract<Act, { name: 'why' }>;

/** A voter names what is wrong with a picture; with it the picture is bad to that voter. */
export function sayWhy(draft: Draft, { index, faults: said, round: number }: Why, { by }: Command) {
  const found = cellOf(draft, index, number);
  if (!found) return refuseCell(draft);
  if (!consented(draft, by.key)) return refuseConsent(draft);
  if (draft.session.nsfw)
    return draft.refuse(
      'not-allowed',
      say('Here people say only what is unsafe.'),
      say('Mark it by its number.'),
    );
  if (!takesVotes(draft, found.ballot))
    return draft.refuse(
      'round-closed',
      say('This round has closed.'),
      say('Say it of a picture of the next one.'),
    );
  const { voters } = draft.state;
  const accounts = accountsOf(voters, personOf(voters, by.key));
  const cell = found.ballot.cells.indexOf(index) + 1;
  for (const ballot of ballotsOf(draft.state, found.round)) {
    if (!ballot.cells.includes(index)) continue;
    for (const fault of faults)
      if (!said.includes(fault))
        for (const { key } of accounts) recordMark(draft, ballot, key, faultMark(fault, cell), false);
  }
  for (const fault of said) recordMark(draft, found.ballot, by.key, faultMark(fault, cell), true);
  noteCell(draft, found);
}
