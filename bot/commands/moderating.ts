/** Commands by which moderators look after pictures and voters, and take back what they did. */
import { count } from '../../src/domain/state/count.js';
import { voterCode } from '../../src/domain/state/ids.js';
import type { SessionState, Voter } from '../../src/domain/state/model.js';
import { finish } from '../../src/domain/state/steps.js';
import { voterBallots } from '../../src/domain/voting/votes.js';
import { AcclaimError } from '../../src/errors.js';
import { INVITE_DAYS } from '../../src/network/invite-link.js';
import { auditLine, foldedActs } from '../views/audit.js';
import { type VoterWeight, weightsOf } from '../views/guards.js';
import { percent } from '../views/words.js';
import {
  type Answer,
  type ChatCommand,
  type CommandContext,
  doAct,
  mustBeTheirs,
  notTheirs,
  placesOf,
  theSession,
} from './command.js';
import { closedRound, guardsCommand, judgedAgain } from './guards.js';
import { safetyCommands } from './safety.js';
import { start, startSession } from './session.js';
import { undoCommands } from './undo.js';
import { cellArg, earlierRound, indexOf } from './voting.js';

const nsfw: ChatCommand = {
  spec: {
    ...start.spec,
    path: ['nsfw', 'start'],
    help: 'Open a session that unlearns unsafe pictures; votes then say "unsafe"',
    role: 'moderator',
    options: [
      ...start.spec.options.filter(({ name }) => name !== 'criterion'),
      {
        name: 'begin',
        help: 'checker: learn from what the safety checker marks before anybody votes; else by votes',
        type: { choice: ['votes', 'checker'] },
      },
    ],
  },
  run: (context) => startSession(context, true),
};

const hide: ChatCommand = {
  spec: {
    path: ['hide'],
    help: 'Take a picture off its ballot and delete its file; "pair": those of the same noise, of a round or all',
    role: 'moderator',
    args: [{ ...cellArg, words: ['pair'] }],
    options: [earlierRound],
  },
  run: async (context) => {
    if (context.values.cell !== 'pair')
      return onPicture(context, 'hide', 'Hidden', 'is off the ballot and its file deleted.');
    const round = context.values.round as number | undefined;
    const text =
      round === undefined
        ? 'The pictures of the same noise are deleted, and no more are drawn in this session.'
        : `The pictures of the same noise that were drawn with round ${round} are deleted.`;
    return doAct(context, { name: 'hide-pair', round }, { title: 'Hidden', text });
  },
};

const showAgain: ChatCommand = {
  spec: {
    path: ['show'],
    help: 'Let a picture be seen that flags hold back; they hold it no more',
    role: 'moderator',
    args: [cellArg],
    options: [earlierRound],
  },
  run: (context) =>
    onPicture(context, 'show', 'Shown', 'is on its ballot again, and flags hold it back no more.'),
};

async function onPicture(
  context: CommandContext,
  name: 'hide' | 'show',
  title: string,
  said: string,
): Promise<Answer> {
  const cell = context.values.cell as string;
  const round = context.values.round as number | undefined;
  const act = { name, index: await indexOf(context, cell, round), round };
  return doAct(context, act, { title, text: `**${cell}** ${said}` });
}

const voterArg = {
  name: 'voter',
  help: 'a mention, or a code of the list of voters',
  type: 'person',
  required: true,
} as const;

const aboutVoter = (
  word: 'exclude' | 'include' | 'admit' | 'trust' | 'distrust',
  help: string,
  said: (code: string) => Answer,
): ChatCommand => ({
  spec: { path: [word], help, role: 'moderator', args: [voterArg], options: [] },
  async run(context) {
    const { services, acts, by } = context;
    const here = await theSession(context);
    const voter = keyOf(context, here);
    await mustBeTheirs(context, voter);
    if (word === 'include') await mustHaveExcluded(context, voter);
    const whole = await services.audit.newWhole(context);
    const answer = await doAct(context, { name: word, voter, whole }, said(voterCode(voter)));
    // Rounds of the server's other sessions are counted anew as well, each with its own row in the audit.
    const voted = new Set(await services.voters.votedIn([voter]));
    for (const { session, address } of await services.serverSessions.all(context))
      if (session !== here.session.id && voted.has(session))
        await acts.act(session, { name: word, voter, whole }, { by, channel: address });
    return answer;
  },
});

/** Somebody who was excluded elsewhere, and forgotten there since, has marks here alone. */
async function mustHaveExcluded(context: CommandContext, voter: string): Promise<void> {
  const { services, account, channel } = context;
  if ((await services.guests.guestAt(account, channel)) === null) return;
  const sessions = (await services.serverSessions.all(context)).map(({ session }) => session);
  const acts = await services.audit.of(sessions, 1000);
  if (!acts.some((act) => act.command === 'exclude' && act.refused === null && act.args.voter === voter))
    throw notTheirs();
}

function keyOf({ values, services, account }: CommandContext, { voters }: SessionState): string {
  const said = values.voter as string;
  const key = said.startsWith('@')
    ? services.voters.key(account.platform, said.slice(1))
    : [...voters.keys()].find((one) => voterCode(one) === said);
  if (key !== undefined && voters.has(key)) return key;
  throw new AcclaimError(
    'not-allowed',
    'Nobody who voted here goes by that.',
    '**/acclaim voters** lists who did.',
  );
}

