// The bot over a data folder: the project's own app, store, queue, engine, and its Discord and Slack; built,
// not from source. Added from outside: when each mark was durable, the event loop's lag, and a session beside
// it in which a round is always being drawn or learned.

import { createApp } from '../../dist/bot/create-app.js';
import { connectedPlatforms } from '../../dist/bot/inbound/connect.js';
import { pageOptions } from '../../dist/bot/inbound/page-options.js';
import { Reach } from '../../dist/bot/monitoring/reach.js';
import { Watch } from '../../dist/bot/monitoring/watch.js';
import { FakePlatform, fakeAccount } from '../../dist/bot/platforms/fake/platform.js';
import { WebPlatform } from '../../dist/bot/platforms/web/adapter.js';
import { specify } from '../../dist/bot/services/plans.js';
import { loadConfig } from '../../dist/src/config/load.js';
import { createLog } from '../../dist/src/log.js';
import { Meter } from '../../dist/src/monitor/meter.js';
import { Store } from '../../dist/src/store/store.js';
import { answer, closeRound, cpuSeconds, stopHouse, watchLag } from '../lib/asked.mjs';

const [, , settings] = process.argv;
const now = () => performance.timeOrigin + performance.now();
const config = loadConfig({ set: JSON.parse(settings), env: {} });

let durable = [];
const { commit } = Store.prototype;
Store.prototype.commit = async function (rows, effects) {
  await commit.call(this, rows, effects);
  const at = now();
  for (const { table, row } of rows)
    if (table === 'fact')
      durable.push([`${row.ballot} ${row.voter} ${row.emoji} ${row.present}`, at, row.at]);
};

const lag = watchLag();
const log = createLog(config.logLevel);
const fatal = (error) => {
  log.error({ error: String(error) }, 'fatal');
  process.exit(1);
};
const fake = new FakePlatform();
let chats = [];
let web;
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

const spec = (title, platform, images) =>
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

const requests = {
  open: async ({ session, platform, channel, images }) => {
    const place = {
      channel: `${platform}-${channel}`,
      community: platform,
      platform,
      address: channel,
      sweeps: platform !== 'web',
    };
    await app.services.opening.open(spec(session, platform, images), { id: session, place, createdBy: null });
  },
  learn: keepLearning,
  consent: async ({ platform, channel, accounts }) => {
    for (const id of accounts) {
      const account = { ...fakeAccount(id), platform };
      await app.chat.receive({ kind: 'consent', channel, account, given: true, at: Date.now() });
    }
    return accounts.map((id) => house.voterKey(platform, id));
  },
  ballots: ({ session }) => {
    const state = app.sessions.get(session);
    if (state?.rounds.at(-1)?.state !== 'open') return [];
    return [...state.ballots.values()].map(({ id, message, cells }) => ({
      id,
      message,
      cells: cells.length,
    }));
  },
  learning: () => {
    const jobs = [...(app.sessions.get('learning')?.jobs.values() ?? [])];
    return jobs.map(({ kind, state, done, total }) => ({ kind, state, done, total }));
  },
  page: () => web.url,
  url: () => chats.find((chat) => chat.name === 'slack').url,
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

answer(requests, { started });
