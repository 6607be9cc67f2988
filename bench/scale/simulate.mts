// What do N channels need, and what gives way first? A day of rounds goes through c engines (discrete events,
// first come first served) until few wait long; everything else is demand per channel, measured, against what
// one of its kind takes. Reads what the other benches wrote (figures/*.json, ../chaos/figures), writes the
// tables of docs/scale.md. Usage: npm run bench -- scale/simulate [--figures DIR] [--rounds 2] [--voters 8]
// [--peak 2] [--print]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { Rng } from '../../src/rng.js';
import { sizes as sessions } from '../chaos/plan.mjs';
import { markdown, percentile } from '../lib/table.mjs';

const here = projectPath('bench/scale');
const docs = join(here, '..', '..', 'docs', 'scale.md');
/** What scale/measure, scale/engines, votes/measure and scale/queue wrote, as far as it is read here. */
interface Scale {
  sessions: number;
  ended: number;
  marks: number;
  bytes: number;
  afterStart: { rss: number };
  start: { answered: { at: number } };
}
interface EngineRow {
  perHour: number;
  learnSeconds: number;
  botCpu: number;
  redisCommandsPerRound: number;
}
interface Engines {
  rows: [EngineRow, EngineRow];
  shape: { images: number; learnerSteps: number };
  ratio: number;
}
interface VoteRow {
  rate: number;
  cpu: number;
  p99: number;
  lag: { p99: number };
  durable: number;
  sent: number;
}
interface Votes {
  steady: VoteRow;
  ceiling?: VoteRow[];
}
interface Queue {
  botCpu: number;
  perJob: number;
}
type Of = (figures: Scale) => number;

const { values: given } = parseArgs({
  options: {
    figures: { type: 'string', default: join(here, 'figures') },
    rounds: { type: 'string', default: '2' },
    voters: { type: 'string', default: '8' },
    peak: { type: 'string', default: '2' },
    print: { type: 'boolean', default: false },
  },
});
const figures = <T,>(name: string): T =>
  JSON.parse(readFileSync(join(given.figures, `${name}.json`), 'utf8'));
const scale = figures<Scale>('scale');
const small = figures<Scale>('scale-small');
const withEnded = figures<Scale>('scale-ended');
const engines = figures<Engines>('engines');
const votes = figures<Votes>('votes');
const queue = figures<Queue>('queue');
/** Discord's requests of one chaos run that nothing befell. */
const { undisturbed }: { undisturbed: { requests: Record<string, number> } } = JSON.parse(
  readFileSync(join(here, '..', 'chaos', 'figures', 'chaos.json'), 'utf8'),
);

/** What a community is taken to do. */
const assumed = {
  roundsPerDay: Number(given.rounds),
  voters: Number(given.voters),
  /** The busiest moment against the mean one, at most 2: the day is a sine around it. */
  peak: Number(given.peak),
  marksPerVoter: 11,
  images: 18,
  sheets: 2,
  learnerSteps: 40,
  roundsPerSession: 12,
  channelsPerServer: 2,
  /** Most of a day's rounds may wait so long for an engine, s. */
  patience: 300,
};
const day = 86_400;

/** Measured, in seconds of one thread for a round of the assumed shape: time goes with images and steps. */
const [one] = engines.rows;
const roundSeconds = 3600 / one.perHour;
const learn = (one.learnSeconds * assumed.learnerSteps) / engines.shape.learnerSteps;
const draw = ((roundSeconds - one.learnSeconds) * assumed.images) / engines.shape.images;

/** Line through two sizes: [at nothing, per session]. */
const line = (of: Of) => {
  const slope = (of(scale) - of(small)) / (scale.sessions - small.sessions);
  return { base: of(scale) - slope * scale.sessions, slope };
};
const memory = line((r) => r.afterStart.rss);
const restart = line((r) => r.start.answered.at);
/** What a session that ended adds, though nobody reads it. */
const perEnded = (of: Of) => Math.max(0, of(withEnded) - of(small)) / withEnded.ended;
const memoryEnded = perEnded((r) => r.afterStart.rss);
const restartEnded = perEnded((r) => r.start.answered.at);
const cpuPerVote = votes.steady.cpu / votes.steady.rate;
/** Progress of a job is written down and shown as it comes: it costs by the second, not by the round. */
const cpuPerBusyEngine = engines.rows[1].botCpu - one.botCpu;
const held = [votes.steady, ...(votes.ceiling ?? [])].filter(
  (row) => row.p99 <= 100 && row.lag.p99 <= 100 && row.durable === row.sent,
);
const votesPerSecond = Math.max(...held.map(({ rate }) => rate));

