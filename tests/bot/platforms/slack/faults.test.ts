/** What Slack's Web API answers when things go wrong, and that nothing is lost, doubled or hidden by it. */
import { expect, test } from 'vitest';
import { scopes } from '../../../../bot/platforms/slack/manifest.js';
import { picture, sheet } from '../../../support/chat.js';
import { until } from '../../../support/wait.js';
import { makeStage, overSocket } from './support.js';

const posting = 'chat.postMessage';

async function ballot(options: Parameters<typeof makeStage>[0] = {}) {
  const stage = await makeStage(options);
  const ref = await stage.platform.post(stage.channel, sheet('s.1.0', await picture()));
  return { ...stage, stage, ref };
}

test('a revoked token is told once, and every later call says so without asking Slack', async () => {
  const { peer, platform, channel, fatal, ref } = await ballot();
  peer.front.tokenValid = false;
  await expect(platform.post(channel, sheet('b', null))).rejects.toMatchObject({ code: 'token-invalid' });
  await until(() => fatal.length === 1, 'the end');
  expect(fatal[0]!.hint).toContain('SLACK_BOT_TOKEN');
  const asked = peer.front.calls.length;
  await expect(platform.fetchReactions(ref)).rejects.toThrow();
  expect(peer.front.calls).toHaveLength(asked);
});

test('a token that died with its app is told as a removal, before the end', async () => {
  const { stage, peer, platform, events, fatal, ref } = await ballot();
  const [team] = [...(await platform.servers())];
  const order: string[] = [];
  stage.onEvent = async () => void order.push(`told, ${fatal.length} ends`);
  peer.front.tokenValid = false;
  await expect(platform.fetchReactions(ref)).rejects.toMatchObject({ code: 'token-invalid' });
  await until(() => fatal.length === 1, 'the end');
  expect(events.at(-1)).toMatchObject({ kind: 'server', server: team, present: false });
  // A start finds it as well, and no longer learns which workspace it was.
  await expect(stage.again()).rejects.toMatchObject({ code: 'token-invalid' });
  expect(events.at(-1)).toMatchObject({ kind: 'server', server: null, present: false });
  expect(order).toEqual(['told, 0 ends', 'told, 1 ends']);
  // One that was never good says nothing of a removal.
  const before = events.length;
  await expect(stage.again({ token: 'xoxb-other' })).rejects.toMatchObject({ code: 'token-invalid' });
  expect(events).toHaveLength(before);
});

test.each(['bot', 'app'])("no network at the start, for the %s token, is nobody's refusal", async (which) => {
  const start = makeStage(
    which === 'bot' ? { api: 'http://nowhere.invalid/api/' } : { transport: overSocket },
    (peer) => {
      if (which === 'app')
        peer.front.faults.inject({ method: 'apps.connections.open', times: 99, status: 503 });
    },
  );
  await expect(start).rejects.toMatchObject({
    code: 'platform-unreachable',
    message: expect.stringMatching(which === 'bot' ? /E(NOTFOUND|AI_AGAIN)/ : /Slack gives no answer/),
    hint: 'Check the connection to slack.com.',
  });
});

test('a channel that the bot was invited to again while nobody listened is found, asked to watch it', async () => {
  const { stage, peer, platform, channel, events } = await ballot();
  peer.front.removedFrom.add(channel);
  await expect(platform.post(channel, sheet('b', null))).rejects.toMatchObject({ code: 'channel-lost' });
  await until(() => events.length === 1, 'the news');
  expect(events[0]).toMatchObject({ kind: 'channel', channel, canPost: false });
  const again = await stage.again();
  again.watch(channel);
  await until(() => peer.front.count('conversations.info') > 0, 'the look');
  expect(events).toHaveLength(1);
  peer.front.removedFrom.delete(channel);
  again.watch(channel);
  await until(() => events.length === 2, 'the other news');
  expect(events[1]).toMatchObject({ kind: 'channel', channel, canPost: true });
});

