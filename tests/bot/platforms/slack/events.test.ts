/**
 * What Slack tells, and what becomes of it when it is told twice, late, in a wrong order, or by somebody
 * else.
 */
import { expect, test } from 'vitest';
import { AcclaimError } from '../../../../src/errors.js';
import { picture, sheet } from '../../../support/chat.js';
import { Gate } from '../../../support/wait.js';
import { makeStage, marks } from './support.js';

async function ballot(options: Parameters<typeof makeStage>[0] = {}) {
  const stage = await makeStage(options);
  const ref = await stage.platform.post(stage.channel, sheet('s.1.0', await picture()));
  return { ...stage, stage, ref };
}

const notice = (key: string) =>
  sheet(key, null, {
    kind: 'notice',
    title: 'May I count your votes?',
    reactions: ['done'],
    buttons: [
      { id: 'consent', label: 'I agree' },
      { id: 'withdraw', label: 'Withdraw' },
    ],
  });

test('an event that Slack sends again is one event', async () => {
  const { peer, channel, events, ref } = await ballot();
  const told = peer.reaction('ann', channel, ref.message, 'one');
  expect(await peer.tell(told, 'Ev1')).toBe(200);
  expect(await peer.tell(told, 'Ev1', { headers: { 'x-slack-retry-num': '1' } })).toBe(200);
  expect(marks(events)).toEqual([[peer.id('ann'), '1', true]]);
});

test('a repetition that comes while the first is being kept waits for it', async () => {
  const { stage, peer, channel, events, ref } = await ballot();
  const keeping = new Gate();
  stage.onEvent = () => keeping.pass();
  const told = peer.reaction('ann', channel, ref.message, 'one');
  const answered: string[] = [];
  const first = peer.tell(told, 'Ev1').then(() => answered.push('first'));
  await keeping.reached;
  const again = peer.tell(told, 'Ev1').then(() => answered.push('again'));
  // Something else comes through meanwhile.
  await peer.tell({ type: 'message', channel, text: 'talk', ts: peer.now() });
  expect(answered).toEqual([]);
  keeping.open();
  await Promise.all([first, again]);
  expect(events).toHaveLength(1);
});

test('an event that could not be kept is refused, and taken when Slack sends it again', async () => {
  const { stage, peer, channel, events, errors, ref } = await ballot();
  stage.onEvent = async () => {
    throw new Error('disk');
  };
  const told = peer.reaction('ann', channel, ref.message, 'one');
  expect(await peer.tell(told, 'Ev1')).toBe(500);
  expect(errors.map(String)).toEqual(['Error: disk']);
  stage.onEvent = async () => {};
  expect(await peer.tell(told, 'Ev1', { headers: { 'x-slack-retry-num': '1' } })).toBe(200);
  expect(events).toHaveLength(2);
});

test('Slack is answered when the mark is kept, not before', async () => {
  const { stage, peer, channel, ref } = await ballot();
  const keeping = new Gate();
  stage.onEvent = () => keeping.pass();
  let answered = false;
  const telling = peer.tell(peer.reaction('ann', channel, ref.message, 'one')).then((status) => {
    answered = true;
    return status;
  });
  await keeping.reached;
  await peer.tell({ type: 'message', channel, text: 'talk', ts: peer.now() });
  expect(answered).toBe(false);
  keeping.open();
  expect(await telling).toBe(200);
});

test('a removal that overtakes its addition: the newer word stands', async () => {
  const { peer, channel, events, ref } = await ballot();
  const added = peer.reaction('ann', channel, ref.message, 'two');
  const removed = peer.reaction('ann', channel, ref.message, 'two', false);
  await peer.tell(removed);
  await peer.tell(added);
  expect(marks(events)).toEqual([[peer.id('ann'), '2', false]]);
  await peer.tell(peer.reaction('ann', channel, ref.message, 'two'));
  expect(marks(events).at(-1)).toEqual([peer.id('ann'), '2', true]);
});

test('the order of events is kept to the last digit of their time', async () => {
  const { peer, channel, events, ref } = await ballot();
  const at = (event_ts: string, present: boolean) => ({
    ...peer.reaction('ann', channel, ref.message, 'two', present),
    event_ts,
  });
  // As numbers these are equal.
  await peer.tell(at('1700000000.123456790', false));
  await peer.tell(at('1700000000.123456789', true));
  expect(marks(events)).toEqual([[peer.id('ann'), '2', false]]);
});

