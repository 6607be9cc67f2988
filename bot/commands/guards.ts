/** What the guards of votes did, for moderators: of a round as a card, and of each voter. */

import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import type { Judgement } from '../../src/domain/voting/feedback.js';
import { judging } from '../../src/domain/voting/feedback.js';
import { lines, say } from '../../src/words/text.js';
import { spread } from '../sessions/time-slices.js';
import { guardLines } from '../views/guards.js';
import { type ChatCommand, theSession } from './command.js';
import { earlierRound } from './voting.js';

/**
 * As it would be closed today, from the ledger: a crowd's round takes a moment, in which others are served.
 */
export const judgedAgain = (state: SessionState, round: Round): Promise<Judgement> =>
  spread(judging(state, round, round.closedAt!));

/** The newest round that was counted, or that of a number. */
export function closedRound({ rounds }: SessionState, number?: number): Round | undefined {
  return rounds.findLast(
    (round) =>
      round.outcome !== null && round.closedAt !== null && (number === undefined || round.number === number),
  );
}

/** `/acclaim guards`. */
export const guardsCommand: ChatCommand = {
  reads: () => true,
  spec: {
    path: ['guards'],
    help: say('What was done about votes that are not what they seem, and how to undo it'),
    role: 'moderator',
    args: [],
    options: [earlierRound],
  },
  async run(context) {
    const state = await theSession(context);
    const number = context.values.round as number | undefined;
    const round = closedRound(state, number);
    if (!round) return { title: say('Guards'), text: say('No such round has been counted yet.') };
    const told = guardLines(state, round, await judgedAgain(state, round));
    return { title: say('Guards, round {round}', { round: round.number }), text: lines(told) };
  },
};
