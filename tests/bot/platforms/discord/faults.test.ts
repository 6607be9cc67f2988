/** What Discord's REST answers when things go wrong, and that nothing is lost, doubled or hidden by it. */
import { expect, test } from 'vitest';
import { picture, sheet } from '../../../support/chat.js';
import { until } from '../../../support/wait.js';
import { makeStage } from './support.js';

const one = '1\uFE0F\u20E3';
const create = 'post /channels/{channel_id}/messages';
const edit = 'patch /channels/{channel_id}/messages/{message_id}';
const react = 'put /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me';
const page = 'get /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}';
const unauthorized = { status: 401, body: { message: '401: Unauthorized', code: 0 } };
const minutes = 60_000;
const member = 'get /guilds/{guild_id}/members/{user_id}';
/**
 * View Channel, Send Messages (in threads), Embed Links, Attach Files, Add Reactions, Read Message History.
 */
const needed = 0x400n | 0x800n | (1n << 38n) | 0x4000n | 0x8000n | 0x40n | 0x10000n;

async function ballot(options: Parameters<typeof makeStage>[0] = {}) {
  const stage = await makeStage(options);
  const ref = await stage.platform.post(stage.channel.id, sheet('s.1.0', await picture()));
  return { ...stage, stage, ref };
}

test('one 401 costs nothing: the token is set again', async () => {
  const { peer, platform, channel, fatal } = await ballot();
  peer.fault({ operation: create, ...unauthorized });
  await platform.post(channel.id, sheet('b', null));
  await platform.post(channel.id, sheet('c', null));
  expect(channel.messages.size).toBe(3);
  expect(fatal).toEqual([]);
});

test('a revoked token is told once, and every later call says so without asking Discord', async () => {
  const { peer, platform, channel, fatal } = await ballot();
  peer.tokenValid = false;
  await expect(platform.post(channel.id, sheet('b', null))).rejects.toMatchObject({ code: 'token-invalid' });
  expect(fatal).toHaveLength(1);
  expect(fatal[0]!.hint).toContain('DISCORD_TOKEN');
  const asked = peer.requests.length;
  await expect(
    platform.fetchReactions({ platform: 'discord', channel: '1', message: '2' }),
  ).rejects.toThrow();
  expect(peer.requests).toHaveLength(asked);
});

test('a wrong token at the start is a clear error', async () => {
  await expect(makeStage({ token: 'MTIz.other.token' })).rejects.toMatchObject({
    code: 'token-invalid',
    message: 'Discord refuses the bot token',
  });
});

test.each([
  ['no header at all', {}],
  ['words for a number', { 'retry-after': 'soon', 'x-ratelimit-reset-after': 'later' }],
  ['seconds of long ago', { 'retry-after': '-3', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '12' }],
])('a 429 with %s is waited out', async (_, headers) => {
  const { peer, platform, channel } = await makeStage();
  peer.fault({
    operation: create,
    status: 429,
    headers,
    body: { message: 'slow', retry_after: 0.05, global: false },
  });
  await platform.post(channel.id, sheet('b', null));
  expect(channel.messages.size).toBe(1);
});

test('requests are told to who counts them, each by how it was answered', async () => {
  const told: string[] = [];
  const { peer, platform, channel } = await makeStage({ onRequest: (outcome) => told.push(outcome) });
  const count = (outcome: string) => told.filter((one) => one === outcome).length;
  expect([told.length, count('ok')]).toEqual([peer.requests.length, peer.requests.length]);
  const headers = { 'retry-after': '0.05' };
  peer.fault({
    operation: create,
    times: 2,
    status: 429,
    headers,
    body: { message: 'slow', retry_after: 0.05 },
  });
  await platform.post(channel.id, sheet('b', null));
  expect([told.length, count('limited')]).toEqual([peer.requests.length, 2]);
  const gone = { platform: 'discord', channel: channel.id, message: '1' } as const;
  await expect(platform.fetchReactions(gone)).rejects.toThrow();
  expect(count('refused')).toBeGreaterThan(0);
  expect(told.length).toBe(peer.requests.length);
  expect(platform.trouble()).toBeNull();
  await platform.stop();
  expect(platform.trouble()).toBe('not connected');
});

test('a 429 while priming delays the rest and loses none', async () => {
  const { peer, platform, ref } = await ballot();
  peer.fault({
    operation: react,
    times: 2,
    status: 429,
    headers: { 'retry-after': '0.05' },
    body: { message: 'slow', retry_after: 0.05, global: false },
  });
  for (const name of ['1', '2', '3', 'none']) await platform.react(ref, name);
  expect([...peer.world.reactions.get(ref.message)!.keys()]).toEqual([
    one,
    '2\uFE0F\u20E3',
    '3\uFE0F\u20E3',
    '\u{1F6AB}',
  ]);
});

