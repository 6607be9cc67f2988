/** Commands about the round that people vote on. */

import { parseCell } from '../../src/domain/ids.js';
import type { Ballot, SessionState } from '../../src/domain/model.js';
import { AcclaimError } from '../../src/errors.js';
import { type ChatCommand, type CommandContext, doAct, theSession } from './command.js';

const close: ChatCommand = {
  spec: {
    path: ['round', 'close'],
    help: 'Close the vote now and learn from it',
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) => doAct(context, { name: 'close' }, { title: 'Closed', text: 'The votes are counted.' }),
};

const redo: ChatCommand = {
  spec: {
    path: ['round', 'redo'],
    help: 'Throw this round away and draw a new one',
    role: 'moderator',
    args: [],
    options: [],
  },
  run: (context) =>
    doAct(context, { name: 'redo' }, { title: 'Drawn anew', text: 'A new round is being drawn.' }),
};

export const cellArg = {
  name: 'cell',
  help: 'a picture of the newest ballots, such as B4',
  type: 'cell',
  required: true,
} as const;

const best: ChatCommand = {
  spec: {
    path: ['best'],
    help: 'Name the best picture of the round',
    role: 'member',
    args: [cellArg],
    options: [],
  },
  run: (context) => {
    const cell = context.values.cell as string;
    return doAct(
      context,
      { name: 'best', index: indexOf(context, cell) },
      { title: 'Best', text: `**${cell}** is your best.` },
    );
  },
};

const flag: ChatCommand = {
  spec: {
    path: ['flag'],
    help: 'Report a picture that should not be shown',
    role: 'member',
    args: [cellArg],
    options: [],
  },
  run: (context) => {
    const cell = context.values.cell as string;
    return doAct(
      context,
      { name: 'flag', index: indexOf(context, cell) },
      { title: 'Flagged', text: `Thank you: **${cell}** was reported.` },
    );
  },
};

/** The image behind a cell of the newest round that has ballots, or of the round of that number; `#12` in galleries. */
export function indexOf(context: CommandContext, cell: string, number?: number): number {
  const state = theSession(context);
  const wanted = state.rounds.filter((r) => number === undefined || r.number === number);
  const round = wanted.findLast((r) => ballotsOf(state, r.id).length > 0);
  const ballots = round ? ballotsOf(state, round.id) : [];
  const at = parseCell(cell);
  const inGallery = Number(/^#(\d+)$/.exec(cell)?.[1]) - 1;
  const index = at
    ? ballots.find((b) => b.style === 'sheet' && b.sheet === at.sheet)?.cells[at.cell - 1]
    : ballots.find((b) => b.style === 'gallery' && b.cells.includes(inGallery))?.cells[0];
  if (index !== undefined) return index;
  throw new AcclaimError(
    'not-allowed',
    `There is no picture ${cell} on the newest ballots.`,
    'Cells are named by sheet and number, such as A3.',
  );
}

function ballotsOf(state: SessionState, round: string): Ballot[] {
  return [...state.ballots.values()].filter((b) => b.round === round);
}

export const votingCommands: readonly ChatCommand[] = [close, redo, best, flag];