test('a watched channel is looked at until Slack gives an answer', async () => {
  const { stage, peer, channel, events, errors } = await ballot();
  const platform = await stage.again();
  peer.front.faults.inject({ method: 'conversations.info', times: 9, status: 503 });
  platform.watch(channel);
  await until(() => events.length === 1, 'the news');
  expect(events[0]).toMatchObject({ kind: 'channel', channel, canPost: true });
  expect(errors).toEqual([]);
});

test('a wrong token at the start is a clear error', async () => {
  await expect(makeStage({ token: 'xoxb-other' })).rejects.toMatchObject({
    code: 'token-invalid',
    message: 'Slack refuses the bot token',
  });
});

test('scopes that are missing are all named at the start', async () => {
  const granted = scopes.filter((scope) => scope !== 'reactions:read' && scope !== 'files:write');
  const start = makeStage({}, (peer) => {
    peer.front.scopes = granted;
  });
  await expect(start).rejects.toMatchObject({
    message: 'Slack has not granted the bot files:write, reactions:read',
    hint: expect.stringContaining('install the app again'),
  });
});

test('a scope that is taken away later is named when it is missed', async () => {
  const { peer, platform, ref } = await ballot();
  const body = { needed: 'reactions:read', provided: 'chat:write' };
  peer.front.faults.inject({ method: 'reactions.get', error: 'missing_scope', body });
  await expect(platform.fetchReactions(ref)).rejects.toThrow('reactions:read');
});

test.each([
  ['with the time to wait', { 'retry-after': '0' }],
  ['with no header at all', {}],
  ['with words for a number', { 'retry-after': 'soon' }],
])('a 429 on a post %s is waited out', async (_, headers) => {
  const { peer, platform, channel } = await makeStage();
  peer.front.faults.inject({ method: posting, times: 2, status: 429, headers });
  await platform.post(channel, sheet('b', null));
  expect(await peer.shown(channel)).toHaveLength(1);
  expect(peer.front.count(posting)).toBe(3);
});

test('requests are told to who counts them, each by how it was answered', async () => {
  const told: string[] = [];
  const { peer, platform, channel } = await makeStage({ onRequest: (outcome) => told.push(outcome) });
  const count = (outcome: string) => told.filter((one) => one === outcome).length;
  expect(count('ok')).toBe(told.length);
  peer.front.faults.inject({ method: posting, times: 2, status: 429, headers: { 'retry-after': '0' } });
  await platform.post(channel, sheet('b', null));
  expect([told.length, count('limited')]).toEqual([peer.front.calls.length, 2]);
  peer.front.faults.inject({ method: posting, error: 'is_archived' });
  await expect(platform.post(channel, sheet('c', null))).rejects.toThrow();
  expect([told.length, count('refused')]).toEqual([peer.front.calls.length, 1]);
  expect(platform.trouble()).toBeNull();
  await platform.stop();
  expect(platform.trouble()).toBe('not connected');
});

test('the time that Slack names is kept', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.front.faults.inject({ method: posting, status: 429, headers: { 'retry-after': '1' } });
  const began = Date.now();
  await platform.post(channel, sheet('b', null));
  const [, second] = peer.front.calls.filter((call) => call.method === posting);
  expect(second!.at - began).toBeGreaterThanOrEqual(999);
});

test('a 429 while priming delays the rest and loses none, in order', async () => {
  const { peer, platform, channel, ref } = await ballot();
  peer.front.faults.inject({
    method: 'reactions.add',
    times: 2,
    status: 429,
    headers: { 'retry-after': '0' },
  });
  await Promise.all(['1', '2', '3', 'none'].map((name) => platform.react(ref, name)));
  const { reactions } = await peer.message(channel, ref.message);
  expect(reactions!.map((r) => r.name)).toEqual(['one', 'two', 'three', 'no_entry_sign']);
});

