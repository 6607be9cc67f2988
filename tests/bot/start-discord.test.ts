/**
 * `acclaim start` with a Discord token: the page and Discord at once. A session by command, the standing
 * notice, marks made before consent, a quorum of marks, learning, the next round, a restart, and the end of a
 * token.
 */
import { afterEach, expect, test } from 'vitest';
import { checkDiscord } from '../../bot/platforms/discord/check.js';
import { type Log, silentLog } from '../../src/log.js';
import type { Readiness } from '../../src/monitor/readiness.js';
import { Peer, peerToken } from '../support/discord-peer/peer.js';
import { startedOnDiscord } from '../support/discord-peer/started.js';
import type { Message } from '../support/discord-peer/world.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

const [one, two, none, check] = ['1\uFE0F\u20E3', '2\uFE0F\u20E3', '\u{1F6AB}', '\u2705'];
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function setUp(settings: readonly string[] = []) {
  const { peer, started } = await startedOnDiscord(['votes.quorum=2', 'votes.settleSeconds=1', ...settings]);
  return { peer, started, channel: peer.world.channel('roses') };
}

test('a session on Discord under `acclaim start`', async () => {
  const { peer, started, channel } = await setUp();
  const page = await started.start();
  const labels = (m: Message) => m.components.flatMap((row) => row.components).map((c) => c.label);
  const ballots = () => peer.shown(channel).filter((m) => labels(m).includes('Flag'));
  const notices = () => peer.shown(channel).filter((m) => labels(m).includes('I agree'));

  const hostile = '@everyone <@1> **x** '.repeat(200);
  const endless = peer.command('ann', channel, ['acclaim', 'session', 'start'], { prompt: hostile });
  await until(() => JSON.stringify(endless.answer?.embeds ?? []).includes('too long'), 'the answer');
  expect([await started.bodies('session'), peer.shown(channel)]).toEqual([[], []]);

  const asked = peer.command('ann', channel, ['acclaim', 'session', 'start'], {
    prompt: 'a (black:1.2) cat',
  });
  await until(() => asked.answer?.embeds[0]?.title === 'Session opened', 'the answer');
  expect(asked.answer?.embeds[0]?.description).toContain('Weights: "black" 1.2.');
  await until(() => notices().length > 0, 'the notice');
  expect(notices()).toHaveLength(1);
  await expect.poll(() => [...(peer.world.reactions.get(notices()[0]!.id)?.keys() ?? [])]).toEqual([check]);
  const { sessions } = (await (await fetch(`${page}/api/status`)).json()) as { sessions: unknown[] };
  expect(sessions).toHaveLength(1);

  await until(() => started.roundOpen(1), 'the first round', 120_000);
  const [a, b] = ballots() as [Message, Message];
  await until(() => peer.world.reactions.get(b.id)?.has(none) === true, 'the priming');
  peer.react('bea', a.id, one);
  peer.react('bea', b.id, two);
  peer.react('cem', a.id, one);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([await started.facts(), await started.bodies('voter')]).toEqual([[], []]);
  expect((await started.bodies('session'))[0]).toMatchObject({ createdBy: null });

  // Marks of before count now, by reading the ballots again; whoever did not agree stays unknown.
  peer.press('ann', notices()[0]!, 'I agree');
  peer.react('bea', notices()[0]!.id, check);
  await until(async () => (await started.facts()).length === 2, "bea's earlier marks");
  await until(async () => (await started.bodies('voter')).length === 2, 'both to have agreed');
  peer.react('ann', a.id, one);
  peer.react('ann', b.id, none);
  // Two have marked every sheet and change nothing more: that is the quorum.
  await until(() => started.roundOpen(2), 'the second round', 180_000);
  const [first] = await started.bodies('round');
  expect(first).toMatchObject({ closeReason: 'quorum', outcome: { voters: 2, votes: 8 } });
  expect(first!.learned).toMatchObject({ learned: true });

  await started.stop();
  const [, , c] = ballots() as Message[];
  const before = (await started.facts()).length;
  peer.react('ann', (c ?? ballots()[0])!.id, two);
  await started.start();
  await until(async () => (await started.facts()).length === before + 1, 'the mark made meanwhile');
  expect(notices()).toHaveLength(1);

  peer.react('bea', notices()[0]!.id, check, { present: false });
  await until(
    async () => (await started.bodies('voter')).filter((v) => v.consentAt !== null).length === 1,
    'forgetting',
  );
  peer.update(channel, { gone: true });
  await until(async () => (await started.bodies('binding'))[0]!.canPost === false, 'the lost channel');
  peer.gateway.close(4004);
  expect(await started.ended).toMatchObject({
    code: 'token-invalid',
    hint: expect.stringContaining('DISCORD_TOKEN'),
  });
  expect(peer.objections).toEqual([]);
}, 400_000);

