/**
 * What a member owns: their votes, all that is held of them as files, their name, and the way out. Answers
 * are private; nothing here is kept anywhere but in the answer.
 */

import type { Attachment } from '../../src/chat/port.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { finish } from '../../src/domain/state/steps.js';
import { type OwnVote, votesOf } from '../../src/domain/voting/mine.js';
import { voterBallots } from '../../src/domain/voting/votes.js';
import type { PersonalData } from '../../src/store/personal.js';
import { counted, lines, listed, say, sentences, type Text } from '../../src/words/text.js';
import { bare } from '../views/words.js';
import { type Answer, type ChatCommand, type CommandContext, theSession } from './command.js';

async function owned(context: CommandContext): Promise<OwnVote[]> {
  const { services, by } = context;
  const { voters, sessions } = services;
  const votes: OwnVote[] = [];
  for (const id of await voters.votedIn([by.key, ...(await voters.accounts(by.key))])) {
    const state = await sessions.find(id);
    if (state) votes.push(...votesOf(state, by.key));
  }
  const veil = await veilOf(
    context,
    votes.map(({ session }) => session),
  );
  return votes.map((vote) =>
    veil.hides(vote.session) ? { ...vote, session: veil.name(vote.session), prompt: '' } : vote,
  );
}

/**
 * What stands for a session: what belongs to it as well, such as `rose-3f9a.2.s0.0`, for one out of sight
 * under a name that says nothing.
 */
interface Veil {
  name(id: string): string;
  hides(session: string): boolean;
}

/**
 * A person's votes are theirs; what a session that they may not see (any more, or from here) is called is
 * not.
 */
async function veilOf(context: CommandContext, all: readonly string[]): Promise<Veil> {
  const ids = [...new Set(all)].filter((id) => !id.startsWith('@'));
  const seen = await Promise.all(ids.map((id) => context.services.sight.ofSession(context, id)));
  const hidden = ids.filter((_, i) => !seen[i]);
  const of = (id: string) => hidden.find((session) => id === session || id.startsWith(`${session}.`));
  return {
    hides: (session) => hidden.includes(session),
    name: (id) => {
      const session = of(id);
      if (session === undefined) return id;
      return `a-session-out-of-sight-${hidden.indexOf(session) + 1}${id.slice(session.length)}`;
    },
  };
}

/** Of the account that asks, with the marks and acts of those that it is linked with. */
async function held(context: CommandContext) {
  const { services, by } = context;
  const { voters } = services;
  const own = await voters.personal(by.key);
  const others = (await voters.accounts(by.key)).filter((key) => key !== by.key);
  const all = [own, ...(await Promise.all(others.map((key) => voters.personal(key))))];
  const marks = all.flatMap((one) => one.marks);
  const acts = all.flatMap((one) => one.acts);
  const proposals = all.flatMap((one) => one.proposals);
  const { name } = await veilOf(
    context,
    [...marks, ...acts].map(({ session }) => session),
  );
  return {
    voter: own.voter,
    marks: marks.map((mark) => ({
      ...mark,
      session: name(mark.session),
      round: name(mark.round),
      ballot: name(mark.ballot),
    })),
    acts: acts.map((act) => ({ ...act, session: name(act.session) })),
    proposals,
    accounts: all.length,
  };
}

