/**
 * Every fault of Slack's that a round has to survive, one after the other in the same round, under the real
 * `acclaim start` with the real Bolt: after each the ledger is what hangs on Slack, each sheet hangs once,
 * and at the close it is so still. Forged and stale signatures, which only HTTP has, are in
 * start-slack.test.ts.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { defaultPatience } from '../../bot/effects/patience.js';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { Ledger } from '../support/ledger.js';
import { appToken, botToken, type Message, type Name, Peer } from '../support/slack-peer/peer.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const names: Record<string, string> = { one: '1', two: '2', no_entry_sign: 'none' };

let peer: Peer;
let started: Started;
let ledger: Ledger;
let channel: string;

const ballots = async () =>
  (await peer.shown(channel)).filter((m: Message) => JSON.stringify(m.blocks ?? []).includes('"Flag"'));
const at = async (sheet: number) => (await ballots())[sheet]!.ts;

/** `message emoji voter` of what hangs on the ballots, the bot left out. */
async function hanging(): Promise<string[]> {
  const marks = new Set<string>();
  for (const { ts, reactions = [] } of await ballots())
    for (const { name, users } of reactions)
      for (const user of users)
        if (user !== peer.bot) marks.add(`${ts} ${names[name.replace(/::.*/, '')]} ${ledger.key(user)}`);
  return [...marks].sort();
}

const agreed = (what: string) => ledger.agrees(what, hanging, async () => (await ballots()).map((m) => m.ts));

const say = async (who: Name, text: string, wanted: string) => {
  const asked = await peer.command(who, channel, text);
  await until(() => JSON.stringify(asked.answers).includes(wanted), `${wanted}, to ${text}`);
};
const sessionState = async () => (await started.bodies('session'))[0]!.state;

beforeAll(async () => {
  peer = await Peer.start(scopes);
  const patience = { ...defaultPatience, mostMs: 100 };
  const settings = [
    `slack.botToken=${botToken}`,
    `slack.appToken=${appToken}`,
    `slack.api=${peer.api}`,
    `slack.roles.moderators=[S0MODS, ${peer.id('mod')}]`,
    'votes.quorum=999',
  ];
  started = new Started(settings, undefined, { patience });
  ledger = new Ledger(started, 'slack');
  channel = await peer.channel('roses');
  await started.start();
  await say('ann', 'session start a black cat', 'Session opened');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  const primed = (m: Message) => m.reactions?.some((r) => r.name === 'no_entry_sign') === true;
  await until(async () => (await ballots()).every(primed), 'the priming');
  const notice = (await peer.shown(channel)).find((m) =>
    JSON.stringify(m.blocks ?? []).includes('"I agree"'),
  )!;
  for (const name of ['ann', 'bea', 'cem', 'eve', 'dan'] as const)
    await peer.press(name, channel, notice.ts, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 5, 'consent');
  await peer.react('ann', channel, await at(0), 'one');
  await peer.react('bea', channel, await at(1), 'no_entry_sign');
  await agreed('two votes');
});

afterAll(async () => {
  await peer.stop();
  await started.remove();
  await Peer.end();
});

/** The ballot is posted anew, whatever meets the post. */
async function postedAgain(sheet: number): Promise<void> {
  const gone = await at(sheet);
  await peer.delete(channel, gone);
  const shown = async () => (await ballots()).map((m) => m.ts);
  await until(async () => (await shown()).length === 2 && !(await shown()).includes(gone), 'the new post');
  const primed = (m: Message) => m.reactions?.some((r) => r.name === 'no_entry_sign') === true;
  await until(async () => (await ballots()).every(primed), 'the priming');
}

