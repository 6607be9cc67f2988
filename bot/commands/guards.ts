/** What the guards of votes did, for moderators: of a round as a card, and of each voter. */

import type { SessionState } from '../../src/domain/state/model.js';
import type { GuardAct, Round } from '../../src/domain/state/round.js';
import { type Judgement, judging } from '../../src/domain/voting/feedback.js';
import { guardActs } from '../../src/domain/voting/guard-acts.js';
import { lines, say } from '../../src/words/text.js';
import { spread } from '../sessions/time-slices.js';
import { guardButtons, guardLines } from '../views/guards.js';
import { type Answer, type ChatCommand, doAct, theSession } from './command.js';
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
  reads: ({ lift }) => lift === undefined,
  spec: {
    path: ['guards'],
    help: say('What was done about votes that are not what they seem, and how to undo it'),
    role: 'moderator',
    args: [
      {
        name: 'lift',
        help: say('what is taken back: accounts as one, caps, less weight, or the best that was held back'),
        type: { choice: [...guardActs] },
      },
    ],
    options: [earlierRound],
  },
  async run(context) {
    const { lift, round: number } = context.values as { lift?: GuardAct; round?: number };
    const round = closedRound(await theSession(context), number);
    if (!round) return { title: say('Guards'), text: say('No such round has been counted yet.') };
    const done = { title: say('Guards'), text: '' };
    const act = lift && ({ name: 'lift', round: round.number, guard: lift } as const);
    const answer = act ? await doAct(context, act, done) : done;
    return answer === done ? desk(await theSession(context), round.number) : answer;
  },
};

/** The card of a round's guards, each with what takes it back. */
async function desk(state: SessionState, number: number): Promise<Answer> {
  const round = closedRound(state, number)!;
  const judgement = await judgedAgain(state, round);
  return {
    title: say('Guards, round {round}', { round: number }),
    text: lines(guardLines(state, round, judgement)),
    buttons: guardButtons(state, round, judgement),
    data: { session: state.session.id, guardsOf: number },
  };
}