test('a post whose answer was lost is not sent twice: the nonce holds', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.fault({ operation: create, times: 2, status: 502, done: true });
  const ref = await platform.post(channel.id, sheet('b', await picture()));
  expect(peer.count(create)).toBeGreaterThan(1);
  expect([...channel.messages.keys()]).toEqual([ref.message]);
});

test('a post of unknown end is looked for before it is tried again', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.fault({ operation: create, times: 4, status: 502, done: true });
  await expect(platform.post(channel.id, sheet('b', null))).rejects.toThrow();
  // Minutes later Discord no longer knows the nonce; the channel's history does.
  const [message] = channel.messages.keys();
  const asked = peer.count(create);
  expect(await platform.post(channel.id, sheet('b', null))).toMatchObject({ message });
  expect(peer.count(create)).toBe(asked);
});

test('killed between post and answer: the next process adopts the message, beyond a page of chatter', async () => {
  const { stage, peer, channel, ref } = await ballot();
  for (let i = 0; i < 230; i++)
    peer.world.message(channel, peer.world.person('ann').user, { content: `${i}` });
  const platform = await stage.again();
  const posts = peer.count(create);
  expect(await platform.post(channel.id, sheet('s.1.0', null))).toEqual(ref);
  expect(peer.count(create)).toBe(posts);
});

test("another bot's or person's copy of our mark is not taken for ours", async () => {
  const { stage, peer, channel, ref } = await ballot();
  const ours = peer.world.find(ref.message)!;
  channel.messages.delete(ref.message);
  peer.world.message(channel, peer.world.person('eve').user, {
    components: ours.components,
    attachments: ours.attachments,
  });
  const platform = await stage.again();
  const again = await platform.post(channel.id, sheet('s.1.0', null));
  expect(peer.world.find(again.message)!.author.id).toBe(peer.world.bot.id);
});

test('more than a hundred voters, one of whom takes the mark back while pages are read', async () => {
  const { peer, platform, ref } = await ballot();
  for (let i = 0; i < 250; i++) peer.react(`voter${i}`, ref.message, one, { quiet: true });
  for (let i = 0; i < 30; i++) peer.react(`voter${i}`, ref.message, one, { burst: true, quiet: true });
  peer.world.person('robot', { bot: true });
  peer.react('robot', ref.message, one, { quiet: true });
  await platform.react(ref, '1');
  // Between the first page and the second.
  const second = peer.gates.hold(page, 2);
  const reading = platform.fetchReactions(ref);
  await second.reached;
  peer.react('voter3', ref.message, one, { present: false, quiet: true });
  peer.react('voter3', ref.message, one, { present: false, burst: true, quiet: true });
  second.open();
  const found = (await reading).get('1')!.map((a) => a.displayName);
  expect(new Set(found).size).toBe(found.length);
  const missing = Array.from({ length: 250 }, (_, i) => `voter${i}`).filter((name) => !found.includes(name));
  expect(missing.filter((name) => name !== 'voter3')).toEqual([]);
  expect(found).not.toContain('robot');
  expect(found).not.toContain('acclaim');
});

test('a ballot that is gone is news, and never an empty list of voters', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  channel.messages.delete(ref.message);
  await expect(platform.fetchReactions(ref)).rejects.toMatchObject({ code: 'message-gone' });
  await platform.react(ref, '1');
  await platform.edit(ref, sheet('s.1.0', null));
  expect(events.map((e) => e.kind)).toEqual(['message-gone', 'message-gone', 'message-gone']);
  expect(peer.count(edit)).toBe(1);
});

test.each([
  ['view', 'channel-lost'],
  ['send', 'channel-lost'],
] as const)('without the right to %s a post is refused by name', async (right, code) => {
  const { platform, channel } = await ballot();
  channel.may[right] = false;
  const refused = platform.post(channel.id, sheet('b', null));
  await expect(refused).rejects.toMatchObject({ code, hint: expect.stringContaining('Send Messages') });
  channel.may[right] = true;
  await platform.post(channel.id, sheet('b', null));
  expect(channel.messages.size).toBe(2);
});

