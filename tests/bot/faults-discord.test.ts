/**
 * Every fault of Discord's that a round has to survive, one after the other in the same round, under the real
 * `acclaim start` with the real discord.js: after each the ledger is what hangs on Discord, each sheet hangs
 * once, and at the close it is so still.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { defaultPatience } from '../../bot/effects/patience.js';
import { Peer, peerToken } from '../support/discord-peer/peer.js';
import type { Channel, Message } from '../support/discord-peer/world.js';
import { Ledger } from '../support/ledger.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const names: Record<string, string> = { '1\uFE0F\u20E3': '1', '2\uFE0F\u20E3': '2', '\u{1F6AB}': 'none' };
const [one, two, none] = Object.keys(names) as [string, string, string];
const check = '\u2705';
const page = 'get /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}';
const guilds = 'get /users/@me/guilds';
const create = 'post /channels/{channel_id}/messages';
/**
 * View Channel, Send Messages (in threads), Embed Links, Attach Files, Add Reactions, Read Message History.
 */
const needed = 0x400n | 0x800n | (1n << 38n) | 0x4000n | 0x8000n | 0x40n | 0x10000n;
const crowd = Array.from({ length: 120 }, (_, i) => `voter${i}`);

let peer: Peer;
let started: Started;
let ledger: Ledger;
let channel: Channel;

const labels = (m: Message) => m.components.flatMap((row) => row.components).map((c) => c.label);
const ballots = () => peer.shown(channel).filter((m) => labels(m).includes('Flag'));
const notice = () => peer.shown(channel).find((m) => labels(m).includes('I agree'))!;

/** `message emoji voter` of what hangs on the ballots, the bot and other bots left out. */
async function hanging(): Promise<string[]> {
  const marks = new Set<string>();
  for (const { state, message } of await ledger.ballots())
    if (state !== 'gone')
      for (const [glyph, [ordinary, burst]] of peer.world.reactions.get(message ?? '') ?? [])
        for (const user of [...ordinary, ...burst])
          if (user !== peer.world.bot.id) marks.add(`${message} ${names[glyph]} ${ledger.key(user)}`);
  return [...marks].sort();
}

const agreed = (what: string) =>
  ledger.agrees(what, hanging, async () =>
    [...peer.world.channels.values()]
      .flatMap((one) => peer.shown(one))
      .filter((m) => labels(m).includes('Flag'))
      .map((m) => m.id),
  );