const voters: ChatCommand = {
  reads: () => true,
  spec: {
    path: ['voters'],
    help: 'Who voted in the newest rounds, by code, what their votes weigh and why: nobody is named',
    role: 'moderator',
    args: [],
    options: [],
  },
  async run(context) {
    const state = await theSession(context);
    const marked = new Map<string, number>();
    for (const round of state.rounds.slice(-8))
      for (const { voter, votes } of finish(voterBallots(state, round, 1)))
        if (votes.length > 0) marked.set(voter, (marked.get(voter) ?? 0) + votes.filter((v) => v.up).length);
    const closed = closedRound(state);
    const weights = closed ? weightsOf(await judgedAgain(state, closed)) : new Map<string, VoterWeight>();
    const lines = [...marked]
      .sort((a, b) => b[1] - a[1])
      .flatMap(([key, up]) => {
        const voter = state.voters.get(key);
        return voter && !voter.pseudonym ? [line(voter, up, weights.get(key))] : [];
      });
    return { title: count(lines.length, 'voter'), text: lines.join('\n') || 'Nobody has voted yet.' };
  },
};

function line(voter: Voter, up: number, weight: VoterWeight | undefined): string {
  const { excluded, trusted, waits } = voter;
  const marks = [excluded && 'excluded', trusted && 'trusted', waits && 'waits to be admitted']
    .filter(Boolean)
    .join(', ');
  const name = voter.name === null ? '' : ` (${voter.name})`;
  const why = weight && weight.why.length > 0 ? ` (${weight.why.join(', ')})` : '';
  const counts = weight && weight.share < 0.995 ? `; counts ${percent(weight.share)}${why}` : '';
  return `**${voterCode(voter.key)}**${name}: ${count(up, 'picture')} called good, ${count(voter.rounds, 'round')} here${counts}${marks ? `; ${marks}` : ''}`;
}

const invite: ChatCommand = {
  spec: {
    path: ['page', 'invite'],
    help: "A link by which one person's marks on the page count",
    role: 'admin',
    args: [],
    options: [],
  },
  async run({ services }) {
    const link = services.crowd.invite();
    if (link === null) throw new AcclaimError('not-allowed', 'There is no page here.', '');
    const text = `${link}\nSend it to one person: it is good once, for ${count(INVITE_DAYS, 'day')}. **acclaim invite --count 20** makes several at once on the host.`;
    return { title: 'An invite to vote on the page', text };
  },
};

const review: ChatCommand = {
  reads: ({ what = 'show' }) => what === 'show',
  spec: {
    path: ['review'],
    help: 'See a round before it is posted and let it out; on and off set the mode',
    role: 'moderator',
    args: [{ name: 'what', help: 'show, ok, on or off', type: { choice: ['show', 'ok', 'on', 'off'] } }],
    options: [],
  },
  async run(context) {
    const { what = 'show' } = context.values;
    if (what === 'ok')
      return doAct(context, { name: 'approve' }, { title: 'Let out', text: 'The ballots are being posted.' });
    if (what === 'show') return show(context);
    const text =
      what === 'on' ? 'Each round waits for a moderator from now on.' : 'Rounds are posted as they come.';
    return doAct(context, { name: 'review', on: what === 'on' }, { title: 'Review', text });
  },
};

async function show(context: CommandContext): Promise<Answer> {
  const state = await theSession(context);
  const round = state.rounds.at(-1);
  if (round?.state !== 'review') return { title: 'Review', text: 'Nothing waits for a look.' };
  // Of several channels one is enough: the sheets are the same.
  const planned = [...state.ballots.values()].filter((b) => b.round === round.id);
  const own = planned.filter((b) => b.channel === planned[0]?.channel);
  const pictures = await Promise.all(
    own.slice(0, 10).map((ballot) => context.services.cards.sheetPicture(state, ballot)),
  );
  return {
    title: `Round ${round.number}, before anyone sees it`,
    text: '**/acclaim review ok** posts it, **/acclaim hide A3** takes a picture out first, **/acclaim round redo** draws others.',
    pictures: pictures.filter((picture) => picture !== null),
    data: { session: state.session.id, blurred: state.session.nsfw },
  };
}

const audit: ChatCommand = {
  reads: () => true,
  spec: {
    path: ['audit'],
    help: 'Who did what here, newest first; only you see it',
    role: 'moderator',
    args: [{ name: 'count', help: 'how many acts; else 20', type: 'integer' }],
    options: [],
  },
  async run(context) {
    const most = Math.min(200, Math.max(1, (context.values.count as number | undefined) ?? 20));
    const acts = await context.services.audit.of(await placesOf(context), most);
    const lines = foldedActs(acts).map(auditLine);
    return { title: 'Audit', text: lines.join('\n') || 'Nothing was done here yet.' };
  },
};

export const moderatingCommands: readonly ChatCommand[] = [
  nsfw,
  ...safetyCommands,
  hide,
  showAgain,
  voters,
  guardsCommand,
  aboutVoter('exclude', 'Count a voter no more, past rounds included', (code) => ({
    title: 'Excluded',
    text: `**${code}** counts no more; past rounds are counted anew. What was learned stays: **/acclaim session rollback ROUND** goes back before it.`,
  })),
  aboutVoter('include', 'Count a voter again', (code) => ({
    title: 'Included',
    text: `**${code}** counts again.`,
  })),
  aboutVoter('admit', "Let somebody's marks on the page count from now on", (code) => ({
    title: 'Admitted',
    text: `**${code}** counts from now on, in rounds that still take votes.`,
  })),
  invite,
  aboutVoter('trust', 'Let a voter count whole: no newcomer, and nobody’s second hand', (code) => ({
    title: 'Trusted',
    text: `**${code}** counts whole here; past rounds are counted anew.`,
  })),
  aboutVoter('distrust', 'Take that back', (code) => ({
    title: 'As others',
    text: `**${code}** counts as others do.`,
  })),
  review,
  ...undoCommands,
  audit,
];
