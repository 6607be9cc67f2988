/**
 * What past rounds came to, told anew after somebody was left out or let in again. The ledger stays, and so
 * does the feedback that was learned from: a model does not unlearn, `rollback` does that.
 */

import type { Draft } from '../state/draft.js';
import { showOutcome } from '../state/say.js';
import { askEdit } from './ballots.js';
import { judgeRound } from './feedback.js';

/** Judges closed rounds again, whose voters are others now, and shows what has changed. */
export function recount(draft: Draft): void {
  for (const round of draft.state.rounds) {
    if (round.outcome === null || round.state === 'superseded') continue;
    const { outcome } = judgeRound(draft.state, round, round.closedAt ?? draft.at);
    if (JSON.stringify(outcome) === JSON.stringify(round.outcome)) continue;
    draft.setRound(round, { outcome });
    showOutcome(draft, round.number);
    for (const ballot of draft.state.ballots.values())
      if (ballot.round === round.id && ballot.state === 'closed' && ballot.message !== null)
        askEdit(draft, ballot);
  }
}