const faults: [string, () => Promise<unknown>][] = [
  [
    'an event that comes three times, and a late repetition of one that no longer holds',
    async () => {
      const ts = await at(0);
      await peer.set('cem', channel, ts, 'two');
      const added = peer.reaction('cem', channel, ts, 'two');
      for (const id of ['Ev1', 'Ev1', 'Ev2']) await peer.tell(added, id);
      await agreed('repetitions');
      await peer.react('cem', channel, ts, 'two', false);
      await peer.tell(added, 'Ev1');
    },
  ],
  [
    'a removal that overtakes its addition',
    async () => {
      const ts = await at(0);
      const added = peer.reaction('bea', channel, ts, 'one');
      const removed = peer.reaction('bea', channel, ts, 'one', false);
      await peer.tell(removed);
      await peer.tell(added);
    },
  ],
  ['a reaction in a skin tone', async () => peer.react('cem', channel, await at(0), 'one::skin-tone-3')],
  [
    'a deleted ballot whose new post and priming meet 429s',
    async () => {
      peer.front.faults.inject({
        method: 'chat.postMessage',
        times: 2,
        status: 429,
        headers: { 'retry-after': '0' },
      });
      peer.front.faults.inject({ method: 'reactions.add', times: 2, status: 429, headers: {} });
      await postedAgain(0);
      await peer.react('ann', channel, await at(1), 'two');
    },
  ],
  [
    'a deleted ballot whose picture Slack takes its time with',
    async () => {
      peer.front.fileLooks = 3;
      await postedAgain(0);
      peer.front.fileLooks = 0;
      await peer.react('bea', channel, await at(0), 'one');
    },
  ],
  [
    'a disconnect frame: what was set meanwhile is found',
    async () => {
      const opened = peer.sockets.opened;
      await peer.set('cem', channel, await at(1), 'two');
      peer.sockets.disconnect();
      await until(() => peer.sockets.opened > opened, 'the connection');
    },
  ],
  [
    'a connection that breaks without a word',
    async () => {
      const opened = peer.sockets.opened;
      peer.sockets.drop();
      await peer.set('cem', channel, await at(1), 'two', false);
      await until(() => peer.sockets.opened > opened, 'the connection');
    },
  ],
  [
    'the bot is removed from the channel, and invited again',
    async () => {
      const canPost = async () => (await started.bodies('binding'))[0]!.canPost;
      peer.front.removedFrom.add(channel);
      await peer.tell({ type: 'channel_left', channel, event_ts: peer.now() });
      await until(async () => (await canPost()) === false, 'the lost channel');
      await peer.set('ann', channel, await at(0), 'two');
      peer.front.removedFrom.delete(channel);
      await peer.tell({ type: 'member_joined_channel', user: peer.bot, channel, event_ts: peer.now() });
      await until(async () => (await canPost()) === true, 'the channel');
      // Nobody tells of what was set meanwhile: the next look finds it.
      peer.sockets.disconnect();
    },
  ],
  [
    'a guest votes, and a person whose account is deleted is still on a ballot',
    async () => {
      peer.front.people.set(peer.id('eve'), { is_restricted: true });
      await peer.react('eve', channel, await at(0), 'one');
      await peer.react('dan', channel, await at(1), 'one');
      peer.front.people.set(peer.id('dan'), null);
      await agreed('their votes');
      peer.sockets.disconnect();
    },
  ],
  [
    'a plan without user groups: nobody is a moderator by one, and the listed one still is',
    async () => {
      peer.front.paidPlan = false;
      await say('cem', 'session pause', 'Not allowed');
      await say('mod', 'session pause', 'Paused');
      await say('mod', 'session resume', 'Resumed');
    },
  ],
];

test.each(faults)('%s', async (name, inject) => {
  await inject();
  await agreed(name);
  expect(await sessionState()).toBe('active');
});

test('at the close the ledger is what hangs there', async () => {
  await peer.set('ann', channel, await at(0), 'two', false);
  await peer.set('ann', channel, await at(0), 'no_entry_sign');
  const before = await hanging();
  // A word that no table has is no refusal, however often it is said.
  const posts = peer.front.count('chat.postMessage');
  peer.front.faults.inject({ method: 'chat.postMessage', times: 10, error: 'team_added_to_org' });
  await say('mod', 'round close', 'Closed');
  await until(async () => (await started.bodies('round'))[0]!.outcome !== null, 'the close');
  expect(await ledger.standing()).toEqual(before);
  expect(await ledger.wrongSheets()).toEqual([]);
  const said = async (words: string) =>
    (await peer.shown(channel)).filter((m) => JSON.stringify(m.blocks).includes(words)).length;
  await until(async () => (await said('Round 1: ')) > 0, 'the outcome');
  await until(async () => (await said('Closed: ')) === 2, 'the end on both sheets');
  expect(peer.front.count('chat.postMessage')).toBeGreaterThan(posts + 10);
  expect(await sessionState()).toBe('active');
  expect(peer.front.objections).toEqual([]);
});
