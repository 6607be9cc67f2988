/**
 * What is in channels that their asker cannot see: every command's answer, everything that is offered while
 * somebody types, and the page's status, held against the prompt and the id of a session there. The right to
 * see is taken away while the session runs.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatCommands } from '../../bot/commands/table.js';
import { chosenName } from '../../bot/platforms/discord/commands.js';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import type { CommandSpec } from '../../src/chat/commands.js';
import { Peer as DiscordPeer, peerToken } from '../support/discord-peer/peer.js';
import type { Channel, Message } from '../support/discord-peer/world.js';
import { appToken, botToken, Peer as SlackPeer } from '../support/slack-peer/peer.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';
import { type Attempt, mustFail, rows } from './attempt.js';

const access = 'an access token for the page';
const many = '{ person: 9999, stranger: 9999, address: 9999, strangers: 9999 }';
const common = [
  `limits.commands=${many}`,
  `server.accessToken=${access}`,
  'votes.quorum=9',
  'prompts.approval=true',
  'session.rounds=1',
];
const view = 0x400n;
/** What nobody else may read: words of prompts, which ids are made of. */
const secret = /zebra|yak|okapi|cellar|dark|closet/;

/** Each argument with a value; `session` is the hidden session's. */
const valuesOf = ({ args, options }: CommandSpec, session: string): Record<string, string | number> =>
  Object.fromEntries([
    ...args.flatMap(({ name, type, required }) => {
      if (!required) return [];
      if (typeof type === 'object') return [[name, type.choice[0]!]];
      return [[name, { integer: 1, number: 1, cell: 'A1', person: '<@1>', text: 'a black cat' }[type]]];
    }),
    ...(options.some(({ name }) => name === 'session') ? [['session', session]] : []),
  ]);

/** Of what was answered the words that tell; the asker's own are none. */
const told = (text: string): string[] => {
  const found = secret.exec(text);
  return found ? [text.slice(Math.max(0, found.index - 100), found.index + 60)] : [];
};

const status = async (page: string, cookie = '') =>
  (await fetch(`${page}/api/status`, { headers: { cookie } })).text();