const mod = async (words: string[]) => {
  const asked = peer.command('mod', channel, words);
  await until(() => asked.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
  return asked.answer!.embeds[0]!.title;
};
const sessionState = async () => (await started.bodies('session'))[0]!.state;

beforeAll(async () => {
  peer = await Peer.start();
  // Many tries take no longer than one: what lasts must not hang on how often it is tried.
  const patience = { ...defaultPatience, mostMs: 100 };
  const settings = [`discord.token=${peerToken}`, `discord.api=${peer.url}`, 'votes.quorum=999'];
  started = new Started(settings, undefined, { patience });
  ledger = new Ledger(started, 'discord');
  channel = peer.world.channel('roses');
  peer.world.person('mod', { permissions: 0x2000n });
  await started.start();
  peer.command('ann', channel, ['acclaim', 'session', 'start'], { prompt: 'a black cat' });
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  await until(() => ballots().every((m) => peer.world.reactions.get(m.id)?.has(none)), 'the priming');
  for (const name of ['ann', 'bea', 'cem', ...crowd]) peer.react(name, notice().id, check);
  await until(async () => (await started.bodies('voter')).length === 123, 'consent');
  peer.react('ann', ballots()[0]!.id, one);
  peer.react('bea', ballots()[1]!.id, none);
  await agreed('two votes');
});

afterAll(async () => {
  await peer.stop();
  await started.remove();
});

/** The connection breaks, and Discord starts a new session: what is set meanwhile nobody tells. */
async function gap(meanwhile: () => void): Promise<void> {
  const before = peer.gateway.identifies;
  peer.gateway.drop(false);
  meanwhile();
  await until(() => peer.gateway.identifies > before, 'the connection');
}

const quiet = { quiet: true };
const [a, b] = [0, 1];
const at = (sheet: number) => ballots()[sheet]!.id;

const faults: [string, () => Promise<unknown> | unknown][] = [
  [
    'one 401 while ballots are read again',
    () => {
      peer.fault({ operation: page, status: 401, body: { message: '401: Unauthorized', code: 0 } });
      return gap(() => peer.react('cem', at(a), two, quiet));
    },
  ],
  [
    'a 429 with a wrong header while ballots are read again',
    () => {
      const headers = { 'retry-after': 'soon', 'x-ratelimit-reset-after': 'later' };
      const body = { message: 'slow', retry_after: 0.05, global: false };
      peer.fault({ operation: page, times: 2, status: 429, headers, body });
      return gap(() => peer.react('cem', at(a), two, { present: false, quiet: true }));
    },
  ],
  [
    'a super-reaction beside an ordinary one, each taken back',
    async () => {
      peer.react('cem', at(a), one);
      peer.react('cem', at(a), one, { burst: true });
      peer.react('ann', at(b), one, { burst: true });
      await agreed('super-reactions');
      peer.react('cem', at(a), one, { present: false });
    },
  ],
  [
    'reactions while the bot is down',
    async () => {
      await started.stop();
      peer.react('ann', at(a), one, { present: false });
      peer.react('ann', at(b), two);
      await started.start();
    },
  ],
  [
    'all reactions cleared by a moderator: withdrawn, primed again, voted anew',
    async () => {
      peer.clear(at(a));
      await until(() => peer.world.reactions.get(at(a))?.has(none) === true, 'the priming');
      await agreed('the clearing');
      peer.react('bea', at(a), two);
    },
  ],
  [
    'a ballot deleted while it is open, its new post met by a 429 with no header',
    async () => {
      const gone = at(a);
      const body = { message: 'slow', retry_after: 0.05, global: false };
      peer.fault({ operation: create, status: 429, body });
      peer.delete(gone);
      await until(() => ballots().length === 2 && at(b) !== gone, 'the new post');
      // What was voted on the old one stands.
      const [old] = (await ledger.ballots()).filter((row) => row.message === gone);
      const kept = (await started.facts()).filter((fact) => fact.ballot === old!.id);
      expect(kept.at(-1)).toMatchObject({ emoji: '2', present: 1 });
    },
  ],
  [
    'more than a hundred voters, one of whom takes the mark back while pages are read',
    async () => {
      const second = peer.gates.hold(page, 2);
      const reading = gap(() => {
        for (const name of crowd) peer.react(name, at(a), one, quiet);
      });
      await second.reached;
      peer.react('voter3', at(a), one, { present: false, quiet: true });
      second.open();
      await reading;
      // Nobody told of that one: the next look sees it.
      peer.gateway.readyAgain();
    },
  ],
  [
    'no answer to anything for many tries, with a gap in it',
    async () => {
      const before = peer.count(guilds);
      peer.outage = 503;
      await gap(() => peer.react('cem', at(b), two, quiet));
      await until(() => peer.count(guilds) > before + 60, 'many tries');
      peer.outage = null;
    },
  ],
  ['a second READY', () => peer.gateway.readyAgain()],
  [
    'a lost connection that is resumed',
    () => {
      peer.gateway.drop(true);
      peer.react('voter4', at(a), one, { present: false });
    },
  ],
  [
    'an acknowledgement that came after 3 s: the act is not done',
    async () => {
      const callback = 'post /interactions/{interaction_id}/{interaction_token}/callback';
      const before = peer.answered(callback);
      peer.interactions.patience = -1;
      peer.command('mod', channel, ['acclaim-mod', 'session', 'pause']);
      await until(() => peer.answered(callback) > before, 'the acknowledgement that came too late');
      peer.interactions.patience = 3000;
      expect(await mod(['acclaim', 'session', 'status'])).toBeDefined();
      expect(await sessionState()).toBe('active');
    },
  ],
  [
    'a token that expired before the answer: the act is done, and only its answer is lost',
    async () => {
      const asked = peer.command('mod', channel, ['acclaim-mod', 'session', 'pause']);
      asked.expired = true;
      await until(async () => (await sessionState()) === 'paused', 'the pause');
      expect(await mod(['acclaim-mod', 'session', 'resume'])).toBe('Resumed');
    },
  ],
  [
    'the right to write is lost in the middle, and given back',
    async () => {
      peer.world.botRoles = [peer.world.role('acclaim', needed).id];
      const deny = [{ id: peer.world.guild.id, type: 0, allow: '0', deny: String(0x800n) }];
      channel.may.send = false;
      peer.update(channel, { permission_overwrites: deny });
      // A post is what meets it: of the story, for one.
      peer.command('mod', channel, ['acclaim', 'session', 'story']);
      const canPost = async () => (await started.bodies('binding'))[0]!.canPost;
      await until(async () => (await canPost()) === false, 'the lost channel');
      peer.react('cem', at(b), two);
      await agreed('a vote meanwhile');
      channel.may.send = true;
      peer.update(channel, { permission_overwrites: [] });
      await until(async () => (await canPost()) === true, 'the channel');
      if ((await sessionState()) === 'paused') await mod(['acclaim-mod', 'session', 'resume']);
    },
  ],
];

test.each(faults)('%s', async (name, inject) => {
  await inject();
  await agreed(name);
  expect(await sessionState()).toBe('active');
});

test('a thread that is archived in the middle is opened again for what must be said there', async () => {
  const thread = peer.world.channel('votes', { type: 11, parent_id: channel.id });
  peer.command('ann', thread, ['acclaim', 'session', 'start'], { prompt: 'a red rose', rounds: 1 });
  const sheets = () => peer.shown(thread).filter((m) => labels(m).includes('Flag'));
  const primed = (m: Message) => peer.world.reactions.get(m.id)?.has(none) === true;
  await until(() => sheets().length === 2 && sheets().every(primed), 'the priming', 120_000);
  peer.react('ann', sheets()[0]!.id, one);
  await agreed('a vote in the thread');
  thread.archived = true;
  peer.command('mod', thread, ['acclaim-mod', 'round', 'close']);
  const closed = () => peer.shown(thread).filter((m) => m.content.includes('Closed'));
  await until(() => closed().length === 2, 'the outcome on both sheets', 120_000);
  expect(thread.archived).toBe(false);
  expect(await ledger.standing()).toEqual(await hanging());
});

test('at the close the ledger is what hangs there, and the channel may then go', async () => {
  // The closing look at the ballots finds what nobody told.
  peer.react('cem', at(b), two, { present: false, quiet: true });
  peer.react('cem', at(b), one, quiet);
  // No post is taken for many tries.
  const posts = peer.count(create);
  peer.fault({ operation: create, times: 60, status: 503 });
  expect(await mod(['acclaim-mod', 'round', 'close'])).toBe('Closed');
  await until(async () => (await started.bodies('round'))[0]!.outcome !== null, 'the close');
  expect(await ledger.standing()).toEqual(await hanging());
  expect(await ledger.wrongSheets()).toEqual([]);
  const said = (words: string) => peer.shown(channel).filter((m) => JSON.stringify(m).includes(words));
  await until(() => said('Round 1: ').length > 0, 'the outcome');
  await until(() => said('Closed: ').length === 2, 'the end on both sheets');
  expect(peer.count(create)).toBeGreaterThan(posts + 60);
  expect(await sessionState()).toBe('active');
  const voters = new Set((await hanging()).map((mark) => mark.split(' ').at(-1)));
  // Bea's vote on the sheet that was deleted counts as well.
  expect((await started.bodies('round'))[0]!.outcome).toMatchObject({ voters: voters.size });
  peer.update(channel, { gone: true });
  await until(async () => (await started.bodies('binding'))[0]!.canPost === false, 'the lost channel');
  expect(peer.objections).toEqual([]);
});
