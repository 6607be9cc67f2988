/**
 * One session over Discord, Slack and the page at once: the built bot as a process with the real discord.js,
 * Bolt, store, engine and miniature, against peers on loopback. Channels join by codes; members vote, change
 * and withdraw everywhere, one of them from two linked accounts; the bot is killed with SIGKILL while the
 * round is open, while it closes and when it has been learned. What people see and what is written is as if
 * nothing had happened.
 */
import { afterEach, expect, test } from 'vitest';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { BotProcess, type Crash } from '../support/bot-process.js';
import { Peer as DiscordPeer, peerToken } from '../support/discord-peer/peer.js';
import { small } from '../support/house.js';
import { appToken, botToken, Peer as SlackPeer } from '../support/slack-peer/peer.js';
import { own, Started } from '../support/started.js';
import { Visitor } from '../support/visitor.js';
import { until } from '../support/wait.js';

const [one, two, none] = ['1\uFE0F\u20E3', '2\uFE0F\u20E3', '\u{1F6AB}'];
/** What only a fault takes, even where the engine gets little of the machine. */
const LONG = 300_000;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** The three platforms and the bot's folder; the bot may live and die any number of times. */
async function setUp() {
  const discord = await DiscordPeer.start();
  const slack = await SlackPeer.start(scopes);
  const rows = new Started([]);
  let bot: BotProcess | undefined;
  const visitor = { page: undefined as Visitor | undefined };
  const settings = [
    ...small,
    'logLevel=error',
    'session.task=null',
    'votes.quorum=9',
    ...own,
    `discord.token=${peerToken}`,
    `discord.api=${discord.url}`,
    `slack.botToken=${botToken}`,
    `slack.appToken=${appToken}`,
    `slack.api=${slack.api}`,
  ];
  endings.push(
    () => rows.remove(),
    () => SlackPeer.end(),
    () => slack.stop(),
    () => discord.stop(),
    () => bot?.kill(),
  );
  const live = async (crash?: Crash) => {
    const started = await BotProcess.start(rows.dir, settings, crash);
    if (!started.bot) throw new Error(started.stderr());
    bot = started.bot;
    const next = new Visitor(bot.url);
    for (const name of visitor.page?.cookieNames() ?? []) next.setCookie(name, cookieOf(visitor.page!, name));
    await next.json('/api/me');
    visitor.page = next;
    return bot;
  };
  const channel = { discord: discord.world.channel('roses'), slack: await slack.channel('roses') };
  return { discord, slack, rows, live, channel, page: () => visitor.page! };
}

function cookieOf(visitor: Visitor, name: string): string {
  const found = visitor
    .cookie()
    .split('; ')
    .find((cookie) => cookie.startsWith(`${name}=`));
  return found!.slice(name.length + 1);
}

type Stage = Awaited<ReturnType<typeof setUp>>;

/** A command and its answer, on each platform. */
function typist({ discord, slack, channel, page }: Stage) {
  return {
    async discord(name: string, path: string, options: Record<string, string> = {}): Promise<string> {
      const asked = discord.command(name, channel.discord, path.split(' '), options);
      await until(() => asked.answer !== null && (asked.answer.flags & 128) === 0, `${path} on Discord`);
      return JSON.stringify(asked.answer);
    },
    async slack(name: 'boss' | 'dan' | 'cem', text: string): Promise<string> {
      const asked = await slack.command(name, channel.slack, text);
      await until(() => asked.answers.length > 0, `${text} on Slack`);
      return JSON.stringify(asked.answers.at(-1));
    },
    async page(text: string): Promise<string> {
      return (await page().request('/api/command', { channel: 'any', text })).text();
    },
  };
}

/** Marks that stand in the ledger. */
async function standing(rows: Started): Promise<string[]> {
  const last = new Map(
    (await rows.facts()).map((f) => [`${f.ballot} ${f.voter} ${f.emoji}`, f.present === 1]),
  );
  return [...last].flatMap(([mark, present]) => (present ? [mark] : []));
}

