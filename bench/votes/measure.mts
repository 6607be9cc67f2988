// How fast is a vote, and is one ever lost? Discord and Slack on loopback (a process of their own) under the
// real clients; beside them a round is drawn or learned all the time by an engine of one thread. Steady
// votes, a burst with kill -9 in its middle, and the rate doubled until it breaks. Usage: npm run bench --
// votes/measure [--seconds 120] [--rate 300] [--burst 5000] [--voters 500] [--ceiling-seconds 30]
// [--strangers 8] [--streams 1000] [--no-ceiling] [--profile DIR] [--out FILE]; needs an idle machine. With
// strangers they type wrong codes and toggle consent on the page while the votes come, and hold so many live
// lines.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { projectPath } from '../../src/files/paths.js';
import { Connection } from '../../src/store/sqlite.js';
import { Asked } from '../lib/process.mjs';
import { machine, markdown, percentile } from '../lib/table.mjs';
import type { BotHello, BotRequests } from './bot.mjs';
import { matched } from './matched.mjs';
import type { PeerRequests, Places } from './peer.mjs';
import type { StrangerRequests } from './strangers.mjs';

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    rate: { type: 'string', default: '300' },
    burst: { type: 'string', default: '5000' },
    voters: { type: 'string', default: '500' },
    strangers: { type: 'string', default: '0' },
    streams: { type: 'string', default: '0' },
    'ceiling-seconds': { type: 'string', default: '30' },
    'no-ceiling': { type: 'boolean', default: false },
    profile: { type: 'string' },
    out: { type: 'string', default: projectPath('bench/out/votes.json') },
  },
});
const seconds = Number(options.seconds);
const rate = Number(options.rate);
const bound = { vote: 100, lag: 100 };
const platforms = ['discord', 'slack'] as const;
const dir = mkdtempSync(join(tmpdir(), 'acclaim-votes-'));
const say = (text: string) => process.stderr.write(`${text}\n`);

const peer = await Asked.start<PeerRequests>(join(here, 'peer.mjs'), [scopes.join(',')]);
const { discord, slack } = await peer.ask('hello');
const channels = { discord: discord.channel, slack: slack.channel };
const settings = [
  `dataDir=${dir}`,
  'logLevel=error',
  'engine.threads=1',
  'session.goal=null',
  'session.rounds=null',
  'votes.quorum=100000',
  'learner.steps=2000',
  'servers=open',
  `discord.token=${discord.token}`,
  `discord.api=${discord.api}`,
  `slack.botToken=${slack.token}`,
  `slack.signingSecret=${slack.signingSecret}`,
  `slack.api=${slack.api}`,
  'slack.port=0',
  'server.port=0',
  // Strangers are members, and what they hold is not cut short by the bounds of a person.
  'server.accessToken=the-token-of-the-measurement',
  'server.voters=open',
  'limits.streams={ all: 2000, person: 2000, address: 2000 }',
];

async function startBot() {
  const flags = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const bot = await Asked.start<BotRequests, BotHello>(
    join(here, 'bot.mjs'),
    [JSON.stringify(settings)],
    flags,
  );
  await peer.ask('target', { url: (await bot.ask('url'))! });
  return bot;
}

