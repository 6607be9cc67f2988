/** Socket Mode: connections that end, break or are refused; what may have been missed is told. */
import { expect, test } from 'vitest';
import { sheet } from '../../../support/chat.js';
import { until } from '../../../support/wait.js';
import { makeStage, marks, overSocket } from './support.js';

const socket = () => makeStage({ transport: overSocket });

test('a disconnect frame: connected anew at once, and the gap is told', async () => {
  const { peer, platform, channel, events } = await socket();
  const ref = await platform.post(channel, sheet('s.1.0', null));
  await peer.set('ann', channel, ref.message, 'one');
  peer.sockets.disconnect();
  await until(() => events.length === 1);
  expect(events).toMatchObject([{ kind: 'gap', platform: 'slack' }]);
  expect(peer.sockets.opened).toBe(2);
  expect((await platform.fetchReactions(ref)).get('1')).toHaveLength(1);
  await peer.react('bea', channel, ref.message, 'one');
  await until(() => events.length === 2);
  expect(marks(events)).toEqual([[peer.id('bea'), '1', true]]);
});

test('a connection that breaks, and Slack that cannot be reached for a while', async () => {
  const links: (string | null)[] = [];
  const { peer, events, errors, fatal } = await makeStage({
    transport: overSocket,
    onLink: (lost) => void links.push(lost?.message ?? null),
  });
  peer.front.faults.inject({ method: 'apps.connections.open', times: 2, status: 503 });
  peer.sockets.drop();
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({ kind: 'gap' });
  expect(peer.front.count('apps.connections.open')).toBe(4);
  // Tries that fail say why the line is away; they are no faults of ours.
  expect([errors, fatal]).toEqual([[], []]);
  expect(links).toEqual([
    'Slack gives no answer (disconnected)',
    expect.stringContaining('503'),
    expect.stringContaining('503'),
    null,
  ]);
});

test('stopped between two connections', async () => {
  const { peer, platform } = await socket();
  const opened = peer.front.count('apps.connections.open');
  peer.front.faults.inject({ method: 'apps.connections.open', times: 99, status: 503 });
  peer.sockets.drop();
  await until(() => peer.front.count('apps.connections.open') > opened);
  await platform.stop();
  const asked = peer.front.count('apps.connections.open');
  // Time for many more tries, were there any.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(peer.front.count('apps.connections.open')).toBeLessThanOrEqual(asked + 1);
});

test('after a gap the channel is looked at again before a post', async () => {
  const { peer, platform, channel, events } = await socket();
  await platform.post(channel, sheet('a', null));
  const before = peer.front.count('conversations.history');
  await platform.post(channel, sheet('b', null));
  expect(peer.front.count('conversations.history')).toBe(before);
  peer.sockets.disconnect();
  await until(() => events.length === 1);
  await platform.post(channel, sheet('c', null));
  expect(peer.front.count('conversations.history')).toBe(before + 1);
});

test('an event that comes again over the new connection is one event', async () => {
  const { peer, platform, channel, events } = await socket();
  const ref = await platform.post(channel, sheet('s.1.0', null));
  const told = peer.reaction('ann', channel, ref.message, 'one');
  await peer.tell(told, 'Ev1');
  peer.sockets.disconnect();
  await until(() => events.some((e) => e.kind === 'gap'));
  await peer.tell(told, 'Ev1');
  await peer.react('bea', channel, ref.message, 'one');
  await until(() => marks(events).some(([id]) => id === peer.id('bea')), 'what came after it');
  expect(marks(events)).toHaveLength(2);
});

test('a mark that could not be kept brings nothing down', async () => {
  const stage = await socket();
  const ref = await stage.platform.post(stage.channel, sheet('s.1.0', null));
  stage.onEvent = async () => {
    throw new Error('disk');
  };
  await stage.peer.react('ann', stage.channel, ref.message, 'one');
  await until(() => stage.errors.length > 0);
  stage.onEvent = async () => {};
  await stage.peer.react('bea', stage.channel, ref.message, 'one');
  await until(() => stage.events.length === 2);
  expect(marks(stage.events).map(([id]) => id)).toEqual([stage.peer.id('ann'), stage.peer.id('bea')]);
});

test('a refused app token is a clear error at the start', async () => {
  const start = makeStage({ transport: { kind: 'socket', appToken: 'xapp-other' } });
  await expect(start).rejects.toMatchObject({
    code: 'token-invalid',
    hint: expect.stringContaining('SLACK_APP_TOKEN'),
  });
});

test('an app token that is revoked later ends with a word', async () => {
  const { peer, fatal } = await socket();
  peer.front.appTokenValid = false;
  peer.sockets.disconnect();
  await until(() => fatal.length === 1);
  expect(fatal[0]).toMatchObject({ code: 'token-invalid', message: 'Slack refuses the app token' });
});

test('commands and presses come over the socket too', async () => {
  const { peer, platform, channel, events } = await socket();
  const ref = await platform.post(channel, sheet('s.1.0', null));
  const asked = await peer.command('ann', channel, 'help');
  await until(() => asked.answers.length === 1);
  await peer.press('ann', channel, ref.message, 'Done');
  await until(() => events.length === 2);
  expect(events.map((e) => e.kind)).toEqual(['command', 'button']);
});
