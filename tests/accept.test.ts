/**
 * A connection that cannot be accepted (a process without descriptors to spare) is told and ends nothing:
 * each server of the product goes on to answer, however often it happens.
 */
import { Server } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SlackPlatform } from '../bot/platforms/slack/adapter.js';
import { scopes } from '../bot/platforms/slack/manifest.js';
import { silentLog } from '../src/log.js';
import { Meter } from '../src/monitor/meter.js';
import { openMonitor } from '../src/monitor/server.js';
import { freshDir, startWeb } from './bot/platforms/web/support.js';
import { noRoles } from './support/chat.js';
import { signingSecret } from './support/slack-peer/line.js';
import { botToken, Peer } from './support/slack-peer/peer.js';

const listening: Server[] = [];
const told: string[] = [];
const onError = (error: unknown) => void told.push((error as Error).message);
beforeEach(() => {
  listening.length = 0;
  told.length = 0;
  const { listen } = Server.prototype;
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
    listening.push(this);
    return (listen as (...all: unknown[]) => Server).apply(this, args);
  } as typeof listen);
});
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0).reverse()) await end();
});

/** As Node tells it; twice, since a handler may be there for the first one only. */
async function outlives(url: string): Promise<number> {
  const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' });
  const server = listening.at(-1)!;
  for (let times = 0; times < 2; times++) server.emit('error', error);
  expect(told).toEqual([error.message, error.message]);
  const { status } = await fetch(url);
  return status;
}

test('the page', async () => {
  const web = await startWeb(freshDir(), async () => {}, { onError });
  ends.push(() => web.stop());
  expect(await outlives(`${web.url}/api/me`)).toBe(200);
});

test("an engine's monitor", async () => {
  const log = { ...silentLog, warn: onError };
  const monitor = await openMonitor({
    ...{ host: '127.0.0.1', port: 0, meter: new Meter('engine'), looks: [] },
    log: log as typeof silentLog,
  });
  ends.push(() => monitor.stop());
  expect(await outlives(`${monitor.url}/healthz`)).toBe(200);
});

test('what Slack calls', async () => {
  const peer = await Peer.start(scopes);
  ends.push(
    () => peer.stop(),
    () => Peer.end(),
  );
  const slack = new SlackPlatform({
    ...{ token: botToken, roles: noRoles, now: Date.now, onError },
    transport: { kind: 'http', signingSecret, host: '127.0.0.1', port: 0 },
    api: peer.api,
    onFatal: onError,
  } as ConstructorParameters<typeof SlackPlatform>[0]);
  await slack.start(async () => {});
  ends.push(() => slack.stop());
  // Nothing is signed: it is refused, by somebody who is there.
  expect(await outlives(slack.url!)).toBe(404);
  expect(slack.trouble()).toBeNull();
});