test('priming goes at its pace', async () => {
  const { peer, platform, ref } = await ballot({ pace: { prime: 60 } });
  const began = Date.now();
  await Promise.all(['1', '2', '3'].map((name) => platform.react(ref, name)));
  const at = peer.front.calls.filter((call) => call.method === 'reactions.add').map((call) => call.at);
  expect(at[2]! - began).toBeGreaterThanOrEqual(119);
});

test('a post whose answer was lost is found and not sent twice', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.front.faults.inject({ method: posting, status: 502, done: true });
  const ref = await platform.post(channel, sheet('b', await picture()));
  expect(peer.front.count(posting)).toBe(1);
  expect((await peer.shown(channel)).map((m) => m.ts)).toEqual([ref.message]);
});

test('a post that did not arrive is sent again', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.front.faults.inject({ method: posting, status: 500 });
  const ref = await platform.post(channel, sheet('b', null));
  expect((await peer.shown(channel)).map((m) => m.ts)).toEqual([ref.message]);
});

test('a post of unknown end, and no way to look for it: a later one finds it', async () => {
  const { peer, platform, channel } = await ballot();
  peer.front.faults.inject({ method: posting, error: 'internal_error', done: true });
  peer.front.faults.inject({ method: 'conversations.history', times: 9, status: 503 });
  await expect(platform.post(channel, sheet('b', null))).rejects.toThrow();
  expect(await peer.shown(channel)).toHaveLength(2);
  peer.front.faults.clear();
  const { message } = await platform.post(channel, sheet('b', null));
  expect((await peer.shown(channel)).map((m) => m.ts).at(-1)).toBe(message);
  expect(peer.front.count(posting)).toBe(2);
});

test('killed between post and answer: the next process adopts the message, beyond pages of chatter', async () => {
  const { stage, peer, channel, ref } = await ballot();
  await Promise.all(Array.from({ length: 210 }, (_, i) => peer.say('ann', channel, `${i}`)));
  const platform = await stage.again();
  expect(await platform.post(channel, sheet('s.1.0', null))).toEqual(ref);
  expect(peer.front.count(posting)).toBe(1);
  expect(peer.front.count('conversations.history')).toBeGreaterThan(2); // two pages, and one before the first post
});

test("somebody else's copy of our key is not taken for ours", async () => {
  const { stage, peer, channel, ref } = await ballot();
  const { metadata } = await peer.front
    .ask<{ messages: { metadata: object }[] }>('conversations.history', 'xoxp-mod', { channel })
    .then(({ messages }) => messages[0]!);
  await peer.delete(channel, ref.message, false);
  await peer.say('eve', channel, 'mine', { metadata });
  const platform = await stage.again();
  const again = await platform.post(channel, sheet('s.1.0', null));
  expect((await peer.message(channel, again.message)).user).toBe(peer.bot);
});

test('a file that Slack takes its time with is waited for, and then shown', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.front.fileLooks = 4;
  const ref = await platform.post(channel, sheet('b', await picture()));
  expect(peer.front.count('files.info')).toBe(5);
  const shown = (await peer.message(channel, ref.message)).blocks!;
  expect(shown.map((block) => block.type)).toEqual(['rich_text', 'image', 'actions']);
  expect(shown[1]!.alt_text).toBe('Contact sheet A: “rose”');
});

test('a file that Slack never finishes with is given up and taken away', async () => {
  const { peer, platform, channel } = await makeStage({ pace: { file: 5, fileMost: 20 } });
  peer.front.fileLooks = 100;
  await expect(platform.post(channel, sheet('b', await picture()))).rejects.toThrow('does not finish');
  expect(peer.front.count('files.delete')).toBe(1);
  expect(await peer.shown(channel)).toEqual([]);
});

