/** Commands that bring a session to other channels, and a person's accounts together. */
import type { SessionState } from '../../src/domain/state/model.js';
import type { Linked } from '../../src/store/links.js';
import { joined, listed, say, type Text } from '../../src/words/text.js';
import { LINK_MINUTES } from '../services/links.js';
import { type Answer, type ChatCommand, type CommandContext, doAct } from './command.js';

const CODE_HOURS = 24;

const invite: ChatCommand = {
  spec: {
    path: ['session', 'invite'],
    help: say('A code by which another channel, on any platform, joins this session'),
    role: 'admin',
    args: [],
    options: [],
  },
  run(context) {
    const { code, hash, until } = context.services.pools.newCode(CODE_HOURS * 3_600_000);
    const text = say(
      'An admin of the other channel types **/acclaim session join {code}** there. The code is good once, for {hours} hours.',
      { code, hours: CODE_HOURS },
    );
    return doAct(context, { name: 'invite', code: hash, until }, { title: say('A code to join by'), text });
  },
};

const join: ChatCommand = {
  spec: {
    path: ['session', 'join'],
    help: say('Take part in a session of another channel: same pictures, votes pooled'),
    role: 'admin',
    args: [
      {
        name: 'code',
        help: say('that the other side was given with its invitation'),
        type: 'text',
        required: true,
      },
    ],
    options: [],
  },
  async run(context) {
    const { session } = await context.services.pools.join(context.values.code as string, context);
    const text = say(
      'Ballots of **{title}** come here from now on, and votes of all its channels count together. **/acclaim session leave** ends that.',
      { title: session.title },
    );
    return { title: say('Joined'), text, data: { session: session.id } };
  },
};

const leave: ChatCommand = {
  spec: {
    path: ['session', 'leave'],
    help: say('Take this channel out of a session that it joined; votes cast so far stand'),
    role: 'admin',
    args: [
      {
        name: 'channel',
        help: say("for the founding side: the channel's number, as the session's status gives it"),
        type: 'integer',
      },
    ],
    options: [],
  },
  run(context) {
    const ordinal = (context.values.channel as number | undefined) ?? null;
    const said = {
      title: say('Left the session'),
      text: say('No more ballots go there; the votes cast so far stand.'),
    };
    return doAct(context, { name: 'leave', ordinal }, said);
  },
};

const link: ChatCommand = {
  spec: {
    path: ['link'],
    help: say('Make your accounts on several platforms count as one person'),
    role: 'member',
    args: [
      {
        name: 'code',
        help: say('that your other account was given; without one you get a code'),
        type: 'text',
      },
    ],
    options: [],
  },
  async run(context) {
    const { services, by, values } = context;
    if (values.code !== undefined) return outcomes[await services.links.link(values.code as string, context)];
    const code = await services.links.ask(by.key);
    if (code === null) return outcomes['no-consent'];
    const text = say(
      'With your other account type **/acclaim link {code}** within {minutes} minutes. Keep the code to yourself: whoever uses it counts as you.',
      { code, minutes: LINK_MINUTES },
    );
    return { title: say('Your code'), text };
  },
};

const outcomes: Record<Linked, Answer> = {
  linked: {
    title: say('Linked'),
    text: say(
      'Your accounts count as one person from now on: of each mark the latest change holds. **/acclaim me forget** forgets all of them, **/acclaim unlink** takes one out again.',
    ),
  },
  'no-code': {
    title: say('Not done'),
    text: say('This code is not good (any more). **/acclaim link** makes a new one.'),
  },
  'own-code': {
    title: say('Not done'),
    text: say('This is your own code: type it with your other account.'),
  },
  'no-consent': {
    title: say('Not done'),
    text: say(
      'Nothing is kept of you here before you agree. Agree to the notice, then **/acclaim link** makes a code.',
    ),
  },
};

const unlink: ChatCommand = {
  spec: {
    path: ['unlink'],
    help: say('Let this account count on its own again'),
    role: 'member',
    args: [],
    options: [],
  },
  async run({ services, by }) {
    if (await services.links.unlink(by.key))
      return { title: say('Unlinked'), text: say('This account counts on its own again.') };
    return {
      title: say('Not done'),
      text: say('This account is not linked. **/acclaim link** makes a code for that.'),
    };
  },
};

/** Who takes part, by number, where the session is in more than one channel. */
export function poolLines(context: CommandContext, { bindings }: SessionState): Text[] {
  const here = bindings.filter((row) => row.leftAt === null);
  if (here.length < 2) return [];
  const rows = here.map(({ ordinal, platform, address, canPost }) => {
    const own = platform === context.account.platform && address === context.channel;
    const notes = [
      ...(own ? [say('here')] : []),
      ...(ordinal === 0 ? [say('founded it')] : []),
      ...(canPost ? [] : [say('cannot be posted to')]),
    ];
    const place = `${ordinal} ${platform}`;
    return notes.length > 0 ? joined(place, ' (', listed(notes), ')') : place;
  });
  return [say('**Channels**: {rows}', { rows: listed(rows) })];
}

export const poolCommands: readonly ChatCommand[] = [invite, join, leave, link, unlink];