/** `start` with lines of its log beside, and little patience. */
async function impatient(settings: readonly string[], connectMs: number) {
  const lines: string[] = [];
  const heard = (level: string) => (fields: { platform?: string; error?: string }, words: string) =>
    void (
      fields.platform === 'discord' && lines.push([level, words, fields.error].filter(Boolean).join(', '))
    );
  const log = { ...silentLog, info: heard('info'), warn: heard('warn') } as unknown as Log;
  const patience = { retryMs: 20, mostMs: 50, connectMs };
  const codes: string[] = [];
  const started = new Started(settings, undefined, {
    patience,
    log,
    onClaim: ({ code }) => void codes.push(code),
  });
  endings.push(() => started.remove());
  const discord = async (page: string) => {
    const { checks } = (await (await fetch(`${page}/readyz`)).json()) as Readiness;
    return checks.find(({ name }) => name === 'discord')!;
  };
  return { started, lines, codes, discord };
}

test('without a network the page starts, and Discord is tried until it is there; the code is told then', async () => {
  const peer = await Peer.start();
  endings.push(() => peer.stop());
  peer.outage = 503;
  const { started, lines, codes, discord } = await impatient(
    [`discord.token=${peerToken}`, `discord.api=${peer.url}`, 'discord.ownServers=[]'],
    60_000,
  );
  const page = await started.start();
  // Of a platform that takes no command yet the hour does not run.
  expect(codes).toEqual([]);
  await expect
    .poll(() => discord(page))
    .toMatchObject({
      ok: false,
      needed: false,
      why: expect.stringMatching(/^not connected for \d+ s: Discord gives no answer \(.+\)$/),
    });
  peer.outage = null;
  await until(async () => (await discord(page)).ok, 'the connection');
  await until(() => codes.length === 1, 'the code');
  peer.gateway.drop(true);
  const ofLink = () => lines.filter((line) => /connect/.test(line));
  await until(() => ofLink().length === 4, 'the connection again');
  expect(ofLink()).toEqual([
    expect.stringMatching(/^warn, not connected yet: it is tried until it is there, Discord gives no answer/),
    'info, connected again',
    expect.stringMatching(/^info, the connection is lost: it is tried until it is there, Discord gives no/),
    'info, connected again',
  ]);
  const asked = peer.command('ann', peer.world.channel('roses'), ['acclaim', 'session', 'list']);
  await until(() => asked.answer !== null, 'an answer');
  expect(codes).toHaveLength(1);
});

test.each([
  ['a name that no server has', 'http://nowhere.invalid/api', /E(NOTFOUND|AI_AGAIN)/],
  ['a port where nobody listens', 'http://127.0.0.1:9/api', /ECONNREFUSED/],
])('%s ends no start', async (_, api, word) => {
  const { started, lines, discord } = await impatient(
    [`discord.token=${peerToken}`, `discord.api=${api}`],
    60_000,
  );
  const page = await started.start();
  await until(async () => word.test((await discord(page)).why ?? ''), 'the reason');
  await until(() => lines.length > 0, 'the line of the log');
  expect(lines).toHaveLength(1);
});

test('told to end before Discord is READY, it ends', async () => {
  const peer = await Peer.start();
  endings.push(() => peer.stop());
  peer.gateway.silent = true;
  const { started } = await impatient([`discord.token=${peerToken}`, `discord.api=${peer.url}`], 1e6);
  const start = started.start();
  await until(() => peer.gateway.identifies > 0, 'the connection');
  await started.stop();
  expect(await started.ended).toBeNull();
  expect(await Promise.race([start, 'never ready'])).toBe('never ready');
});

test('a token that Discord refuses ends the start with a coded error', async () => {
  const { peer, started } = await setUp();
  peer.tokenValid = false;
  await expect(started.start()).rejects.toMatchObject({ code: 'token-invalid' });
  const checks = await checkDiscord({ token: peerToken, channels: [], api: peer.url });
  expect(checks).toMatchObject([{ state: 'fail' }]);
});
