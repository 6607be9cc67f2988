/**
 * Servers that are not the host's: whoever puts the bot on a server of their own, with every right there,
 * gets nothing of this host until an operator allows it, and never becomes one of its operators. Under the
 * real `acclaim start` with discord.js.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatCommands } from '../../bot/commands/table.js';
import { chosenName } from '../../bot/platforms/discord/commands.js';
import type { CommandSpec } from '../../src/chat/commands.js';
import { Peer, peerToken } from '../support/discord-peer/peer.js';
import type { Channel } from '../support/discord-peer/world.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';
import { type Attempt, mustFail, rows } from './attempt.js';

const codes: string[] = [];
/** Every attempt is to be refused for what it is, not for being one of many. */
const many = '{ person: 9999, stranger: 9999, address: 9999, strangers: 9999 }';
const unbounded = [
  `limits.commands=${many}`,
  'limits.codes={ person: 9999, address: 9999, strangers: 9999 }',
];
let peer: Peer;
let started: Started;
let roses: Channel;
let lair: Channel;
let den: Channel;

beforeAll(async () => {
  peer = await Peer.start();
  roses = peer.world.channel('roses');
  const [theirs, others] = [peer.world.server('Their server'), peer.world.server('One more')];
  lair = peer.world.channel('lair', { guild_id: theirs.id });
  den = peer.world.channel('den', { guild_id: others.id });
  // Every right there is, where they are.
  for (const name of ['eve', 'boss']) peer.world.person(name, { permissions: 0x8n | 0x20n });
  started = new Started(
    [`discord.token=${peerToken}`, `discord.api=${peer.url}`, 'discord.ownServers=[]', ...unbounded],
    undefined,
    { onClaim: ({ code }) => codes.push(code) },
  );
  await started.start();
}, 60_000);

afterAll(async () => {
  await started.remove();
  await peer.stop();
  expect(peer.objections).toEqual([]);
});

const titled = (spec: CommandSpec) => chosenName(spec).slice(1).split(' ');

const values = ({ args }: CommandSpec) =>
  Object.fromEntries(
    args.flatMap(({ name, type, required }) => {
      if (!required) return [];
      if (typeof type === 'object') return [[name, type.choice[0]!]];
      return [[name, { integer: 1, number: 1, cell: 'A1', person: '<@1>', text: 'a black cat' }[type]]];
    }),
  );