describe('on Discord', () => {
  let peer: DiscordPeer;
  let started: Started;
  let page: string;
  let [roses, cellar, attic, dark, dusk, closet] = [] as unknown as Channel[];
  const ids = async () => (await started.bodies('session')).map(({ id }) => String(id));
  const answered = async (who: string, where: Channel, words: string[], values = {}): Promise<Message> => {
    const asked = peer.command(who, where, words, values);
    await until(() => asked.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
    return asked.answer!;
  };
  const said = async (...asked: Parameters<typeof answered>) => {
    const { embeds, attachments } = await answered(...asked);
    const files = attachments.map(({ id }) => peer.world.files.get(id)!.toString('utf8'));
    return [JSON.stringify(embeds).replaceAll('\\\\', ''), ...files].join('\n');
  };
  const start = ['acclaim', 'session', 'start'];

  beforeAll(async () => {
    peer = await DiscordPeer.start();
    const { world } = peer;
    [roses, cellar, attic] = ['roses', 'cellar', 'attic'].map((name) => world.channel(name)) as [
      Channel,
      Channel,
      Channel,
    ];
    [dark, dusk] = [world.channel('dark', { nsfw: true }), world.channel('dusk', { nsfw: true })];
    closet = world.channel('closet', { type: 12, parent_id: roses.id });
    world.person('boss', { permissions: 0x8n | 0x20n, roles: [world.role('admins', 0x8n).id] });
    // May manage the server and its messages, and is in no way an administrator.
    world.person('eve', { permissions: 0x20n | 0x2000n });
    world.threadMembers.set(closet.id, new Set([world.person('ann').user.id]));
    started = new Started([
      `discord.token=${peerToken}`,
      `discord.api=${peer.url}`,
      'discord.roles.adminsAreOperators=false',
      ...common,
    ]);
    page = await started.start();
    for (const [where, prompt] of [
      [cellar, 'a zebra'],
      [dark, 'a yak'],
      [closet, 'an okapi'],
    ] as const)
      expect(await said('boss', where, start, { prompt })).toContain('Session opened');
    await until(() => started.roundOpen(1), 'the round', 120_000);
    const shown = () => peer.shown(cellar!);
    const notice = () => shown().find((m) => JSON.stringify(m.components).includes('I agree'));
    await until(() => notice() !== undefined, 'the notice');
    peer.press('eve', notice()!, 'I agree');
    await until(async () => (await started.bodies('voter')).length === 1, 'consent');
    const ballot = () => shown().find((m) => m.attachments.length > 0);
    await until(() => ballot() !== undefined, 'the ballot', 120_000);
    peer.react('eve', ballot()!.id, '1️⃣');
    await until(async () => (await started.facts()).length === 1, 'the mark');
    // Somebody asks for one as well, and a setting names the channel.
    expect(await said('ann', attic, start, { prompt: 'another zebra' })).toContain('Proposal 1');
    for (const where of [cellar, attic])
      where.permission_overwrites = [{ id: where.guild_id, type: 0, allow: '0', deny: String(view) }];
    const settings = { name: 'channels', value: 'cellar' };
    expect(await said('boss', roses, ['acclaim-admin', 'settings'], settings)).toContain('#cellar');
  }, 200_000);

  afterAll(async () => {
    await started.remove();
    await peer.stop();
    expect(peer.objections).toEqual([]);
  });

  const every: Attempt[] = chatCommands
    .filter(({ spec }) => !['me forget', 'me name'].includes(spec.path.join(' ')))
    .map(({ spec }) => ({
      name: chosenName(spec),
      async run() {
        const [session] = await ids();
        return told(
          await said('eve', roses!, chosenName(spec).slice(1).split(' '), valuesOf(spec, session!)),
        );
      },
    }));
  const typing = (words: string[], option: string, values = {}): Attempt => ({
    name: `what is offered: ${words.join(' ')} ${option}`,
    async run() {
      const typed = peer.type('eve', roses!, words, option, '', values);
      await until(() => typed.choices !== null, 'choices');
      return told(JSON.stringify(typed.choices));
    },
  });
  test.each(
    rows([
      ...every,
      ...['show', 'ok', 'refuse'].map((what) => ({
        name: `a proposal by its number: ${what}`,
        async run() {
          const answer = await said('eve', roses!, ['acclaim-mod', 'proposals'], { what, number: 1 });
          return answer.includes('Not done') ? told(answer) : [answer];
        },
      })),
      typing(['acclaim-admin', 'model', 'export'], 'session'),
      {
        name: 'numbers of proposals as they are offered',
        async run() {
          const typed = peer.type('eve', roses!, ['acclaim-mod', 'proposals'], 'number', '', {
            what: 'show',
          });
          await until(() => typed.choices !== null, 'choices');
          return typed.choices!.map(({ name }) => name);
        },
      },
      typing(['acclaim-admin', 'settings'], 'value', { name: 'channels' }),
      {
        name: 'a setting by the name of a channel',
        run: async () => {
          const words = ['acclaim-admin', 'settings'];
          const answer = await said('eve', roses!, words, { name: 'channels', value: 'closet' });
          return answer.includes('no channel') ? [] : [answer];
        },
      },
      { name: "the page's status without a token", run: async () => told(await status(page)) },
    ]),
  )('%s', (_, attempt) => mustFail(attempt));

  test('whoever sees them is told', async () => {
    const list = ['acclaim', 'session', 'list'];
    const boss = await said('boss', roses!, list);
    expect(await said('boss', roses!, ['acclaim-mod', 'proposals'])).toContain('another zebra');
    expect([boss.includes('zebra'), boss.includes('okapi'), boss.includes('yak')]).toEqual([
      true,
      true,
      false,
    ]);
    const ann = await said('ann', roses!, list);
    expect([ann.includes('zebra'), ann.includes('okapi')]).toEqual([false, true]);
    // Of age, as Discord has seen to.
    expect(await said('ann', dusk!, list)).toContain('yak');
    expect(await said('eve', cellar!, ['acclaim', 'me', 'export'])).toContain('zebra');
    const login = await fetch(`${page}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: page },
      body: JSON.stringify({ token: access }),
    });
    const cookies = login.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    expect(await status(page, cookies.join('; '))).toContain('zebra');
  });
});

describe('on Slack', () => {
  let peer: SlackPeer;
  let started: Started;
  let roses: string;
  const said = async (who: 'ann' | 'mod', where: string, text: string) => {
    const asked = await peer.command(who, where, text);
    await until(() => asked.answers.length > 0, `an answer to ${text}`);
    return JSON.stringify(asked.answers);
  };

  beforeAll(async () => {
    peer = await SlackPeer.start(scopes);
    started = new Started([
      `slack.botToken=${botToken}`,
      `slack.appToken=${appToken}`,
      `slack.api=${peer.api}`,
      `slack.roles.admins=[${peer.id('ann')}, ${peer.id('mod')}]`,
      'slack.roles.adminsAreOperators=false',
      ...common,
    ]);
    roses = await peer.channel('roses');
    const cellar = await peer.privateChannel('cellar');
    await started.start();
    expect(await said('mod', cellar, 'session start a zebra')).toContain('Session opened');
  }, 200_000);

  afterAll(async () => {
    await started.remove();
    await peer.stop();
    await SlackPeer.end();
  });

  test.each(
    rows(
      chatCommands.map(({ spec }) => ({
        name: `/acclaim ${spec.path.join(' ')}`,
        async run() {
          const [session] = await started.bodies('session');
          const values = Object.entries(valuesOf(spec, String(session!.id)));
          const options = values.filter(([name]) => spec.options.some((one) => one.name === name));
          const args = values.filter(([name]) => spec.args.some((one) => one.name === name));
          const typed = [
            ...args.map(([, value]) => value),
            ...options.map(([name, value]) => `--${name} ${value}`),
          ];
          return told(await said('ann', roses, [...spec.path, ...typed].join(' ')));
        },
      })),
    ),
  )('%s', (_, attempt) => mustFail(attempt));

  test('whoever is in the channel is told', async () => {
    expect(await said('mod', roses, 'session list')).toContain('zebra');
  });
});
