/** What the gateway tells, and what becomes of it when connections, sessions and order go wrong. */
import { expect, test } from 'vitest';
import type { AcclaimError } from '../../../../src/errors.js';
import { picture, sheet } from '../../../support/chat.js';
import { Gate, until } from '../../../support/wait.js';
import { makeStage, marks } from './support.js';

const one = '1\uFE0F\u20E3';
const thumb = '\u{1F44D}';
const page = 'get /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}';

async function ballot(options: Parameters<typeof makeStage>[0] = {}) {
  const stage = await makeStage(options);
  const ref = await stage.platform.post(stage.channel.id, sheet('s.1.0', await picture()));
  return { ...stage, stage, ref };
}

test('asks for three intents, none of them privileged', async () => {
  const { peer } = await makeStage();
  expect(peer.gateway.intents).toBe((1 << 0) | (1 << 9) | (1 << 10));
});

test('a mark names its person, when the account was made and when it joined', async () => {
  const { peer, events, ref } = await ballot();
  peer.world.person('ann').nick = 'Ann\u200B\u202E of Cleves';
  peer.react('ann', ref.message, one);
  await until(() => events.length === 1);
  const member = peer.world.person('ann');
  expect(events[0]).toMatchObject({
    kind: 'reaction',
    emoji: '1',
    present: true,
    account: {
      id: member.user.id,
      displayName: 'Ann of Cleves',
      joinedAt: Date.parse(member.joined_at),
      role: 'member',
    },
  });
  const [event] = events;
  if (event?.kind !== 'reaction') throw new Error('no mark');
  expect(Math.abs(event.account.bornAt! - Date.now())).toBeLessThan(5000);
  expect(Math.abs(event.at - Date.now())).toBeLessThan(5000);
});

test('folds skin tones and variants, passes over emoji that are no marks, bots and itself', async () => {
  const { peer, events, ref } = await ballot();
  peer.world.person('robot', { bot: true });
  peer.react('ann', ref.message, '\u{1F44D}\u{1F3FE}');
  peer.react('bea', ref.message, '1\u20E3');
  peer.react('cem', ref.message, '\u{1F340}');
  peer.react('robot', ref.message, thumb);
  await peer.world.setReaction(ref.message, peer.world.bot.id, one, 0, true);
  await until(() => events.length === 2);
  await peer.gateway.delivered();
  expect(marks(events)).toEqual([
    ['ann', 'like', true],
    ['bea', '1', true],
  ]);
});

test('reactions on the messages of others are nothing to us', async () => {
  const { peer, channel, events } = await ballot();
  const theirs = peer.world.message(channel, peer.world.person('ann').user, { content: 'hello' });
  peer.react('bea', theirs.id, one);
  await peer.gateway.delivered();
  expect(events).toEqual([]);
});

test('keeps the order of one person on one ballot while a mark is being written', async () => {
  const { stage, peer, events, ref } = await ballot();
  const writing = new Gate();
  stage.onEvent = async (event) => {
    if (event.kind === 'reaction' && event.present) await writing.pass();
  };
  peer.react('ann', ref.message, one);
  peer.react('ann', ref.message, one, { present: false });
  await writing.reached;
  await peer.gateway.delivered();
  expect(marks(events)).toEqual([['ann', '1', true]]);
  writing.open();
  await until(() => events.length === 2);
  expect(marks(events).map((m) => m[2])).toEqual([true, false]);
});

test('a mark that is refused ends there; a fault of ours is told', async () => {
  const { stage, peer, errors, events, ref } = await ballot();
  const { AcclaimError } = await import('../../../../src/errors.js');
  stage.onEvent = async () => {
    throw new AcclaimError('round-closed', 'closed');
  };
  peer.react('ann', ref.message, one);
  await until(() => events.length === 1);
  stage.onEvent = async () => {
    throw new Error('broken');
  };
  peer.react('bea', ref.message, one);
  await until(() => errors.length > 0);
  expect(errors.map(String)).toEqual(['Error: broken']);
});