test('keeps the order of one person on one ballot while a mark is being written', async () => {
  const { stage, peer, channel, events, ref } = await ballot();
  const writing = new Gate();
  stage.onEvent = async (event) => {
    if (event.kind === 'reaction' && event.present) await writing.pass();
  };
  const first = peer.tell(peer.reaction('ann', channel, ref.message, 'one'));
  await writing.reached;
  const second = peer.tell(peer.reaction('ann', channel, ref.message, 'one', false));
  await peer.tell({ type: 'message', channel, text: 'talk', ts: peer.now() });
  expect(marks(events)).toHaveLength(1);
  writing.open();
  await Promise.all([first, second]);
  expect(marks(events).map((m) => m[2])).toEqual([true, false]);
});

test('folds skin tones and older names, passes over emoji that are no marks, and itself', async () => {
  const { peer, channel, events, ref } = await ballot();
  await peer.react('ann', channel, ref.message, '+1::skin-tone-4');
  await peer.react('bea', channel, ref.message, 'thumbsdown');
  await peer.react('cem', channel, ref.message, 'four_leaf_clover');
  await peer.tell({ ...peer.reaction('ann', channel, ref.message, 'one'), user: peer.bot });
  expect(marks(events)).toEqual([
    [peer.id('ann'), 'like', true],
    [peer.id('bea'), 'dislike', true],
  ]);
});

test('a mark in two colours is withdrawn with the last of them', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  await peer.react('ann', channel, ref.message, '+1');
  await peer.react('ann', channel, ref.message, '+1::skin-tone-2');
  expect([...(await platform.fetchReactions(ref)).get('like')!].map((a) => a.id)).toEqual([peer.id('ann')]);
  await peer.react('ann', channel, ref.message, '+1::skin-tone-2', false);
  expect(marks(events).map((m) => m[2])).toEqual([true, true]);
  await peer.react('ann', channel, ref.message, '+1', false);
  expect(marks(events).map((m) => m[2])).toEqual([true, true, false]);
});

test("reactions on others' messages and on files are nothing to us", async () => {
  const { peer, channel, events } = await ballot();
  const theirs = await peer.say('ann', channel, 'hello');
  await peer.tell({ ...peer.reaction('bea', channel, theirs, 'one'), item_user: peer.id('ann') });
  await peer.tell({ ...peer.reaction('bea', channel, theirs, 'one'), item: { type: 'file', file: 'F1' } });
  expect(events).toEqual([]);
});

test('a mark that is refused ends there', async () => {
  const { stage, peer, channel, errors, ref } = await ballot();
  stage.onEvent = async () => {
    throw new AcclaimError('round-closed', 'closed');
  };
  expect(await peer.tell(peer.reaction('ann', channel, ref.message, 'one'))).toBe(200);
  expect(errors).toEqual([]);
});

test('what was set while the bot was away is found by reading the ballot again', async () => {
  const { stage, peer, channel, events, ref } = await ballot();
  await stage.platform.stop();
  for (const name of ['ann', 'bea', 'cem', 'dan'] as const)
    await peer.set(name, channel, ref.message, 'three');
  await peer.set('ann', channel, ref.message, 'three', false);
  const platform = await stage.again();
  await platform.react(ref, '3');
  const found = (await platform.fetchReactions(ref)).get('3')!.map((a) => a.id);
  // The peer names only two people to who does not ask for all.
  expect(found.sort()).toEqual([peer.id('bea'), peer.id('cem'), peer.id('dan')].sort());
  expect(events).toEqual([]);
});

test('a check mark on the notice is consent, also on one that an earlier process posted long ago', async () => {
  const { stage, peer, channel, events } = await ballot();
  const ref = await stage.platform.post(channel, notice('n'));
  await peer.react('ann', channel, ref.message, 'white_check_mark');
  await peer.react('ann', channel, ref.message, 'one');
  await peer.react('robot', channel, ref.message, 'white_check_mark');
  expect(events).toMatchObject([
    { kind: 'consent', channel, given: true, account: { id: peer.id('ann'), displayName: 'ann' } },
  ]);
  await stage.again({ pace: { history: 1 } });
  await peer.react('bea', channel, ref.message, 'white_check_mark');
  await peer.react('ann', channel, ref.message, 'white_check_mark', false);
  expect(events.slice(1)).toMatchObject([
    { kind: 'consent', given: true, account: { id: peer.id('bea') } },
    { kind: 'consent', given: false, account: { id: peer.id('ann') } },
  ]);
});

test('someone whose account is gone brings nothing down', async () => {
  const { peer, platform, channel, events, errors } = await ballot();
  const ref = await platform.post(channel, notice('n'));
  peer.front.people.set(peer.id('eve'), null);
  await peer.react('eve', channel, ref.message, 'white_check_mark');
  expect(events).toMatchObject([{ kind: 'consent', account: { id: peer.id('eve'), role: 'member' } }]);
  expect(errors).toEqual([]);
});