test('removed from the channel: posts are refused by name, and work again after an invitation', async () => {
  const { peer, platform, channel, ref } = await ballot();
  peer.front.removedFrom.add(channel);
  await expect(platform.post(channel, sheet('b', null))).rejects.toMatchObject({
    code: 'channel-lost',
    hint: expect.stringContaining('/invite'),
  });
  await expect(platform.fetchReactions(ref)).rejects.toMatchObject({ code: 'channel-lost' });
  peer.front.removedFrom.delete(channel);
  await platform.post(channel, sheet('b', null));
  expect(await peer.shown(channel)).toHaveLength(2);
});

test.each([
  ['is_archived', 'channel-lost'],
  ['restricted_action', 'channel-lost'],
  ['channel_not_found', 'channel-lost'],
])('%s is said in our words', async (error, code) => {
  const { peer, platform, channel } = await makeStage();
  peer.front.faults.inject({ method: posting, error });
  await expect(platform.post(channel, sheet('b', null))).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(/./),
  });
});

test('a picture whose post was refused does not stay in the workspace', async () => {
  const { peer, platform, channel } = await makeStage();
  peer.front.faults.inject({ method: posting, error: 'is_archived' });
  await expect(platform.post(channel, sheet('b', await picture()))).rejects.toThrow();
  expect(peer.front.count('files.delete')).toBe(1);
});

test('a ballot that is gone is news, and never an empty list of voters', async () => {
  const { peer, platform, channel, events, ref } = await ballot();
  await peer.delete(channel, ref.message, false);
  await expect(platform.fetchReactions(ref)).rejects.toMatchObject({ code: 'message-gone' });
  await platform.react(ref, '1');
  await platform.edit(ref, sheet('s.1.0', null));
  expect(events.map((e) => e.kind)).toEqual(['message-gone', 'message-gone', 'message-gone']);
});

test('edits of a burst become one, and everybody is answered', async () => {
  const { peer, platform, channel, ref } = await ballot({ pace: { edit: 120 } });
  const began = Date.now();
  const edits = Array.from({ length: 12 }, (_, i) =>
    platform.edit(ref, sheet('s.1.0', null, { title: `edit ${i}` })),
  );
  await Promise.all(edits);
  // The first goes at once, the newest once the time is over.
  const sent = peer.front.calls.filter((call) => call.method === 'chat.update');
  expect(sent).toHaveLength(2);
  expect(sent[1]!.at - began).toBeGreaterThanOrEqual(119);
  expect((await peer.message(channel, ref.message)).text).toContain('edit 11');
});

test('an edit that broke off is repeated: twice does no harm', async () => {
  const { peer, platform, channel, ref } = await ballot();
  peer.front.faults.inject({ method: 'chat.update', status: 502, done: true });
  await platform.edit(ref, sheet('s.1.0', null, { title: 'after' }));
  expect((await peer.message(channel, ref.message)).text).toContain('after');
});

test('a picture that Slack has is not sent again, also by a later process; one that changed takes its place', async () => {
  const { stage, peer, channel } = await ballot();
  const file = await picture([5, 6, 7]);
  const ref = await stage.platform.post(channel, sheet('p', file));
  const imageOf = async () =>
    (await peer.message(channel, ref.message)).blocks!.find((b) => b.type === 'image')?.slack_file?.id;
  const first = await imageOf();
  const platform = await stage.again();
  const uploads = peer.front.count('files.getUploadURLExternal');
  await platform.edit(ref, sheet('p', file, { text: 'closed', data: { open: false } }));
  expect(await imageOf()).toBe(first);
  expect(peer.front.count('files.getUploadURLExternal')).toBe(uploads);
  await platform.edit(ref, sheet('p', await picture([9, 9, 9])));
  expect(await imageOf()).not.toBe(first);
  expect(peer.front.argsOf('files.delete').map((args) => args.file)).toEqual([first]);
  await platform.remove(ref);
  expect(peer.front.count('files.delete')).toBe(2);
});