/** Requests of a round: reactions are primed and read one by one, so those grow with the cells of a sheet. */
const byReaction = /reactions/;
const emojiMeasured = 3;
const emojiAssumed = assumed.images / assumed.sheets + 1;
const requestsPerRound = Object.entries(undisturbed.requests).reduce(
  (sum, [operation, count]) =>
    sum + (count / sessions.small.rounds) * (byReaction.test(operation) ? emojiAssumed / emojiMeasured : 1),
  0,
);

/** Rounds a second in the hour of the day. */
const rate = (channels: number, t: number) =>
  ((channels * assumed.roundsPerDay) / day) * (1 + (assumed.peak - 1) * Math.sin((2 * Math.PI * t) / day));

/** Times at which rounds close, of a day, by thinning a Poisson stream. */
function closings(channels: number): number[] {
  const rng = new Rng(7, 0, `closings.${channels}`);
  const most = rate(channels, day / 4);
  const times: number[] = [];
  for (let t = 0; t < day; ) {
    t -= Math.log(1 - rng.uniform()) / most;
    if (rng.uniform() * most < Math.max(0, rate(channels, t))) times.push(t);
  }
  return times;
}

/** 95 in a hundred wait at most so long, s, for one of `count` engines. */
function wait(times: readonly number[], count: number): number {
  const free = new Float64Array(count);
  const waits = times.map((t) => {
    // The root is the engine that is free first.
    const start = Math.max(t, free[0]!);
    let at = 0;
    const until = start + learn + draw;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && free[child + 1]! < free[child]!) child += 1;
      if (free[child]! >= until) break;
      free[at] = free[child]!;
      at = child;
    }
    free[at] = until;
    return start - t;
  });
  return percentile(waits, 0.95);
}

function enginesFor(channels: number) {
  const times = closings(channels);
  let [least, most] = [1, 1];
  while (wait(times, most) > assumed.patience) [least, most] = [most, most * 2];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (wait(times, middle) <= assumed.patience) most = middle;
    else least = middle + 1;
  }
  return { count: most, wait: wait(times, most) };
}

const marksPerRound = assumed.voters * assumed.marksPerVoter;
const peakRounds = (channels: number) => rate(channels, day / 4);
const bytesPerMark = scale.bytes / scale.marks;

const busyEngines = (channels: number) => peakRounds(channels) * (learn + draw);
const endedAfterAYear = (channels: number) =>
  (channels * 365 * assumed.roundsPerDay) / assumed.roundsPerSession;

interface Resource {
  name: string;
  demand(channels: number): number;
  limit: number;
  from: string;
  change: string;
}

/** Demand of so many channels, what one of its kind takes, where that is from, and what would be changed. */
const resources: readonly Resource[] = [
  {
    name: 'restart to the first command after a year, s',
    demand: (n) => restart.base + n * restart.slope + endedAfterAYear(n) * restartEnded,
    limit: 10,
    from: 'measured; our own bound',
    change:
      "read a session's closed rounds when they are asked for; else several bots, each with its servers and database",
  },
  {
    name: 'memory of the bot after a year, GB',
    demand: (n) => (memory.base + n * memory.slope + endedAfterAYear(n) * memoryEnded) / 1024,
    limit: 4,
    from: "measured; V8's heap by default",
    change: 'the same',
  },
  {
    name: 'votes a second at the peak',
    demand: (n) => peakRounds(n) * marksPerRound,
    limit: votesPerSecond,
    from: 'measured, discord.js and Bolt included',
    change: 'shards in processes of their own that decode and hand on events; the writer stays one',
  },
  {
    name: "the bot's CPU at the peak, cores",
    demand: (n) => peakRounds(n) * marksPerRound * cpuPerVote + busyEngines(n) * cpuPerBusyEngine,
    limit: 0.7,
    from: 'measured; one thread, with room to breathe',
    change: 'show progress without writing it down; then shards as above',
  },
  {
    name: 'database after a year, GB',
    demand: (n) => (n * assumed.roundsPerDay * marksPerRound * bytesPerMark * 365) / 1e9,
    limit: 200,
    from: 'measured; what a nightly backup copies in an hour at 55 MB/s',
    change: 'move the ledgers of sessions that ended into files of their own',
  },
  {
    name: 'requests a second to Discord at the peak',
    demand: (n) => peakRounds(n) * requestsPerRound,
    limit: 50,
    from: "counted; Discord's bound for one bot",
    change:
      '`ballots: buttons` in place of ten reactions a sheet, which are primed and read one by one; then ask for a higher bound',
  },
  {
    name: 'gateway shards',
    demand: (n) => n / assumed.channelsPerServer / 2500,
    limit: 2,
    from: "Discord's 2,500 servers a shard, and five seconds to identify each within our ten",
    change: 'shards in processes of their own, which go on while the bot restarts',
  },
  {
    name: "the bot's look at its queue at the peak, cores",
    demand: (n) => (busyEngines(n) * 2 * queue.perJob) / 5,
    limit: 1,
    from: 'measured; it asks after every job that is out or waits every five seconds',
    change: 'ask after those of which nothing was heard',
  },
  {
    name: 'Redis commands a second at the peak',
    demand: (n) => peakRounds(n) * one.redisCommandsPerRound,
    limit: 50_000,
    from: 'measured; the limit is taken, not measured',
    change: 'several Redis servers, each with its engines',
  },
];