test('a ballot that somebody deleted is told; one that we took down is not', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  const other = await platform.post(channel, sheet('s.1.1', null));
  await platform.remove(other);
  await peer.tell({ type: 'message', subtype: 'message_deleted', channel, deleted_ts: other.message });
  await peer.tell({ type: 'message', channel, user: peer.id('ann'), text: 'just talk', ts: peer.now() });
  expect(events).toEqual([]);
  await peer.delete(channel, ref.message);
  expect(events).toMatchObject([{ kind: 'message-gone', ref }]);
  // Then it may be posted anew.
  expect(await platform.post(channel, sheet('s.1.0', null))).not.toEqual(ref);
});

test.each([
  ['channel_left', false],
  ['group_left', false],
  ['channel_deleted', false],
  ['channel_archive', false],
  ['channel_unarchive', true],
])('%s is told', async (type, canPost) => {
  const { peer, channel, events } = await makeStage();
  await peer.tell({ type, channel, event_ts: peer.now() });
  expect(events).toMatchObject([{ kind: 'channel', platform: 'slack', channel, canPost, nsfw: false }]);
});

test('being invited again is told, somebody else joining is not', async () => {
  const { peer, channel, events } = await makeStage();
  await peer.tell({ type: 'member_joined_channel', user: peer.id('ann'), channel, event_ts: peer.now() });
  await peer.tell({ type: 'member_joined_channel', user: peer.bot, channel, event_ts: peer.now() });
  expect(events).toMatchObject([{ kind: 'channel', channel, canPost: true }]);
});

test('a forged event is refused and told to nobody', async () => {
  const { peer, channel, events, ref } = await ballot();
  const told = peer.reaction('ann', channel, ref.message, 'one');
  expect(await peer.tell(told, 'Ev1', { secret: 'guessed' })).toBe(401);
  expect(await peer.tell(told, 'Ev1', { headers: { 'x-slack-signature': 'v0=00' } })).toBe(401);
  expect(await peer.tell(told, 'Ev1', { headers: { 'x-slack-signature': '' } })).toBe(401);
  expect(events).toEqual([]);
  expect(await peer.tell(told, 'Ev1')).toBe(200);
});

test('a true signature of more than five minutes ago is refused', async () => {
  const { peer, channel, events, ref } = await ballot();
  const told = peer.reaction('ann', channel, ref.message, 'one');
  const time = Math.floor(Date.now() / 1000);
  expect(await peer.tell(told, 'Ev1', { time: time - 301 })).toBe(401);
  expect(events).toEqual([]);
  expect(await peer.tell(told, 'Ev1', { time: time - 240 })).toBe(200);
});

test('a true signature of more than five minutes ahead is refused', async () => {
  const { peer, channel, events, errors, ref } = await ballot();
  const told = peer.reaction('ann', channel, ref.message, 'one');
  const time = Math.floor(Date.now() / 1000);
  expect(await peer.tell(told, 'Ev1', { time: time + 310 })).toBe(401);
  expect(await peer.tell(told, 'Ev1', { time: time + 86_400 })).toBe(401);
  expect(events).toEqual([]);
  expect(String(errors[0])).toContain('five minutes ahead');
  expect(await peer.tell(told, 'Ev1', { time: time + 240 })).toBe(200);
  expect(events).toHaveLength(1);
});

test('events that Slack dropped for their number are a gap', async () => {
  const { peer, channel, events } = await makeStage();
  await peer.limited({ secret: 'guessed' });
  await peer.tell({ type: 'message', channel, text: 'say "app_rate_limited"', ts: peer.now() });
  expect(events).toEqual([]);
  await peer.limited();
  expect(events).toMatchObject([{ kind: 'gap', platform: 'slack' }]);
});

test("other people's tokens may go; with the bot's own it ends with a word", async () => {
  const { peer, fatal } = await makeStage();
  await peer.tell({ type: 'tokens_revoked', tokens: { oauth: [peer.id('ann')], bot: [] } });
  expect(fatal).toEqual([]);
  await peer.tell({ type: 'tokens_revoked', tokens: { oauth: [], bot: [peer.bot] } });
  expect(fatal).toMatchObject([{ code: 'token-invalid' }]);
});

test('an app that is taken off the workspace ends with a word', async () => {
  const { peer, platform, channel, fatal } = await makeStage();
  await peer.tell({ type: 'app_uninstalled', event_ts: peer.now() });
  expect(fatal).toMatchObject([{ code: 'token-invalid' }]);
  await expect(platform.post(channel, sheet('b', null))).rejects.toThrow();
});