test('a right that is taken is told at the first post, and told again when it is given back', async () => {
  const { peer, platform, channel, events } = await ballot();
  const place = (canPost: boolean) => ({ kind: 'channel', channel: channel.id, canPost });
  peer.world.botRoles = [peer.world.role('acclaim', needed).id];
  const deny = [{ id: peer.world.guild.id, type: 0, allow: '0', deny: String(0x800n) }];
  channel.may.send = false;
  peer.update(channel, { permission_overwrites: deny });
  for (const key of ['b', 'c'])
    await expect(platform.post(channel.id, sheet(key, null))).rejects.toMatchObject({ code: 'channel-lost' });
  expect(events).toMatchObject([place(false)]);
  // A change that gives nothing back is no news.
  const looks = peer.answered(member);
  peer.update(channel, { name: 'tulips' });
  await until(() => peer.answered(member) > looks, 'the look at the rights');
  channel.may.send = true;
  peer.update(channel, { permission_overwrites: [] });
  await until(() => events.length === 2);
  expect(events[1]).toMatchObject(place(true));
  await platform.post(channel.id, sheet('b', null));
});

test('the right came back while the bot was down: asked to watch the channel, it tells', async () => {
  const { stage, peer, channel, events } = await ballot();
  peer.world.botRoles = [peer.world.role('acclaim', needed).id];
  const platform = await stage.again();
  platform.watch(channel.id);
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({ kind: 'channel', channel: channel.id, canPost: true });
});

test('a watched channel is looked at until Discord gives an answer, and what it says of it is told once', async () => {
  const { stage, peer, channel, events } = await ballot();
  peer.world.botRoles = [peer.world.role('acclaim', needed).id];
  const platform = await stage.again({ pace: { again: 5 } });
  const look = 'get /channels/{channel_id}';
  // More than discord.js tries by itself; then once where the rights are known already.
  peer.fault({ operation: look, status: 503, times: 9 });
  const looks = peer.answered(look);
  platform.watch(channel.id);
  platform.watch(channel.id);
  await until(() => peer.answered(look) > looks + 9, 'the look that has an answer');
  await until(() => events.length > 0, 'the news');
  expect(events).toMatchObject([{ kind: 'channel', channel: channel.id, canPost: true }]);
});

test('a channel that was deleted while the bot was down is told as gone, by a look and by a post', async () => {
  const { stage, channel, events } = await ballot();
  channel.gone = true;
  const platform = await stage.again();
  platform.watch(channel.id);
  await until(() => events.length === 1, 'the look');
  const again = await stage.again();
  await expect(again.post(channel.id, sheet('b', null))).rejects.toMatchObject({ code: 'channel-lost' });
  await until(() => events.length === 2, 'the post');
  for (const event of events) expect(event).toMatchObject({ kind: 'channel', canPost: false, gone: true });
});

test('without the right to react a ballot cannot be primed', async () => {
  const { platform, channel, ref } = await ballot();
  channel.may.react = false;
  await expect(platform.react(ref, '1')).rejects.toMatchObject({
    code: 'channel-lost',
    hint: expect.stringContaining('Add Reactions'),
  });
});

test('a channel or thread that is deleted is told, and posts there are refused', async () => {
  const { peer, platform, channel, events } = await ballot();
  const thread = peer.world.channel('votes', { type: 11, parent_id: channel.id });
  await platform.post(thread.id, sheet('t', null));
  peer.update(thread, { gone: true });
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({ kind: 'channel', channel: thread.id, canPost: false, gone: true });
  await expect(platform.post(thread.id, sheet('u', null))).rejects.toMatchObject({ code: 'channel-lost' });
  peer.gateway.send('GUILD_DELETE', { id: peer.world.guild.id, unavailable: true });
  await peer.gateway.delivered();
  expect(events).toHaveLength(1);
  peer.gateway.send('GUILD_DELETE', { id: peer.world.guild.id });
  await until(() => events.length === 3);
  // A server may invite the bot again.
  expect(events[1]).toMatchObject({ kind: 'channel', channel: channel.id, canPost: false, gone: false });
  const server = peer.world.guild.id;
  expect(events[2]).toMatchObject({ kind: 'server', server, present: false });
  peer.gateway.send('GUILD_CREATE', { id: server });
  // Its lost channels are looked at again, so more may be told after it.
  await until(() => events.length >= 4);
  expect(events[3]).toMatchObject({ kind: 'server', server, present: true });
  expect(await platform.servers()).toEqual(new Set([server]));
  expect(await platform.serverOf(channel.id)).toBe(server);
});

