// How fast is a vote, and is one ever lost? Discord and Slack on loopback (a process of their own) under the
// real clients; beside them a round is drawn or learned all the time by an engine of one thread. Steady
// votes, a burst with kill -9 in its middle, and the rate doubled until it breaks. Usage: node
// bench/votes/measure.mjs [--seconds 120] [--rate 300] [--burst 5000] [--voters 500] [--ceiling-seconds 30]
// [--strangers 8] [--streams 1000] [--no-ceiling] [--profile DIR] [--out FILE]; needs an idle machine. With
// strangers they type wrong codes and toggle consent on the page while the votes come, and hold so many live
// lines.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scopes } from '../../dist/bot/platforms/slack/manifest.js';
import { Connection } from '../../dist/src/store/sqlite.js';
import { Asked } from '../lib/process.mjs';
import { machine, markdown, percentile } from '../lib/table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
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
    out: { type: 'string', default: join(dirname(here), 'out', 'votes.json') },
  },
});
const seconds = Number(options.seconds);
const rate = Number(options.rate);
const bound = { vote: 100, lag: 100 };
const platforms = ['discord', 'slack'];
const dir = mkdtempSync(join(tmpdir(), 'acclaim-votes-'));
const say = (text) => process.stderr.write(`${text}\n`);

const peer = await Asked.start(join(here, 'peer.mjs'), [scopes.join(',')]);
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
  const bot = await Asked.start(join(here, 'bot.mjs'), [JSON.stringify(settings)], flags);
  await peer.ask('target', { url: await bot.ask('url') });
  return bot;
}

