/** Commands by which moderators look after pictures and voters, and take back what they did. */
import { voterCode } from '../../src/domain/state/ids.js';
import type { SessionState, Voter } from '../../src/domain/state/model.js';
import { finish } from '../../src/domain/state/steps.js';
import { voterBallots } from '../../src/domain/voting/votes.js';
import { AcclaimError } from '../../src/errors.js';
import { INVITE_DAYS } from '../../src/network/invite-link.js';
import { counted, joined, lines, listed, say, type Text } from '../../src/words/text.js';
import { auditLine, foldedActs } from '../views/audit.js';
import { type VoterWeight, weightsOf } from '../views/guards.js';
import { clauses, percent } from '../views/words.js';
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
    help: say('Open a session that unlearns unsafe pictures; votes then say "unsafe"'),
    role: 'moderator',
    options: [
      ...start.spec.options.filter(({ name }) => name !== 'criterion'),
      {
        name: 'begin',
        help: say('checker: learn from what the safety checker marks before anybody votes; else by votes'),
        type: { choice: ['votes', 'checker'] },
      },
    ],
  },
  run: (context) => startSession(context, true),
};

const hide: ChatCommand = {
  spec: {
    path: ['hide'],
    help: say('Take a picture off its ballot and delete its file; "pair": those of the same noise'),
    role: 'moderator',
    args: [{ ...cellArg, words: ['pair'] }],
    options: [earlierRound],
  },
  run: async (context) => {
    if (context.values.cell !== 'pair')
      return onPicture(context, 'hide', say('Hidden'), (cell) =>
        say('**{cell}** is off the ballot and its file deleted.', { cell }),
      );
    const round = context.values.round as number | undefined;
    const text =
      round === undefined
        ? say('The pictures of the same noise are deleted, and no more are drawn in this session.')
        : say('The pictures of the same noise that were drawn with round {round} are deleted.', { round });
    return doAct(context, { name: 'hide-pair', round }, { title: say('Hidden'), text });
  },
};

const showAgain: ChatCommand = {
  spec: {
    path: ['show'],
    help: say('Let a picture be seen that flags hold back; they hold it no more'),
    role: 'moderator',
    args: [cellArg],
    options: [earlierRound],
  },
  run: (context) =>
    onPicture(context, 'show', say('Shown'), (cell) =>
      say('**{cell}** is on its ballot again, and flags hold it back no more.', { cell }),
    ),
};

async function onPicture(
  context: CommandContext,
  name: 'hide' | 'show',
  title: Text,
  said: (cell: string) => Text,
): Promise<Answer> {
  const cell = context.values.cell as string;
  const round = context.values.round as number | undefined;
  const act = { name, index: await indexOf(context, cell, round), round };
  return doAct(context, act, { title, text: said(cell) });
}

const voterArg = {
  name: 'voter',
  help: say('a mention, or a code of the list of voters'),
  type: 'person',
  required: true,
} as const;

const aboutVoter = (
  word: 'exclude' | 'include' | 'admit' | 'trust' | 'distrust',
  help: Text,
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
    say('Nobody who voted here goes by that.'),
    say('**/acclaim voters** lists who did.'),
  );
}

const voters: ChatCommand = {
  reads: () => true,
  spec: {
    path: ['voters'],
    help: say('Who voted in the newest rounds, by code, what their votes weigh and why: nobody is named'),
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
    const told = [...marked]
      .sort((a, b) => b[1] - a[1])
      .flatMap(([key, up]) => {
        const voter = state.voters.get(key);
        return voter && !voter.pseudonym ? [line(voter, up, weights.get(key))] : [];
      });
    return {
      title: counted(told.length, 'voter'),
      text: told.length > 0 ? lines(told) : say('Nobody has voted yet.'),
    };
  },
};

function line(voter: Voter, up: number, weight: VoterWeight | undefined): Text {
  const { excluded, trusted, waits } = voter;
  const marks = [
    ...(excluded ? [say('excluded')] : []),
    ...(trusted ? [say('trusted')] : []),
    ...(waits ? [say('waits to be admitted')] : []),
  ];
  const code = voterCode(voter.key);
  return clauses([
    say('{voter}: {pictures} called good, {rounds} here', {
      voter: voter.name === null ? `**${code}**` : `**${code}** (${voter.name})`,
      pictures: counted(up, 'picture'),
      rounds: counted(voter.rounds, 'round'),
    }),
    ...(weight && weight.share < 0.995 ? [weightWords(weight)] : []),
    ...(marks.length > 0 ? [listed(marks)] : []),
  ]);
}