const codeIn = (answer: string): string => /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(answer)![0];

/** What hangs where, as people see it. */
function looks({ discord, slack, channel, page }: Stage) {
  return {
    discord: () => discord.shown(channel.discord),
    slack: () => slack.shown(channel.slack),
    // biome-ignore lint/suspicious/noExplicitAny: whatever the page shows
    page: (): Promise<any[]> => page().messages(),
  };
}

test('one session over Discord, Slack and the page, through three kills', async () => {
  const stage = await setUp();
  const { discord, slack, rows, live, channel, page } = stage;
  const say = typist(stage);
  const see = looks(stage);
  let bot = await live();
  discord.world.person('boss', { permissions: 0x28n });

  // Founded on Discord; the others join by a code each, which is good once, and for admins only.
  expect(await say.discord('ann', 'acclaim session start', { prompt: 'a black cat' })).toContain(
    'Session opened',
  );
  const codes = [
    codeIn(await say.discord('boss', 'acclaim-admin session invite')),
    codeIn(await say.discord('boss', 'acclaim-admin session invite')),
  ];
  expect(await say.slack('cem', `session join ${codes[0]}`)).toContain('Not allowed');
  expect(await say.slack('boss', `session join ${codes[0]!.toLowerCase()}`)).toContain('Joined');
  expect(await say.page(`session join ${codes[0]}`)).toContain('not good');
  expect(await say.page(`session join ${codes[1]}`)).toContain('Joined');
  expect(JSON.stringify(await rows.bodies('session'))).not.toContain(codes[0]!.replace('-', ''));

  const ballots = async (round: number) =>
    (await rows.bodies('ballot')).filter((b) => String(b.round).endsWith(`.${round}`) && b.state === 'live');
  await until(async () => (await ballots(1)).length === 6, 'the ballots of all channels', LONG);
  const messageOf = async (platform: string, sheet: number) =>
    String((await ballots(1)).find((b) => b.platform === platform && b.sheet === sheet)!.message);
  const [da, db] = [await messageOf('discord', 0), await messageOf('discord', 1)];
  const [sa, sb] = [await messageOf('slack', 0), await messageOf('slack', 1)];
  const [wa, wb] = [await messageOf('web', 0), await messageOf('web', 1)];

  // They agree, each in their own place; one person has an account on two of them and links both.
  const onDiscord = () => see.discord().find((m) => JSON.stringify(m.components).includes('I agree'));
  await until(() => onDiscord() !== undefined, 'the notice on Discord');
  const notice = onDiscord()!;
  discord.react('ann', notice.id, '\u2705');
  discord.press('bea', notice, 'I agree');
  const onSlack = async () =>
    (await see.slack()).find((m) => JSON.stringify(m.blocks ?? []).includes('"I agree"'));
  await until(async () => (await onSlack()) !== undefined, 'the notice on Slack');
  const slackNotice = (await onSlack())!;
  for (const name of ['cem', 'dan'] as const)
    await slack.press(name, channel.slack, slackNotice.ts, 'I agree');
  await page().request('/api/consent', { channel: 'any', given: true });
  await until(async () => (await rows.bodies('voter')).length === 5, 'everyone to agree');
  const link = codeIn(await say.discord('ann', 'acclaim link'));
  expect(await say.slack('dan', `link ${link}`)).toContain('Linked');
  expect(await say.slack('cem', `link ${link}`)).toContain('not good');

  // Votes, changed and taken back, on each of the three.
  const mark = async (message: string, emoji: string, present = true) => {
    const answer = await page().request('/api/react', { message, marks: [{ emoji, present }] });
    expect(answer.status).toBe(200);
  };
  discord.react('ann', da, one);
  await slack.react('dan', channel.slack, sa, 'one');
  await slack.react('dan', channel.slack, sb, 'two');
  discord.react('bea', da, two);
  discord.react('bea', da, two, { present: false });
  discord.react('bea', da, one);
  discord.react('bea', db, none);
  await slack.react('cem', channel.slack, sa, 'two');
  await slack.react('cem', channel.slack, sa, 'two', false);
  await slack.react('cem', channel.slack, sa, 'one');
  await mark(wa, '1');
  await mark(wa, '2');
  await mark(wa, '2', false);
  await mark(wb, '1');
  await until(async () => (await standing(rows)).length === 8, 'the votes');

  // One votes while nobody is there to hear it.
  await bot.kill();
  await slack.set('cem', channel.slack, sb, 'two');
  bot = await live({ state: 'closing', when: 'after' });
  await until(async () => (await standing(rows)).length === 9, 'the mark made meanwhile');

  // Only the founding side ends it for all; any side closes a round. The bot dies in the middle of that.
  expect(await say.slack('boss', 'session stop')).toContain('Only the channel that founded');
  void slack.command('boss', channel.slack, 'round close').catch(() => {});
  expect((await bot.died).signal).toBe('SIGKILL');
  bot = await live({ state: 'done', when: 'before' });
  expect((await bot.died).signal).toBe('SIGKILL');
  bot = await live();
  await until(async () => (await ballots(2)).length === 6, 'the second round everywhere', LONG);

  const [first] = await rows.bodies('round');
  expect(first).toMatchObject({
    number: 1,
    state: 'done',
    closeReason: 'command',
    learned: { learned: true },
  });
  // Four people: A1 by all four, B2 by two of them, B1 by one, over four pictures each.
  expect(first!.outcome).toMatchObject({ voters: 4, votes: 16 });
  // Every ballot once: two sheets in three channels in each of two rounds.
  expect(await rows.bodies('ballot')).toHaveLength(12);

  // Everybody sees the same outcome, and ballots of one round no more than once.
  const titled = (text: string) => text.includes('Round 1: 50 % approval');
  const outcomes = {
    discord: () => see.discord().filter((m) => titled(JSON.stringify(m))).length,
    slack: async () => (await see.slack()).filter((m) => titled(JSON.stringify(m))).length,
    page: async () => (await see.page()).filter((m) => titled(JSON.stringify(m))).length,
  };
  for (const count of Object.values(outcomes)) {
    await until(async () => (await count()) > 0, 'the outcome', LONG);
    expect(await count()).toBe(1);
  }
  const flagged = { discord: see.discord(), slack: await see.slack() };
  expect(
    flagged.discord.filter((m) => m.attachments.length > 0 && /^\*\*Round 2/.test(m.content)),
  ).toHaveLength(2);
  expect(flagged.slack.filter((m) => JSON.stringify(m.blocks ?? []).includes('Round 2, sheet'))).toHaveLength(
    2,
  );
  const shown = (await see.page())
    .filter((m) => m.kind === 'ballot')
    .map((m) => `${m.data.round}${m.data.sheet}`);
  expect(shown.sort()).toEqual(['1A', '1B', '2A', '2B']);

  // What is held of the person who linked is told and forgotten as one.
  expect(await say.slack('dan', 'me')).toContain('3 marks');
  expect(await say.slack('dan', 'me forget')).toContain('Forgotten');
  await until(
    async () => (await rows.bodies('voter')).filter((v) => v.pseudonym !== true).length === 3,
    'forgetting',
  );
  await until(
    async () => (await say.discord('ann', 'acclaim me votes')).includes('Nothing is held'),
    'both to be unknown',
  );
  // Forgetting by an account elsewhere takes what the page itself keeps of the person, too.
  const onPage = codeIn(await say.page('link'));
  await say.slack('cem', `link ${onPage}`);
  await say.slack('cem', 'me forget');
  await until(async () => (await page().json('/api/me')).consented === false, 'the page to forget');
  const known = async () => (await rows.bodies('voter')).filter((v) => v.pseudonym !== true).length;
  await until(async () => (await known()) === 1, 'the ledger to forget');
  // The check mark on Discord's notice hangs on and is read at the next start: it says nothing any more.
  await bot.kill();
  await live();
  expect(await known()).toBe(1);
  expect(discord.objections).toEqual([]);
  expect(slack.front.objections).toEqual([]);
}, 900_000);