test('super-reactions count once, and go with the last of the two', async () => {
  const { peer, platform, events, ref } = await ballot();
  peer.react('ann', ref.message, one);
  peer.react('ann', ref.message, one, { burst: true });
  peer.react('bea', ref.message, one, { burst: true });
  await until(() => events.length === 3);
  const found = await platform.fetchReactions(ref);
  expect(
    found
      .get('1')!
      .map((a) => a.displayName)
      .sort(),
  ).toEqual(['ann', 'bea']);
  // Ann still has the ordinary one, then the super one again and no ordinary one.
  const looks = peer.count(page);
  peer.react('ann', ref.message, one, { burst: true, present: false });
  await until(() => peer.answered(page) === looks + 1, 'the look whether the other is there');
  await peer.gateway.delivered();
  expect(marks(events)).toHaveLength(3);
  peer.react('ann', ref.message, one, { burst: true });
  await until(() => events.length === 4);
  peer.react('ann', ref.message, one, { present: false });
  // Ordinary, then super.
  await until(() => peer.answered(page) === looks + 3, 'the look whether the other is there');
  await peer.gateway.delivered();
  expect(events).toHaveLength(4);
  peer.react('ann', ref.message, one, { burst: true, present: false });
  await until(() => events.length === 5);
  expect(marks(events).at(-1)).toEqual([peer.world.person('ann').user.id, '1', false]);
});

test('a moderator clears all reactions, or one emoji', async () => {
  const { peer, events, ref } = await ballot();
  peer.react('ann', ref.message, one);
  peer.clear(ref.message, one);
  peer.clear(ref.message, '\u{1F340}');
  peer.clear(ref.message);
  await until(() => events.length === 3);
  expect(events.slice(1)).toMatchObject([
    { kind: 'cleared', ref, emoji: '1' },
    { kind: 'cleared', ref, emoji: null },
  ]);
});

test('a deleted ballot is told once, alone or in bulk; what we delete ourselves is no news', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  const others = await Promise.all(['b', 'c', 'd'].map((key) => platform.post(channel.id, sheet(key, null))));
  peer.delete(ref.message);
  peer.delete(others[0]!.message, others[1]!.message);
  await platform.remove(others[2]!);
  await until(() => events.length === 3);
  await peer.gateway.delivered();
  expect(events.map((e) => e.kind === 'message-gone' && e.ref.message)).toEqual([
    ref.message,
    others[0]!.message,
    others[1]!.message,
  ]);
});

test('what happened while the connection was away comes with RESUME, without a gap', async () => {
  const { peer, platform, events, ref } = await ballot();
  peer.gateway.drop(true);
  peer.react('ann', ref.message, one);
  await until(() => events.length === 1, 'the replayed mark');
  expect(peer.gateway.resumes).toBe(1);
  expect(peer.gateway.identifies).toBe(1);
  expect(marks(events)).toEqual([['ann', '1', true]]);
  expect((await platform.fetchReactions(ref)).get('1')).toHaveLength(1);
});

test('each new connection says on which servers the bot is, whatever was told before', async () => {
  const { peer, events, servers } = await makeStage();
  const server = peer.world.guild.id;
  const told = () => events.flatMap((e) => (e.kind === 'server' ? [e.present] : []));
  expect(servers).toEqual([[server]]);
  peer.gateway.send('GUILD_DELETE', { id: server });
  await until(() => told().length === 1, 'the removal');
  // Invited again while nobody listens; it is named, and its own packet never comes.
  peer.world.down = true;
  peer.gateway.drop(false);
  await until(() => servers.length === 2, 'the new connection');
  expect(servers[1]).toEqual([server]);
  peer.gateway.send('GUILD_DELETE', { id: server });
  peer.gateway.send('GUILD_CREATE', { id: server });
  await until(() => told().length === 3, 'the invitation');
  expect(told()).toEqual([false, false, true]);
});

test('removed while the bot was down: the first connection names no server', async () => {
  const { platform, servers } = await makeStage({}, ({ world }) => {
    world.invited = false;
  });
  expect([servers, await platform.servers()]).toEqual([[[]], new Set()]);
});