function weightWords({ share, why }: VoterWeight): Text {
  const counts = say('counts {share}', { share: percent(share) });
  return why.length > 0 ? joined(counts, ' (', listed(why), ')') : counts;
}

const invite: ChatCommand = {
  spec: {
    path: ['page', 'invite'],
    help: say("A link by which one person's marks on the page count"),
    role: 'admin',
    args: [],
    options: [],
  },
  async run({ services }) {
    const link = services.crowd.invite();
    if (link === null) throw new AcclaimError('not-allowed', say('There is no page here.'), '');
    const text = lines([
      link,
      say(
        'Send it to one person: it is good once, for {days}. **acclaim invite --count 20** makes several at once on the host.',
        { days: counted(INVITE_DAYS, 'day') },
      ),
    ]);
    return { title: say('An invite to vote on the page'), text };
  },
};

const review: ChatCommand = {
  reads: ({ what = 'show' }) => what === 'show',
  spec: {
    path: ['review'],
    help: say('See a round before it is posted and let it out; on and off set the mode'),
    role: 'moderator',
    args: [{ name: 'what', help: say('show, ok, on or off'), type: { choice: ['show', 'ok', 'on', 'off'] } }],
    options: [],
  },
  async run(context) {
    const { what = 'show' } = context.values;
    if (what === 'ok')
      return doAct(
        context,
        { name: 'approve' },
        { title: say('Let out'), text: say('The ballots are being posted.') },
      );
    if (what === 'show') return show(context);
    const text =
      what === 'on'
        ? say('Each round waits for a moderator from now on.')
        : say('Rounds are posted as they come.');
    return doAct(context, { name: 'review', on: what === 'on' }, { title: say('Review'), text });
  },
};

async function show(context: CommandContext): Promise<Answer> {
  const state = await theSession(context);
  const round = state.rounds.at(-1);
  if (round?.state !== 'review') return { title: say('Review'), text: say('Nothing waits for a look.') };
  // Of several channels one is enough: the sheets are the same.
  const planned = [...state.ballots.values()].filter((b) => b.round === round.id);
  const own = planned.filter((b) => b.channel === planned[0]?.channel);
  const pictures = await Promise.all(
    own.slice(0, 10).map((ballot) => context.services.cards.sheetPicture(state, ballot)),
  );
  return {
    title: say('Round {number}, before anyone sees it', { number: round.number }),
    text: say(
      '**/acclaim review ok** posts it, **/acclaim hide A3** takes a picture out first, **/acclaim round redo** draws others.',
    ),
    pictures: pictures.filter((picture) => picture !== null),
    data: { session: state.session.id, blurred: state.session.nsfw },
  };
}

const audit: ChatCommand = {
  reads: () => true,
  spec: {
    path: ['audit'],
    help: say('Who did what here, newest first; only you see it'),
    role: 'moderator',
    args: [{ name: 'count', help: say('how many acts; else 20'), type: 'integer' }],
    options: [],
  },
  async run(context) {
    const most = Math.min(200, Math.max(1, (context.values.count as number | undefined) ?? 20));
    const acts = await context.services.audit.of(await placesOf(context), most);
    const told = foldedActs(acts).map(auditLine);
    return { title: say('Audit'), text: told.length > 0 ? lines(told) : say('Nothing was done here yet.') };
  },
};

export const moderatingCommands: readonly ChatCommand[] = [
  nsfw,
  ...safetyCommands,
  hide,
  showAgain,
  voters,
  guardsCommand,
  aboutVoter('exclude', say('Count a voter no more, past rounds included'), (code) => ({
    title: say('Excluded'),
    text: say(
      '**{code}** counts no more; past rounds are counted anew. What was learned stays: **/acclaim session rollback ROUND** goes back before it.',
      { code },
    ),
  })),
  aboutVoter('include', say('Count a voter again'), (code) => ({
    title: say('Included'),
    text: say('**{code}** counts again.', { code }),
  })),
  aboutVoter('admit', say("Let somebody's marks on the page count from now on"), (code) => ({
    title: say('Admitted'),
    text: say('**{code}** counts from now on, in rounds that still take votes.', { code }),
  })),
  invite,
  aboutVoter('trust', say('Let a voter count whole: no newcomer, and nobody’s second hand'), (code) => ({
    title: say('Trusted'),
    text: say('**{code}** counts whole here; past rounds are counted anew.', { code }),
  })),
  aboutVoter('distrust', say('Take that back'), (code) => ({
    title: say('As others'),
    text: say('**{code}** counts as others do.', { code }),
  })),
  review,
  ...undoCommands,
  audit,
];