/** Channels at which the demand reaches the limit. */
function wall({ demand, limit }: Resource): number {
  let [low, high] = [0, 1e9];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (demand(middle) > limit) high = middle;
    else low = middle;
  }
  return low;
}

const figure = (x: number) =>
  x >= 100 ? Math.round(x).toLocaleString('en') : x >= 1 ? x.toFixed(1) : x.toPrecision(2);
const sizes = [1000, 10_000, 30_000, 100_000];
const fleets = sizes.map(enginesFor);
const needs = markdown(
  ['channels', ...sizes.map((n) => n.toLocaleString('en'))],
  [
    ['rounds a day', ...sizes.map((n) => figure(n * assumed.roundsPerDay))],
    ['engines of one thread', ...fleets.map(({ count }) => figure(count))],
    ['wait for an engine, 95 in 100 at most, s', ...fleets.map((fleet) => figure(fleet.wait))],
    ...resources.map(({ name, demand }) => [name, ...sizes.map((n) => figure(demand(n)))]),
  ],
);
const walls = markdown(
  ['channels', 'what', 'limit', 'source', 'what would be changed'],
  resources
    .map((resource) => ({ ...resource, at: wall(resource) }))
    .sort((a, b) => a.at - b.at)
    .map(({ at, name, limit, from, change }) => [
      Math.round(at).toLocaleString('en'),
      name,
      figure(limit),
      from,
      change,
    ]),
);
const inputs = markdown(
  ['measured', ''],
  [
    ['drawing a round of 18, one thread', `${figure(draw)} s`],
    ['learning it in 40 steps, one thread', `${figure(learn)} s`],
    ['two engines against one', figure(engines.ratio)],
    ['a vote, CPU of the bot', `${figure(cpuPerVote * 1000)} ms`],
    ['an engine at work, CPU of the bot', `${figure(cpuPerBusyEngine * 100)} % of a core`],
    ['a session of a thousand marks in memory', `${figure(memory.slope)} MB`],
    ['the same at a restart', `${figure(restart.slope * 1000)} ms`],
    ['one that ended, in memory', `${figure(memoryEnded * 1024)} kB`],
    ['the same at a restart', `${figure(restartEnded * 1000)} ms`],
    ['a mark in the database, indices included', `${figure(bytesPerMark)} bytes`],
    ['requests to Discord a round', figure(requestsPerRound)],
    ['Redis commands a round', figure(one.redisCommandsPerRound)],
    [
      'the queue over Redis with an engine at work, CPU of the bot / asking after a job',
      `${figure(queue.botCpu * 100)} % of a core / ${figure(queue.perJob * 1000)} ms`,
    ],
  ],
);
const sections = { inputs, needs, walls };
let text = readFileSync(docs, 'utf8');
for (const [name, table] of Object.entries(sections))
  text = text.replace(
    new RegExp(`<!-- ${name}:begin -->[\\s\\S]*<!-- ${name}:end -->`),
    `<!-- ${name}:begin -->\n${table}\n<!-- ${name}:end -->`,
  );
if (given.print) console.log(Object.values(sections).join('\n\n'));
else writeFileSync(docs, text);
