/**
 * `acclaim start` with Slack's tokens, over Socket Mode: the page and Slack at once. A session by command,
 * the standing notice, marks made before consent, a quorum of marks, learning, the next round, a gap, a
 * restart, a revoked token.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { checkSlack } from '../../bot/platforms/slack/check.js';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { signingSecret } from '../support/slack-peer/line.js';
import { appToken, botToken, type Message, Peer } from '../support/slack-peer/peer.js';
import { startedOnSlack } from '../support/slack-peer/started.js';
import { until } from '../support/wait.js';

afterAll(() => Peer.end());

async function setUp(transport = [`slack.appToken=${appToken}`]) {
  const { peer, started } = await startedOnSlack(() => ['votes.quorum=2', 'votes.settleSeconds=1'], {
    transport,
  });
  return { peer, started, channel: await peer.channel('roses') };
}

test('a session on Slack under `acclaim start`', async () => {
  const { peer, started, channel } = await setUp();
  await started.start();
  const labelled = async (label: string) =>
    (await peer.shown(channel)).filter((m: Message) => JSON.stringify(m.blocks ?? []).includes(`"${label}"`));
  const has = async (m: Message, name: string) =>
    (await peer.message(channel, m.ts)).reactions?.some((r) => r.name === name) === true;

  const asked = await peer.command('ann', channel, 'session start a black cat');
  await until(() => JSON.stringify(asked.answers).includes('Session opened'), 'the answer');
  await until(async () => (await labelled('I agree')).length > 0, 'the notice');
  const [notice, ...more] = (await labelled('I agree')) as [Message];
  expect(more).toEqual([]);

  await until(() => started.roundOpen(1), 'the first round', 120_000);
  const [a, b] = (await labelled('Flag')) as [Message, Message];
  await until(() => has(b, 'no_entry_sign'), 'the priming');
  await peer.react('bea', channel, a.ts, 'one');
  await peer.react('bea', channel, b.ts, 'two');
  await peer.react('cem', channel, a.ts, 'one');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([await started.facts(), await started.bodies('voter')]).toEqual([[], []]);

  await peer.press('ann', channel, notice.ts, 'I agree');
  await peer.press('bea', channel, notice.ts, 'I agree');
  await until(async () => (await started.facts()).length === 2, "bea's earlier marks");
  // One that was made while the line was broken is read again.
  await peer.set('ann', channel, a.ts, 'one');
  peer.sockets.disconnect();
  await until(async () => (await started.facts()).length === 3, 'the mark in the gap');
  await peer.react('ann', channel, b.ts, 'no_entry_sign');
  await until(() => started.roundOpen(2), 'the second round', 180_000);
  const [first] = await started.bodies('round');
  expect(first).toMatchObject({ closeReason: 'quorum', outcome: { voters: 2, votes: 8 } });
  expect(first!.learned).toMatchObject({ learned: true });

  await started.stop();
  await started.start();
  expect(await labelled('I agree')).toHaveLength(1);
  await peer.tell({ type: 'channel_left', channel, event_ts: peer.now() });
  await until(async () => (await started.bodies('binding'))[0]!.canPost === false, 'the lost channel');
  await peer.tell({ type: 'tokens_revoked', tokens: { bot: [peer.bot] }, event_ts: peer.now() });
  expect(await started.ended).toMatchObject({
    code: 'token-invalid',
    hint: expect.stringContaining('SLACK_BOT_TOKEN'),
  });
  expect(peer.front.objections).toEqual([]);
}, 400_000);

test('over HTTP: what Slack signed is done, what is forged or stale is refused and does nothing', async () => {
  const port = await freePort();
  const { peer, started, channel } = await setUp([
    `slack.signingSecret=${signingSecret}`,
    `slack.port=${port}`,
  ]);
  await started.start();
  peer.target = `http://127.0.0.1:${port}/slack/events`;
  const endless = await peer.command('ann', channel, `session start ${'<!channel> *x* '.repeat(200)}`);
  await until(() => endless.answers.length > 0, 'the answer');
  expect(JSON.stringify(endless.answers)).toContain('too long');
  expect([await started.bodies('session'), await peer.shown(channel)]).toEqual([[], []]);
  const asked = await peer.command('ann', channel, 'session start a black cat');
  expect(asked.status).toBe(200);
  await until(() => JSON.stringify(asked.answers).includes('Session opened'), 'the answer');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  const told = (label: string) => async () =>
    (await peer.shown(channel)).find((m) => JSON.stringify(m.blocks ?? []).includes(`"${label}"`))!;
  const [notice, ballot] = [await told('I agree')(), await told('Flag')()];
  await peer.press('bea', channel, notice.ts, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'the consent');
  const mark = peer.reaction('bea', channel, ballot.ts, 'one');
  expect(await peer.tell(mark, 'Ev1', { secret: 'guessed' })).toBe(401);
  expect(await peer.tell(mark, 'Ev1', { time: Math.floor(Date.now() / 1000) - 600 })).toBe(401);
  expect(await started.facts()).toEqual([]);
  expect(await peer.tell(mark, 'Ev1')).toBe(200);
  // Answered means kept.
  expect(await started.facts()).toHaveLength(1);
  const refused = await peer.command('bea', channel, 'round close');
  await until(() => refused.answers.length > 0, 'the refusal');
  expect(JSON.stringify(refused.answers)).toContain('Not allowed');
  expect(await started.roundOpen(1)).toBe(true);
  expect(peer.front.objections).toEqual([]);
}, 300_000);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('the doctor on Slack: all is well, lacking scopes, refused tokens', async () => {
  const { peer, channel, started } = await setUp();
  const ask = () => checkSlack({ token: botToken, appToken, channels: [channel], api: peer.api });
  const states = async () => (await ask()).map((c) => `${c.name.split(' ')[1]} ${c.state}`);
  peer.front.scopes = scopes;
  expect(await states()).toEqual(['token ok', 'scopes ok', 'transport ok', 'channel ok']);
  peer.front.scopes = scopes.filter((s) => s !== 'reactions:read');
  expect((await ask())[1]).toMatchObject({ state: 'fail', found: expect.stringContaining('reactions:read') });
  peer.front.appTokenValid = false;
  peer.front.tokenValid = false;
  const refused = await ask();
  expect(refused).toMatchObject([
    { state: 'fail', code: 'token-invalid' },
    { state: 'fail', code: 'token-invalid' },
  ]);
  expect(JSON.stringify(refused)).not.toContain(botToken);
  await expect(started.start()).rejects.toMatchObject({ code: 'token-invalid' });
});