async function say(
  who: string,
  where: Channel,
  words: string[],
  given: Record<string, string | number> = {},
) {
  const asked = peer.command(who, where, words, given);
  await until(() => asked.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
  return asked.answer!.embeds[0] as { title: string; description: string };
}

/** Nothing came of it: the answer's title is one of a refusal. */
async function refused(titles: string[], ...asked: Parameters<typeof say>): Promise<string[]> {
  const { title, description } = await say(...asked);
  return titles.includes(title) ? [] : [`${title}: ${description}`];
}

/** What is theirs wherever they are: their data, and the way out. */
const theirs = ['me export', 'me forget'];
const everyCommand = (who: string, where: () => Channel, titles: string[], of = chatCommands): Attempt[] =>
  of.flatMap(({ spec }) =>
    theirs.includes(spec.path.join(' '))
      ? []
      : [
          {
            name: `${chosenName(spec)} by ${who}`,
            run: () => refused(titles, who, where(), titled(spec), values(spec)),
          },
        ],
  );
const claiming = (name: string, who: string, where: () => Channel, code: () => string): Attempt => ({
  name,
  run: () => refused(['Not here', 'Not done'], who, where(), ['acclaim-admin', 'claim'], { code: code() }),
});
const offered = (name: string, words: string[], option: string): Attempt => ({
  name,
  async run() {
    const typing = peer.type('eve', lair, words, option, '');
    await until(() => typing.choices !== null, 'choices');
    return typing.choices!.map(({ name }) => name);
  },
});

describe('before anybody claimed a server', () => {
  test.each(
    rows([
      ...everyCommand('eve', () => lair, ['Not here', 'Not done']),
      offered('models that could be pulled', ['acclaim-admin', 'model', 'pull'], 'model'),
      offered('servers that are known', ['acclaim-admin', 'server', 'refuse'], 'server'),
      claiming(
        'a code that is made up',
        'eve',
        () => lair,
        () => 'AAAA-BBBB',
      ),
      claiming(
        'a code of signs alone',
        'eve',
        () => lair,
        () => '?-?',
      ),
      claiming(
        'the right code but for its last letter',
        'eve',
        () => lair,
        () => {
          const last = codes[0]!.at(-1) === 'A' ? 'B' : 'A';
          return `${codes[0]!.slice(0, -1)}${last}`;
        },
      ),
      claiming(
        'the right code by somebody without rights',
        'ann',
        () => lair,
        () => codes[0]!,
      ),
    ]),
  )('%s', (_, attempt) => mustFail(attempt));

  test('nothing was written of any of them', async () => {
    expect(await started.bodies('session')).toEqual([]);
    for (const table of ['act', 'community', 'voter', 'proposal'])
      expect(await started.rows(`SELECT * FROM ${table}`), table).toEqual([]);
    expect(peer.shown(lair)).toEqual([]);
  });

  test('its people are told why, once', async () => {
    const [first, second] = [
      await say('eve', den, ['acclaim', 'help']),
      await say('eve', den, ['acclaim', 'help']),
    ];
    expect(first.description.replaceAll('\\', '')).toContain(`server allow server:${den.guild_id}`);
    expect(second.description).toBe('I do nothing on this server.');
  });
});

describe('once the host has its own', () => {
  beforeAll(async () => {
    const claimed = await say('boss', roses, ['acclaim-admin', 'claim'], { code: codes[0]!.toLowerCase() });
    expect(claimed.title).toBe('Claimed');
    expect(
      (await say('boss', roses, ['acclaim', 'session', 'start'], { prompt: 'a secret rose' })).title,
    ).toBe('Session opened');
  });

  test.each(
    rows([
      claiming(
        'the code that was used',
        'eve',
        () => lair,
        () => codes[0]!,
      ),
      claiming(
        'the code that was used, from one more server',
        'eve',
        () => den,
        () => codes[0]!,
      ),
      claiming(
        'the code that was used, on the server that used it',
        'boss',
        () => roses,
        () => codes[0]!,
      ),
      ...everyCommand('eve', () => lair, ['Not here', 'Not done']),
    ]),
  )('%s', (_, attempt) => mustFail(attempt));

  test('an operator sees which there are', async () => {
    const list = (await say('boss', roses, ['acclaim-admin', 'server', 'list'])).description.replaceAll(
      '\\',
      '',
    );
    expect(list).toContain(`**${roses.guild_id}** (discord): the host's own`);
    expect(list).toContain(`**${lair.guild_id}** (discord): nobody has decided`);
  });
});

describe('allowed', () => {
  beforeAll(async () => {
    const allow = await say('boss', roses, ['acclaim-admin', 'server', 'allow'], { server: lair.guild_id });
    expect(allow.title).toBe('Server allowed');
  });
  const operators = chatCommands.filter(({ spec }) => spec.role === 'operator');
  const session = async () => String((await started.bodies('session'))[0]!.id);

  test.each(
    rows([
      ...everyCommand('eve', () => lair, ['Not allowed'], operators),
      claiming(
        'a code',
        'eve',
        () => lair,
        () => codes[0]!,
      ),
      {
        name: "the host's session by its id",
        run: async () =>
          refused(['Not done'], 'eve', lair, ['acclaim-admin', 'model', 'export'], {
            session: await session(),
          }),
      },
      {
        name: "the list of the host's sessions",
        async run() {
          const { description } = await say('eve', lair, ['acclaim', 'session', 'list']);
          return /rose/.test(description) ? [description] : [];
        },
      },
      {
        name: "the host's audit",
        async run() {
          const { description } = await say('eve', lair, ['acclaim-mod', 'audit']);
          return /operator: /.test(description) ? [description] : [];
        },
      },
      ...['A', 'B'].map((_, i) => ({
        name: `a code to join by that is made up (${i + 1})`,
        run: () =>
          refused(['Not done'], 'eve', lair, ['acclaim-admin', 'session', 'join'], { code: `AAAA-BBB${i}` }),
      })),
    ]),
  )('%s', (_, attempt) => mustFail(attempt));

  test('it may use the host otherwise, and that is in the audit', async () => {
    expect((await say('eve', lair, ['acclaim', 'session', 'start'], { prompt: 'an owl' })).title).toBe(
      'Session opened',
    );
    const audit = (await say('boss', roses, ['acclaim-mod', 'audit'])).description.replaceAll('\\', '');
    expect(audit).toContain('an admin: claim');
    expect(audit).toContain(`an operator: server allow server ${lair.guild_id}`);
  });
});

/** Accounts are one on all servers: what a guest's moderators say of a person would hold on the host's. */
test("the word of an allowed server's moderators holds for nobody of other servers", async () => {
  const agreeing = () =>
    peer.shown(roses).find(({ components }) => JSON.stringify(components).includes('I agree'));
  await until(() => agreeing() !== undefined, 'the notice', 60_000);
  peer.press('ann', agreeing()!, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  const excluded = async () => (await started.bodies('voter'))[0]!.excluded;
  const ann = { voter: `<@${peer.world.person('ann').user.id}>` };
  for (const word of ['exclude', 'trust'])
    expect((await say('eve', lair, ['acclaim-mod', word], ann)).title, word).toBe('Not done');
  expect(await excluded()).toBe(false);
  expect((await say('boss', roses, ['acclaim-mod', 'exclude'], ann)).title).toBe('Excluded');
  expect((await say('eve', lair, ['acclaim-mod', 'include'], ann)).title).toBe('Not done');
  expect(await excluded()).toBe(true);
});

describe('refused', () => {
  beforeAll(async () => {
    const refuse = await say('boss', roses, ['acclaim-admin', 'server', 'refuse'], { server: lair.guild_id });
    expect(refuse.title).toBe('Server refused');
  });

  const bound = async () =>
    (await started.bodies('binding')).find(({ address }) => address === lair.id)!.canPost as boolean;

  test.each(
    rows([
      ...everyCommand('eve', () => lair, ['Not here', 'Not done']),
      { name: 'its session goes on', run: async () => ((await bound()) ? ['it posts'] : []) },
      {
        name: 'its session goes on once the channel is another',
        async run() {
          peer.update(lair, { nsfw: true });
          await say('eve', lair, ['acclaim', 'help']);
          return (await bound()) ? ['it posts'] : [];
        },
      },
      {
        name: 'its session goes on once the bot was invited anew',
        async run() {
          peer.gateway.send('GUILD_DELETE', { id: lair.guild_id });
          await until(
            async () => (await started.rows('SELECT * FROM departure')).length === 1,
            'the departure',
          );
          peer.gateway.send('GUILD_CREATE', { id: lair.guild_id, unavailable: false });
          await until(async () => (await started.rows('SELECT * FROM departure')).length === 0, 'the return');
          const { title } = await say('eve', lair, ['acclaim', 'help']);
          return (await bound()) || title !== 'Not here' ? [title] : [];
        },
      },
      {
        name: 'all of it is forgotten by a restart, and there is a new code',
        async run() {
          await started.stop();
          await started.start();
          const { title } = await say('eve', lair, ['acclaim', 'help']);
          const list = await say('boss', roses, ['acclaim-admin', 'server', 'list']);
          return [
            ...(title === 'Not here' ? [] : [title]),
            ...codes.slice(1),
            ...(list.title === 'Servers' ? [] : [list.title]),
          ];
        },
      },
    ]),
  )('%s', (_, attempt) => mustFail(attempt));

  test("no word of an operator takes the host's own away", async () => {
    const words = ['acclaim-admin', 'server', 'refuse'];
    expect((await say('boss', roses, words, { server: roses.guild_id })).title).toBe('Not done');
  });
});