const votes: ChatCommand = {
  spec: {
    path: ['me', 'votes'],
    alone: true,
    help: say('What is held about you, and your votes of the newest rounds'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const { voter, marks, accounts } = await held(context);
    if (!voter) return { title: say('You, here'), text: sentences(nothingHeld, howToAgree) };
    const found = await owned(context);
    const rounds = new Map<string, OwnVote[]>();
    for (const vote of found) {
      const key = `${vote.session} ${vote.round}`;
      rounds.set(key, [...(rounds.get(key) ?? []), vote]);
    }
    const standing = counted(standingMarks(marks), 'mark');
    const name = voter.name === null ? say('no name') : say('the name **{name}**', { name: voter.name });
    const told = [...rounds.values()].slice(-5).map(said);
    const linked = accounts > 1 ? [say('{accounts} linked accounts count as one person.', { accounts })] : [];
    const text = [
      say('Since {day}, under a keyed hash of your account: {standing} in {rounds}, {name}, no text.', {
        day: day(voter.consentAt),
        standing,
        rounds: counted(rounds.size, 'round'),
        name,
      }),
      ...linked,
      ...told,
      say('**/acclaim me export** gives you all of it, **/acclaim me forget** deletes it.'),
    ];
    return { title: say('You, here'), text: lines(text) };
  },
};

/** The ledger keeps every change: how many marks hang now. A Done is none. */
function standingMarks(marks: readonly PersonalData['marks'][number][]): number {
  const last = new Map(
    marks.map(({ ballot, emoji, present, late }) => [`${ballot} ${emoji}`, { emoji, present, late }]),
  );
  return [...last.values()].filter(({ emoji, present, late }) => present && !late && emoji !== 'done').length;
}

const nothingHeld = say('Nothing is held about you.');
const howToAgree = say('Agree to the notice in the channel, and your votes count.');

/** Of one round. */
function said(list: readonly OwnVote[]): Text {
  const good = list
    .filter((vote) => vote.vote === 'good')
    .map((vote) => (vote.best ? say('{picture} (best)', { picture: vote.picture }) : vote.picture));
  const { session, round } = list[0]!;
  return say('**{session}, round {round}**: good: {good}; not good: {rest}', {
    session,
    round,
    good: good.length > 0 ? listed(good) : say('none'),
    rest: list.length - good.length,
  });
}

const day = (at: number | null) =>
  at === null ? say('you agreed') : new Date(at).toISOString().slice(0, 10);

const exported: ChatCommand = {
  everywhere: true,
  spec: {
    path: ['me', 'export'],
    help: say('All that is held about you as files: JSON, and your votes as CSV'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const all = await held(context);
    if (!all.voter) return { title: say('Your data'), text: nothingHeld };
    const list = await owned(context);
    const { rounds, excluded, trusted, ...person } = all.voter;
    const about = { ...person, accounts: all.accounts, roundsVotedIn: rounds, excluded, trusted };
    const json = JSON.stringify(
      { you: about, votes: list, marks: all.marks, acts: all.acts, proposals: all.proposals },
      null,
      2,
    );
    return {
      title: say('Your data'),
      text: say('{votes} from {changes} of your marks: all that is held about you.', {
        votes: counted(list.length, 'vote'),
        changes: counted(all.marks.length, 'change'),
      }),
      files: [
        file('acclaim-my-data.json', 'application/json', `${json}\n`),
        file('acclaim-my-votes.csv', 'text/csv', votesCsv(list)),
      ],
    };
  },
};

function file(name: string, type: string, text: string): Attachment {
  return { name, type, content: { text }, bytes: Buffer.byteLength(text), url: null };
}

const columns = [
  'session',
  'prompt',
  'round',
  'picture',
  'file',
  'vote',
  'best',
  'marked',
  'at',
  'wrong',
] as const;

/** One line a vote; times in ISO 8601, UTC. */
export function votesCsv(list: readonly OwnVote[]): string {
  const lines = list.map((vote) => columns.map((name) => cell(figureOf(vote, name))).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}

function figureOf(vote: OwnVote, name: (typeof columns)[number]): string | number | boolean {
  if (name === 'at') return vote.at === null ? '' : new Date(vote.at).toISOString();
  return name === 'wrong' ? vote.wrong.join(' ') : vote[name];
}

/** RFC 4180; what a spreadsheet would take for a formula is led by an apostrophe. */
function cell(value: string | number | boolean): string {
  const text = typeof value === 'string' ? value.replace(/^(?=[=+\-@\t\r])/, "'") : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const forget: ChatCommand = {
  everywhere: true,
  spec: {
    path: ['me', 'forget'],
    help: say('Withdraw your consent: all that leads to you is deleted, for good'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const { services, account } = context;
    const excluded = (await held(context)).voter?.excluded === true;
    await services.withdrawals.leave(account);
    const but = excluded
      ? say('That a moderator excluded you stays, as a hash under which nothing else is kept.')
      : '';
    return {
      title: say('Forgotten'),
      text: sentences(
        say('Nothing here leads to you any more.'),
        say(
          'In closed rounds your votes stay counted under names that lead nowhere; in open ones they are withdrawn.',
        ),
        say('Your reactions hang where you put them: take them off yourself if you want to.'),
        but,
      ),
    };
  },
};

const name: ChatCommand = {
  spec: {
    path: ['me', 'name'],
    help: say('Be thanked by name, or not (the default)'),
    role: 'member',
    args: [
      {
        name: 'shown',
        help: say('show or hide your name where voters are thanked'),
        type: { choice: ['show', 'hide'] },
        required: true,
      },
    ],
    options: [],
  },
  async run({ services, account, by, values }): Promise<Answer> {
    const shown = values.shown === 'show';
    if (shown) services.plans.policy.allow(account.displayName, false);
    const known = await services.agreements.setName(by, shown ? account.displayName : null);
    if (!known)
      return {
        title: say('Not done'),
        text: sentences(say('I keep nothing of you, and so no name.'), howToAgree),
      };
    return shown
      ? { title: say('By name'), text: say('**/acclaim session thanks** names you from now on.') }
      : { title: say('Without a name'), text: say('Your name is deleted here.') };
  },
};

const thanks: ChatCommand = {
  spec: {
    path: ['session', 'thanks'],
    help: say('Who voted here, by name where they wish it'),
    role: 'member',
    args: [],
    options: [],
  },
  async run(context) {
    const state = await theSession(context);
    const rounds = roundsVotedIn(state);
    const voters = [...state.voters.values()].filter(({ key, excluded }) => rounds.has(key) && !excluded);
    const named = voters
      .filter((voter) => voter.name !== null)
      .sort((a, b) => rounds.get(b.key)! - rounds.get(a.key)!);
    const thanked = named.map((voter) =>
      say('**{name}**: {rounds}', {
        name: bare(voter.name!),
        rounds: counted(rounds.get(voter.key)!, 'round'),
      }),
    );
    const others = voters.filter((voter) => voter.name === null && !voter.pseudonym).length;
    const unnamed = others === 0 ? [] : [unnamedLine(others)];
    const all = [...thanked, ...unnamed];
    return {
      title: say('Thank you'),
      text: lines([
        ...(all.length > 0 ? all : [say('Nobody has voted yet.')]),
        say('**/acclaim me name show** puts your name here.'),
      ]),
    };
  },
};

function unnamedLine(others: number): Text {
  const people = counted(others, 'person');
  return others === 1
    ? say('and {people} who stays unnamed', { people })
    : say('and {people} who stay unnamed', { people });
}

/**
 * Account -> rounds of the session in which a vote of theirs stands: whoever took all back, or never voted,
 * is not there.
 */
function roundsVotedIn(state: SessionState): Map<string, number> {
  const rounds = new Map<string, number>();
  for (const round of state.rounds)
    for (const { accounts, votes } of finish(voterBallots(state, round, 1)))
      if (votes.length > 0) for (const key of accounts) rounds.set(key, (rounds.get(key) ?? 0) + 1);
  return rounds;
}

export const meCommands: readonly ChatCommand[] = [votes, exported, forget, name, thanks];
