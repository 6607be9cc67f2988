// The bot over a data folder: the project's own app, store, queue, engine, and its Discord and Slack; built,
// not from source. Added from outside: when each mark was durable, the event loop's lag, and a session beside
// it in which a round is always being drawn or learned.

import { createApp } from '../../bot/create-app.js';
import { connectedPlatforms } from '../../bot/inbound/connect.js';
import { pageOptions } from '../../bot/inbound/page-options.js';
import { Reach } from '../../bot/monitoring/reach.js';
import { Watch } from '../../bot/monitoring/watch.js';
import { FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import type { SlackPlatform } from '../../bot/platforms/slack/adapter.js';
import { WebPlatform } from '../../bot/platforms/web/adapter.js';
import { specify } from '../../bot/services/plans.js';
import { loadConfig } from '../../src/config/load.js';
import type { Platform } from '../../src/domain/state/platforms.js';
import { createLog } from '../../src/log.js';
import { Meter } from '../../src/monitor/meter.js';
import { Store } from '../../src/store/store.js';
import { answer, closeRound, cpuSeconds, stopHouse, watchLag } from '../lib/asked.mjs';

const [, , settings] = process.argv;
const now = () => performance.timeOrigin + performance.now();
const config = loadConfig({ set: JSON.parse(settings!), env: {} });

/** ["ballot voter emoji present", when durable, the row's own time] */
let durable: [string, number, number][] = [];
const { commit } = Store.prototype;
Store.prototype.commit = async function (rows, effects) {
  await commit.call(this, rows, effects);
  const at = now();
  for (const change of rows) {
    if (change.table !== 'fact') continue;
    const { row } = change;
    durable.push([`${row.ballot} ${row.voter} ${row.emoji} ${row.present}`, at, row.at]);
  }
};

const lag = watchLag();
const log = createLog(config.logLevel);
const fatal = (error: unknown) => {
  log.error({ error: String(error) }, 'fatal');
  process.exit(1);
};
const fake = new FakePlatform();
let chats: Awaited<ReturnType<typeof connectedPlatforms>> = [];
let web: WebPlatform | undefined;
const house = await createApp({
  config,
  log,
  fatal,
  platforms: async (app, paths, clock) => {
    const { overview, completion, services } = app;
    chats = await connectedPlatforms({
      config,
      log,
      clock,
      fatal,
      reach: new Reach({ log, clock }),
      watch: new Watch({ meter: new Meter('bot'), log, clock }),
      completion,
    });
    web = new WebPlatform({
      ...pageOptions(config, { overview, completion, crowd: services.crowd }, paths, clock),
      onError: (error) => log.error({ error: String(error) }, 'web'),
    });
    return [fake, web, ...chats];
  },
});
const { app } = house;
const began = performance.now();
await app.start();
const started = (performance.now() - began) / 1000;

const spec = (title: string, platform: Platform, images: number) =>
  specify(config, { prompt: 'a black cat inside a cardboard box', title, seed: 5, images }, platform);

/** Marks and closes its round as soon as it is open. */
function keepLearning() {
  const ann = fakeAccount('ann', 'moderator');
  let busy = false;
  setInterval(async () => {
    const state = app.sessions.get('learning');
    const round = state?.rounds.at(-1);
    if (busy || round?.state !== 'open') return;
    busy = true;
    await fake.consent('learning', ann);
    for (const { ref, card } of fake.messages)
      if (card.kind === 'ballot' && card.data?.round === round.number) await fake.mark(ref, ann, '1');
    await closeRound(house, 'learning', 'ann');
    busy = false;
  }, 500);
}

interface Opened {
  session: string;
  platform: Platform;
  channel: string;
  images: number;
}

interface Consent {
  platform: Platform;
  channel: string;
  accounts: readonly string[];
}

const requests = {
  open: async ({ session, platform, channel, images }: Opened) => {
    const place = {
      channel: `${platform}-${channel}`,
      community: platform,
      platform,
      address: channel,
      sweeps: platform !== 'web',
    } as const;
    await app.services.opening.open(spec(session, platform, images), { id: session, place, createdBy: null });
  },
  learn: keepLearning,
  consent: async ({ platform, channel, accounts }: Consent) => {
    for (const id of accounts) {
      const account = { ...fakeAccount(id), platform };
      await app.chat.receive({ kind: 'consent', channel, account, given: true, at: Date.now() });
    }
    return accounts.map((id) => house.voterKey(platform, id));
  },
  ballots: ({ session }: { session: string }) => {
    const state = app.sessions.get(session);
    if (state?.rounds.at(-1)?.state !== 'open') return [];
    return [...state.ballots.values()].map(({ id, message, cells }) => ({
      id,
      message: message!,
      cells: cells.length,
    }));
  },
  learning: () => {
    const jobs = [...(app.sessions.get('learning')?.jobs.values() ?? [])];
    return jobs.map(({ kind, state, done, total }) => ({ kind, state, done, total }));
  },
  page: () => web!.url,
  url: () => (chats.find((chat) => chat.name === 'slack') as SlackPlatform).url,
  reset: () => {
    durable = [];
    lag.reset();
    return { cpu: cpuSeconds() };
  },
  measured: () => ({
    durable,
    lag: lag.now(),
    cpu: cpuSeconds(),
    memory: process.memoryUsage().rss / 2 ** 20,
  }),
  stop: stopHouse(house),
};

export type BotRequests = typeof requests;
export interface BotHello {
  /** Seconds from the app made to the app started. */
  started: number;
}

answer(requests, { started } satisfies BotHello);