test('an archived thread is opened again for posts, edits and reactions', async () => {
  const { peer, platform, channel } = await ballot();
  const thread = peer.world.channel('votes', { type: 11, parent_id: channel.id });
  const ref = await platform.post(thread.id, sheet('t', null));
  thread.archived = true;
  await platform.edit(ref, sheet('t', null, { title: 'edited' }));
  expect(thread.archived).toBe(false);
  thread.archived = true;
  await platform.react(ref, '1');
  thread.archived = true;
  await platform.post(thread.id, sheet('u', null));
  expect(thread.messages.size).toBe(2);
});

test.each([
  ['locked', { locked: true }],
  ['locked and archived', { locked: true, archived: true }],
])('a thread that is %s is lost until it is unlocked', async (_, how) => {
  const { peer, platform, channel, events } = await ballot();
  peer.world.botRoles = [peer.world.role('acclaim', needed).id];
  const thread = peer.world.channel('votes', { type: 11, parent_id: channel.id });
  const ref = await platform.post(thread.id, sheet('t', null));
  Object.assign(thread, how);
  const lost = { code: 'channel-lost', hint: expect.stringContaining('Unlock') };
  if (!thread.archived) await expect(platform.post(thread.id, sheet('u', null))).rejects.toMatchObject(lost);
  else await expect(platform.edit(ref, sheet('t', null, { title: 'edited' }))).rejects.toMatchObject(lost);
  await until(() => events.length === 1, 'the news');
  expect(events[0]).toMatchObject({ kind: 'channel', channel: thread.id, canPost: false });
  // Whatever changes in it, as long as it is locked.
  const looks = peer.answered('get /channels/{channel_id}');
  peer.update(thread, { name: 'old votes' });
  await until(() => peer.answered('get /channels/{channel_id}') > looks, 'the look');
  peer.update(thread, { locked: false });
  await until(() => events.length === 2, 'the other news');
  expect(events[1]).toMatchObject({ kind: 'channel', channel: thread.id, canPost: true });
  await platform.edit(ref, sheet('t', null, { title: 'edited' }));
  await platform.post(thread.id, sheet('u', null));
});

test('edits of a burst become one, and everybody is answered', async () => {
  const { peer, platform, ref } = await ballot({ pace: { edit: 120 } });
  const began = Date.now();
  const edits = Array.from({ length: 12 }, (_, i) =>
    platform.edit(ref, sheet('s.1.0', null, { title: `edit ${i}` })),
  );
  await Promise.all(edits);
  // The first goes at once, the newest once the time is over.
  expect(peer.count(edit)).toBe(2);
  const [, second] = peer.requests.filter((r) => r.operation === edit);
  expect(second!.at - began).toBeGreaterThanOrEqual(119);
  expect(peer.world.find(ref.message)!.embeds[0]!.title).toBe('edit 11');
});

test('after fifty minutes only an outcome or another picture is edited in', async () => {
  const { peer, platform, channel, ref } = await ballot();
  const file = await picture([1, 2, 3]);
  await platform.edit(ref, sheet('s.1.0', file));
  const bar = await platform.post(
    channel.id,
    sheet('bar', null, { kind: 'progress', progress: 0.2, buttons: [] }),
  );
  const before = peer.count(edit);
  peer.world.shift = 51 * minutes;
  await platform.edit(ref, sheet('s.1.0', file, { title: 'nothing new' }));
  await platform.edit(bar, sheet('bar', null, { kind: 'progress', progress: 0.3, buttons: [] }));
  expect(peer.count(edit)).toBe(before);
  await platform.edit(ref, sheet('s.1.0', await picture([9, 9, 9])));
  expect(peer.count(edit)).toBe(before + 1);
  await platform.edit(ref, sheet('s.1.0', file, { data: { open: false }, buttons: [], text: 'Closed' }));
  expect(peer.count(edit)).toBe(before + 2);
  expect(peer.world.find(ref.message)!.content).toContain('Closed');
  // Without its buttons it is still found by its mark.
  expect(await platform.post(channel.id, sheet('s.1.0', null))).toEqual(ref);
});

test('a picture that Discord has is kept by its id; a changed one is sent', async () => {
  const { stage, peer, ref } = await ballot();
  const message = () => peer.world.find(ref.message)!;
  const file = await picture([5, 6, 7]);
  await stage.platform.edit(ref, sheet('s.1.0', file));
  const [attachment] = message().attachments;
  // Also by a process that did not send it.
  const platform = await stage.again();
  await platform.edit(ref, sheet('s.1.0', file, { text: 'closed', data: { open: false } }));
  expect(message().attachments).toEqual([attachment]);
  await platform.edit(ref, sheet('s.1.0', null));
  expect(message().attachments).toEqual([]);
  expect(message().content).toBe('');
});