async function until(test, what, patience = 300) {
  for (const end = performance.now() + patience * 1000; performance.now() < end; await wait(100)) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

let bot = await startBot();
const report = { machine: machine(), rate, seconds, voters: Number(options.voters), rows: [] };
try {
  for (const platform of platforms)
    await bot.ask('open', { session: platform, platform, channel: channels[platform], images: 18 });
  await bot.ask('open', { session: 'learning', platform: 'fake', channel: 'learning', images: 18 });
  await bot.ask('learn');
  const crowd = await peer.ask('gather', { count: Number(options.voters) });
  /** Message -> ballot, account -> voter: what the ledger calls what the peer knows. */
  const names = new Map();
  const places = {};
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

  /** "platform message account number" as the ledger has it. */
  const inLedger = (key) => {
    const [platform, message, account, number] = key.split(' ');
    return `${names.get(`${platform} ${message}`)} ${names.get(`${platform} ${account}`)} ${number}`;
  };

  /**
   * Each event's row. A mark may change several times within a moment: Discord's line keeps the order, so its
   * rows are those of its events in turn; Slack's calls arrive in any order and carry their time, which the
   * row has too. One that came after a newer call about the same mark (sent within a second) changes nothing
   * and has no row: it is overtaken, not lost.
   */
  const matched = (events, durable) => {
    const rows = new Map();
    for (const [key, ...times] of durable) rows.set(key, [...(rows.get(key) ?? []), times]);
    const times = [];
    const without = [];
    const kept = new Map();
    for (const [key, present, sent, told] of events) {
      const own = rows.get(`${inLedger(key)} ${present}`) ?? [];
      const index = told === null ? 0 : own.findIndex(([, at]) => at === told);
      const [row] = index < 0 ? [] : own.splice(index, 1);
      if (row) times.push(row[0] - sent);
      else if (told !== null) without.push([key, sent]);
      if (row) kept.set(key, [...(kept.get(key) ?? []), sent]);
    }
    const newer = ([key, sent]) => kept.get(key)?.some((at) => at > sent && at < sent + 1000);
    return { times, overtaken: without.filter(newer).length };
  };

  const steady = async (perSecond, length) => {
    const before = await bot.ask('reset');
    const { events, took, unanswered } = await peer.ask('steady', { rate: perSecond, seconds: length });
    let measured;
    let found;
    await until(
      async () => {
        measured = await bot.ask('measured');
        found = matched(events, measured.durable);
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
  };

  let strangers = null;
  if (Number(options.strangers) > 0 || Number(options.streams) > 0) {
    await bot.ask('open', { session: 'page', platform: 'web', channel: 'page', images: 18 });
    strangers = await Asked.start(join(here, 'strangers.mjs'));
    const url = await bot.ask('page');
    const asked = {
      url,
      channel: 'page',
      strangers: Number(options.strangers),
      streams: Number(options.streams),
    };
    report.strangers = { ...asked, ...(await strangers.ask('begin', asked)) };
  }
  say('warming up');
  await steady(rate, 5);
  say(`${rate} votes a second for ${seconds} s`);
  report.steady = await steady(rate, seconds);
  report.learning = await bot.ask('learning');
  if (strangers) {
    report.strangers.answers = await strangers.ask('end');
    await strangers.kill();
  }

  say(`a burst of ${options.burst} with kill -9`);
  const begun = await bot.ask('reset');
  void begun;
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
  report.restart = { served: bot.hello.started };
  const truth = new Set((await peer.ask('truth')).map(inLedger));
  const compare = async () => {
    const ledger = await known();
    const missing = [...truth].filter((key) => !ledger.has(key)).length;
    const extra = [...ledger].filter((key) => !truth.has(key)).length;
    report.restart = { ...report.restart, marks: truth.size, missing, extra };
    return missing + extra === 0;
  };
  await until(compare, 'the ledger to equal the reactions', 120).catch(() => {});
  report.restart.equalAfter = (performance.now() - killed) / 1000;

  if (!options['no-ceiling']) {
    await bot.ask('learn');
    report.ceiling = [];
    for (let next = rate * 2; next <= 38_400; next *= 2) {
      say(`${next} votes a second`);
      const row = await steady(next, Number(options['ceiling-seconds']));
      report.ceiling.push(row);
      if (row.p99 > bound.vote || row.lag.p99 > bound.lag || row.lost > 0) break;
    }
  }
  report.objections = await peer.ask('objections');
} finally {
  await bot.ask('stop').catch(() => {});
  await bot.gone;
  await peer.kill();
  rmSync(dir, { recursive: true, force: true });
}

/** Marks that stand in the ledger: the last row of each. */
async function known() {
  const file = readdirSync(dir).find((name) => name.endsWith('.sqlite'));
  const db = await Connection.open(join(dir, file), 'read');
  try {
    const rows = await db.all(
      `SELECT ballot, voter, emoji, present FROM fact WHERE seq IN
       (SELECT max(seq) FROM fact GROUP BY ballot, voter, emoji)`,
    );
    const crowd = rows.filter(({ ballot, present }) => present && !ballot.startsWith('learning.'));
    return new Set(crowd.map(({ ballot, voter, emoji }) => `${ballot} ${voter} ${emoji}`));
  } finally {
    await db.close();
  }
}

const ms = (x) => `${x.toFixed(x < 10 ? 1 : 0)} ms`;
const counts = (row) => [row.sent, row.durable, row.overtaken, row.lost].join(' / ');
const { steady, restart, ceiling = [] } = report;
const held = ceiling.filter((row) => row.p99 <= bound.vote && row.lag.p99 <= bound.lag && row.lost === 0);
const highest = [steady, ...held].at(-1);
report.rows = [
  [`votes a second over Discord and Slack, ${steady.seconds.toFixed(0)} s`, `${steady.rate}`, '300'],
  ['from the event sent to the durable row, p50', ms(steady.p50), ''],
  ['the same, p99', ms(steady.p99), '<= 100 ms'],
  ['the same, slowest', ms(steady.max), ''],
  ['votes sent / durable / overtaken by a newer one of the same mark / lost', counts(steady), 'none lost'],
  ['event loop lag, p99', ms(steady.lag.p99), '<= 100 ms'],
  ...(report.strangers
    ? [
        [
          `meanwhile ${report.strangers.strangers} strangers, ${report.strangers.held} live lines held; answers by status`,
          JSON.stringify(report.strangers.answers).replaceAll('"', ''),
          '',
        ],
      ]
    : []),
  ["the bot's CPU", `${Math.round(steady.cpu * 100)} % of one core`, ''],
  [
    'burst with kill -9: marks missing / too many after the sweep',
    `${restart.missing} / ${restart.extra} of ${restart.marks}`,
    '0 / 0',
  ],
  ['kill to ledger equal', `${restart.equalAfter.toFixed(1)} s`, ''],
  ['highest rate that holds both bounds', `${highest.rate} a second (p99 ${ms(highest.p99)})`, ''],
  ...ceiling
    .filter((row) => !held.includes(row))
    .map((row) => [
      `at ${row.rate} a second: p99, slowest, lag p99; sent / durable / overtaken / lost`,
      `${ms(row.p99)}, ${ms(row.max)}, ${ms(row.lag.p99)}; ${counts(row)}`,
      '',
    ]),
];
const table = `${report.machine}; ${options.voters} voters a platform, a round being learned beside it by one thread.\n\n${markdown(['', 'measured', 'target'], report.rows)}\n`;
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify(report, null, 1));
writeFileSync(options.out.replace(/\.json$/, '.md'), table);
console.log(table);
