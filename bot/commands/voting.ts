/** Commands about the round that people vote on. */

import { faultOf, faultTyped } from '../../src/chat/fault-words.js';
import { type Fault, faults } from '../../src/domain/state/faults.js';
import { pictureName } from '../../src/domain/state/ids.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Ballot, Round } from '../../src/domain/state/round.js';
import { attendance } from '../../src/domain/voting/who-counts.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import { flagAnswer, whyAnswer } from '../views/thanks.js';
import { type ChatCommand, type CommandContext, doAct, theSession } from './command.js';

const close: ChatCommand = {
  spec: {
    path: ['round', 'close'],
    help: say('Close the vote now and learn from it'),
    role: 'moderator',
    args: [],
    options: [],
  },
  async run(context) {
    const state = await theSession(context);
    const round = state.rounds.at(-1);
    const known = round !== undefined && attendance(state, round).voters > 0;
    return doAct(context, { name: 'close' }, known ? closed : closing);
  },
};

const closed = { title: say('Closed'), text: say('The votes are counted.') };

/** Where reactions are read once more before the close: there may be some that nobody told of. */
const closing = {
  title: say('Closing'),
  text: say(
    'No vote is known yet. The ballots are read once more: what is found is counted, and without a vote the round stays open.',
  ),
};

const redo: ChatCommand = {
  spec: {
    path: ['round', 'redo'],
    help: say('Throw this round away and draw a new one'),
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) =>
    doAct(context, { name: 'redo' }, { title: say('Drawn anew'), text: say('A new round is being drawn.') }),
};

/** A picture by its name, such as B4. */
export const cellArg = {
  name: 'cell',
  help: say('a picture of the newest ballots, such as B4 (in a gallery #4)'),
  type: 'cell',
  required: true,
} as const;

/** Of which round the picture is; without it of the newest. */
export const earlierRound = { name: 'round', help: say('of an earlier round'), type: 'number' } as const;

const best: ChatCommand = {
  spec: {
    path: ['best'],
    help: say('Name the best picture of the round; "none" takes that back'),
    role: 'member',
    args: [{ ...cellArg, words: ['none'] }],
    options: [],
  },
  run: async (context) => {
    const cell = context.values.cell as string;
    if (cell === 'none')
      return doAct(
        context,
        { name: 'best', index: null },
        {
          title: say('Best'),
          text: say('You name no best any more. Stars that you gave as reactions hang on.'),
        },
      );
    return doAct(
      context,
      { name: 'best', index: await indexOf(context, cell) },
      { title: say('Best'), text: say('**{cell}** is your best.', { cell }) },
    );
  },
};

const flag: ChatCommand = {
  spec: {
    path: ['flag'],
    help: say('Report a picture that should not be shown, or take that back while its round is open'),
    role: 'member',
    args: [
      cellArg,
      { name: 'report', help: say('take-back: it was a mistake'), type: { choice: ['take-back'] } },
    ],
    options: [earlierRound],
  },
  run: async (context) => {
    const cell = context.values.cell as string;
    const number = context.values.round as number | undefined;
    const index = await indexOf(context, cell, number);
    const back = context.values.report === undefined ? undefined : true;
    const done = { title: say('Flagged'), text: '' };
    const answer = await doAct(context, { name: 'flag', index, round: number, back }, done);
    if (answer !== done) return answer;
    const state = await theSession(context);
    return flagAnswer(state, roundOf(state, number)!, { index, cell, on: !back }, context.by.key);
  },
};

const typedFaults = faults.map(faultTyped);

const why: ChatCommand = {
  spec: {
    path: ['why'],
    help: say('Say what is wrong with a picture; "nothing" takes that back'),
    role: 'member',
    args: [
      cellArg,
      {
        name: 'wrong',
        help: say('what is wrong with it'),
        type: { choice: [...typedFaults, 'nothing'] },
        required: true,
      },
    ],
    options: [{ name: 'and', help: say('something more'), type: { choice: typedFaults } }, earlierRound],
  },
  run: async (context) => {
    const { wrong, and } = context.values as Record<string, string | undefined>;
    const cell = context.values.cell as string;
    const number = context.values.round as number | undefined;
    const said = [wrong, and].map((word) => faultOf(word ?? ''));
    const all: Fault[] = faults.filter((fault) => said.includes(fault));
    const index = await indexOf(context, cell, number);
    const done = { title: say('Why'), text: '' };
    const answer = await doAct(context, { name: 'why', index, faults: all, round: number }, done);
    if (answer !== done) return answer;
    const state = await theSession(context);
    return whyAnswer(state, roundOf(state, number)!, { index, cell, wrong: all, voter: context.by.key });
  },
};

/** The image behind a picture's name in the newest round that has ballots, or in the round of that number. */
export async function indexOf(context: CommandContext, cell: string, number?: number): Promise<number> {
  const state = await theSession(context);
  const round = roundOf(state, number);
  const ballots = round ? ballotsOf(state, round.id) : [];
  for (const ballot of ballots)
    for (const index of ballot.cells) if (pictureName(ballot, index) === cell) return index;
  const first = ballots[0] && pictureName(ballots[0], ballots[0].cells[0]!);
  throw new AcclaimError(
    'not-allowed',
    number === undefined
      ? say('There is no picture {cell} on the newest ballots.', { cell })
      : say('There is no picture {cell} on the ballots of round {number}.', { cell, number }),
    first === undefined
      ? say('Wait for the next ballot.')
      : say('Pictures there have names such as {first}.', { first }),
  );
}

/** The newest with ballots, or that of a number. */
function roundOf(state: SessionState, number?: number): Round | undefined {
  const wanted = state.rounds.filter((r) => number === undefined || r.number === number);
  return wanted.findLast((r) => ballotsOf(state, r.id).length > 0);
}

function ballotsOf(state: SessionState, round: string): Ballot[] {
  return [...state.ballots.values()].filter((b) => b.round === round);
}

export const votingCommands: readonly ChatCommand[] = [close, redo, best, why, flag];