async function until<T>(test: () => Promise<T | false>, what: string, patience = 300): Promise<T> {
  for (const end = performance.now() + patience * 1000; performance.now() < end; await wait(100)) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

interface Strangers {
  strangers: number;
  held: number;
  answers: Record<string, number>;
}

/** "platform message" -> ballot, "platform account" -> voter: what the ledger calls what the peer knows. */
const names = new Map<string, string>();

/** "platform message account number" as the ledger has it. */
const inLedger = (key: string) => {
  const [platform, message, account, number] = key.split(' ');
  return `${names.get(`${platform} ${message}`)} ${names.get(`${platform} ${account}`)} ${number}`;
};

let bot = await startBot();

/** Sessions, their crowd and their ballots; resolves once a round is learned beside them. */
async function begin(): Promise<void> {
  for (const platform of platforms)
    await bot.ask('open', { session: platform, platform, channel: channels[platform], images: 18 });
  await bot.ask('open', { session: 'learning', platform: 'fake', channel: 'learning', images: 18 });
  await bot.ask('learn');
  const crowd = await peer.ask('gather', { count: Number(options.voters) });
  const places: Places = { discord: [], slack: [] };
  for (const platform of platforms) {
    const accounts = crowd[platform];
    const keys = await bot.ask('consent', { platform, channel: channels[platform], accounts });
    for (const [i, key] of keys.entries()) names.set(`${platform} ${accounts[i]}`, key);
    const ballots = await until(async () => {
      const found = await bot.ask('ballots', { session: platform });
      return found.length > 0 && found;
    }, `${platform}'s round`);
    for (const { id, message } of ballots) names.set(`${platform} ${message}`, id);
    places[platform] = ballots.map((ballot) => ({ ...ballot, channel: channels[platform] }));
  }
  await peer.ask('places', places);
  await until(
    async () =>
      (await bot.ask('learning')).some(({ kind, state }) => kind === 'learn' && state === 'running'),
    'a round to be learned',
  );
}

async function steady(perSecond: number, length: number) {
  const before = await bot.ask('reset');
  const { events, took, unanswered } = await peer.ask('steady', { rate: perSecond, seconds: length });
  let measured = await bot.ask('measured');
  let found = matched(events, measured.durable, inLedger);
  await until(
    async () => {
      measured = await bot.ask('measured');
      found = matched(events, measured.durable, inLedger);
      return found.times.length + found.overtaken === events.length;
    },
    'every vote to be durable',
    30,
  ).catch(() => {});
  const { times, overtaken } = found;
  return {
    rate: perSecond,
    seconds: took,
    sent: events.length,
    durable: times.length,
    overtaken,
    lost: events.length - times.length - overtaken,
    unanswered,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    max: Math.max(...times),
    lag: measured.lag,
    cpu: (measured.cpu - before.cpu) / took,
    memory: measured.memory,
  };
}
type Row = Awaited<ReturnType<typeof steady>>;

/** Steady votes, with the strangers that were asked for beside them. */
async function underStrangers(): Promise<{ row: Row; strangers?: Strangers }> {
  const [count, streams] = [Number(options.strangers), Number(options.streams)];
  if (count === 0 && streams === 0) return { row: await steady(rate, seconds) };
  await bot.ask('open', { session: 'page', platform: 'web', channel: 'page', images: 18 });
  const strangers = await Asked.start<StrangerRequests>(join(here, 'strangers.mjs'));
  const asked = { url: (await bot.ask('page'))!, channel: 'page', strangers: count, streams };
  const { held } = await strangers.ask('begin', asked);
  const row = await steady(rate, seconds);
  const answers = await strangers.ask('end');
  await strangers.kill();
  return { row, strangers: { strangers: count, held, answers } };
}

/** A burst with kill -9 in its middle; seconds from the kill until the ledger equals what hangs there. */
async function restarted() {
  say(`a burst of ${options.burst} with kill -9`);
  await bot.ask('reset');
  const bursting = peer.ask('burst', { count: Number(options.burst) });
  await until(
    async () => (await bot.ask('measured')).durable.length > Number(options.burst) / 5,
    'the middle',
    60,
  );
  await bot.kill();
  const killed = performance.now();
  await bursting;
  bot = await startBot();
  const truth = new Set((await peer.ask('truth')).map(inLedger));
  let [missing, extra] = [truth.size, 0];
  const compare = async () => {
    const ledger = await known();
    missing = [...truth].filter((key) => !ledger.has(key)).length;
    extra = [...ledger].filter((key) => !truth.has(key)).length;
    return missing + extra === 0;
  };
  await until(compare, 'the ledger to equal the reactions', 120).catch(() => {});
  const equalAfter = (performance.now() - killed) / 1000;
  return { served: bot.hello.started, marks: truth.size, missing, extra, equalAfter };
}

/** The rate doubled until it breaks. */
async function doubled(): Promise<Row[]> {
  await bot.ask('learn');
  const rows: Row[] = [];
  for (let next = rate * 2; next <= 38_400; next *= 2) {
    say(`${next} votes a second`);
    const row = await steady(next, Number(options['ceiling-seconds']));
    rows.push(row);
    if (row.p99 > bound.vote || row.lag.p99 > bound.lag || row.lost > 0) break;
  }
  return rows;
}

async function whole() {
  await begin();
  say('warming up');
  await steady(rate, 5);
  say(`${rate} votes a second for ${seconds} s`);
  const { row, strangers } = await underStrangers();
  const learning = await bot.ask('learning');
  const restart = await restarted();
  const ceiling = options['no-ceiling'] ? [] : await doubled();
  const objections = await peer.ask('objections');
  return { strangers, steady: row, learning, restart, ceiling, objections };
}

const found = await whole().finally(async () => {
  await bot.ask('stop').catch(() => {});
  await bot.gone;
  await peer.kill();
  rmSync(dir, { recursive: true, force: true });
});

/** Marks that stand in the ledger: the last row of each. */
async function known(): Promise<Set<string>> {
  const file = readdirSync(dir).find((name) => name.endsWith('.sqlite'))!;
  const db = await Connection.open(join(dir, file), 'read');
  try {
    const rows = await db.all<{ ballot: string; voter: string; emoji: string; present: number }>(
      `SELECT ballot, voter, emoji, present FROM fact WHERE seq IN
       (SELECT max(seq) FROM fact GROUP BY ballot, voter, emoji)`,
    );
    const crowd = rows.filter(({ ballot, present }) => present && !ballot.startsWith('learning.'));
    return new Set(crowd.map(({ ballot, voter, emoji }) => `${ballot} ${voter} ${emoji}`));
  } finally {
    await db.close();
  }
}

const ms = (x: number) => `${x.toFixed(x < 10 ? 1 : 0)} ms`;
const counts = (row: Row) => [row.sent, row.durable, row.overtaken, row.lost].join(' / ');
const { steady: row, restart, ceiling, strangers } = found;
const held = ceiling.filter((one) => one.p99 <= bound.vote && one.lag.p99 <= bound.lag && one.lost === 0);
const highest = [row, ...held].at(-1)!;
const rows = [
  [`votes a second over Discord and Slack, ${row.seconds.toFixed(0)} s`, `${row.rate}`, '300'],
  ['from the event sent to the durable row, p50', ms(row.p50), ''],
  ['the same, p99', ms(row.p99), '<= 100 ms'],
  ['the same, slowest', ms(row.max), ''],
  ['votes sent / durable / overtaken by a newer one of the same mark / lost', counts(row), 'none lost'],
  ['event loop lag, p99', ms(row.lag.p99), '<= 100 ms'],
  ...(strangers
    ? [
        [
          `meanwhile ${strangers.strangers} strangers, ${strangers.held} live lines held; answers by status`,
          JSON.stringify(strangers.answers).replaceAll('"', ''),
          '',
        ],
      ]
    : []),
  ["the bot's CPU", `${Math.round(row.cpu * 100)} % of one core`, ''],
  [
    'burst with kill -9: marks missing / too many after the sweep',
    `${restart.missing} / ${restart.extra} of ${restart.marks}`,
    '0 / 0',
  ],
  ['kill to ledger equal', `${restart.equalAfter.toFixed(1)} s`, ''],
  ['highest rate that holds both bounds', `${highest.rate} a second (p99 ${ms(highest.p99)})`, ''],
  ...ceiling
    .filter((one) => !held.includes(one))
    .map((one) => [
      `at ${one.rate} a second: p99, slowest, lag p99; sent / durable / overtaken / lost`,
      `${ms(one.p99)}, ${ms(one.max)}, ${ms(one.lag.p99)}; ${counts(one)}`,
      '',
    ]),
];
const report = { machine: machine(), rate, seconds, voters: Number(options.voters), rows, ...found };
const table = `${report.machine}; ${options.voters} voters a platform, a round being learned beside it by one thread.\n\n${markdown(['', 'measured', 'target'], rows)}\n`;
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify(report, null, 1));
writeFileSync(options.out.replace(/\.json$/, '.md'), table);
console.log(table);