test('a new session after a lost one is a gap: the sweep finds what nobody told', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  peer.gateway.drop(false);
  peer.react('ann', ref.message, one, { quiet: true });
  // Somebody else's process posted meanwhile: it is found, not doubled.
  const twin = { ...peer.world.find(ref.message)!, id: peer.world.id() };
  await until(() => events.some((e) => e.kind === 'gap'), 'the gap');
  expect(events.map((e) => e.kind)).toEqual(['gap']);
  expect(peer.gateway.identifies).toBe(2);
  expect((await platform.fetchReactions(ref)).get('1')!.map((a) => a.displayName)).toEqual(['ann']);
  channel.messages.set(twin.id, twin);
  expect(await platform.post(channel.id, sheet('s.1.0', null))).toEqual(ref);
});

test('a second READY changes nothing but that ballots are read again', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  peer.gateway.readyAgain();
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({ kind: 'gap', platform: 'discord' });
  peer.react('ann', ref.message, one);
  await until(() => events.length === 2);
  expect(marks(events)).toEqual([['ann', '1', true]]);
  expect(await platform.post(channel.id, sheet('s.1.0', null))).toEqual(ref);
  expect(channel.messages.size).toBe(1);
});

test('a reaction while the bot is down is found by the sweep after it is back', async () => {
  const { stage, peer, events, ref } = await ballot();
  await stage.platform.stop();
  peer.react('ann', ref.message, one);
  const platform = await stage.again();
  expect(events).toEqual([]);
  const found = await platform.fetchReactions(ref);
  expect(found.get('1')).toMatchObject([{ displayName: 'ann', id: peer.world.person('ann').user.id }]);
});

test.each([
  [4004, 'refuses the bot token'],
  [4014, 'does not grant the bot its intents'],
  [4011, 'closed the connection for good'],
])('a connection refused with %i ends the start with a clear error', async (code, message) => {
  const refused = makeStage({}, (peer) => {
    peer.gateway.refuse = code;
  });
  await expect(refused).rejects.toMatchObject({
    code: 'token-invalid',
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/./),
  });
});

test('closed for good in the middle of a run: told once, with the reason', async () => {
  const { peer, fatal } = await ballot();
  peer.gateway.close(4004);
  await until(() => fatal.length > 0);
  await peer.gateway.delivered();
  expect(fatal).toHaveLength(1);
  expect(fatal[0]).toMatchObject({ code: 'token-invalid' });
});

test('a ballot is primed at its pace, and people vote meanwhile', async () => {
  const { peer, platform, events, ref } = await ballot({ pace: { prime: 100 } });
  const operation = 'put /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me';
  const second = peer.gates.hold(operation, 2);
  const began = Date.now();
  const priming = Promise.all(['1', '2', '3', 'none'].map((name) => platform.react(ref, name)));
  await second.reached;
  peer.react('ann', ref.message, one);
  await until(() => events.length === 1);
  expect(peer.count(operation)).toBe(2);
  second.open();
  await priming;
  const times = peer.requests.filter((r) => r.operation === operation).map((r) => r.at);
  for (const [i, time] of times.entries()) expect(time - began).toBeGreaterThanOrEqual(100 * i - 1);
  expect(marks(events)).toEqual([['ann', '1', true]]);
  expect([...(await platform.fetchReactions(ref)).values()].flat()).toHaveLength(1);
});

test('channels of one server belong together, threads with them; those of another server do not', async () => {
  const { peer, platform, channel } = await makeStage();
  const thread = peer.world.channel('votes', { type: 11, parent_id: channel.id });
  const elsewhere = peer.world.channel('roses', { guild_id: peer.world.id() });
  expect(await platform.sameServer(channel.id, thread.id)).toBe(true);
  expect(await platform.sameServer(channel.id, elsewhere.id)).toBe(false);
  expect(await platform.sameServer(channel.id, '404')).toBe(false);
});

test('a gateway that no server has is no fault of ours, however often it is tried: the line is away, and why', async () => {
  const links: (string | null)[] = [];
  const onLink = (lost: AcclaimError | null) => void links.push(lost?.message ?? null);
  const { peer, errors } = await makeStage({ onLink }, ({ gateway }) => {
    gateway.resumeAddress = 'ws://nowhere.invalid';
  });
  links.length = 0;
  peer.gateway.drop(true);
  const tries = () => links.filter((why) => /\(E(NOTFOUND|AI_AGAIN)\)/.test(why ?? ''));
  await until(() => tries().length > 1, 'the second try');
  expect(errors).toEqual([]);
});
