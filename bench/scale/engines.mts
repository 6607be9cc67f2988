// What a second engine brings: rounds an hour of sessions that are voted on at once, by one engine of one
// thread and by two, over a real Redis; and what a round costs the engine, Redis and the bot. Writes the
// service times that simulate.mjs reads. Usage: npm run bench -- scale/engines [--sessions 4] [--seconds 60]
// [--out FILE]; needs an idle machine.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createApp } from '../../bot/create-app.js';
import { FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import { specify } from '../../bot/services/plans.js';
import { loadConfig } from '../../src/config/load.js';
import { projectPath } from '../../src/files/paths.js';
import { createLog } from '../../src/log.js';
import { ask, startRedis } from '../lib/redis.mjs';
import { Supervised } from '../lib/supervised.mjs';
import { machine, markdown, mean } from '../lib/table.mjs';

const acclaim = projectPath('dist/src/acclaim.js');
const { values: given } = parseArgs({
  options: {
    sessions: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '60' },
    out: { type: 'string', default: projectPath('bench/out/engines.json') },
  },
});
const seconds = Number(given.seconds);
const sessions = Array.from({ length: Number(given.sessions) }, (_, i) => `s${i}`);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-engines-'));
/** A round of nine at the default 20 steps, and ten steps of learning: some seconds of one thread. */
const shape = { images: 9, samplerSteps: 20, learnerSteps: 10 };
const { server: redis, port: redisPort } = await startRedis(dir);
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

const settings = [
  `dataDir=${join(dir, 'data')}`,
  'logLevel=error',
  'engine.threads=1',
  `queue.redis=redis://127.0.0.1:${redisPort}`,
  `queue.key=${'k'.repeat(32)}`,
  'session.goal=null',
  'session.rounds=null',
  `session.images=${shape.images}`,
  `sampler.steps=${shape.samplerSteps}`,
  `learner.steps=${shape.learnerSteps}`,
  'votes.quorum=1',
  'votes.quorumBy=done',
];
mkdirSync(join(dir, 'data'));
const engine = (name: string) =>
  new Supervised(
    name,
    [
      process.execPath,
      acclaim,
      'engine',
      ...[...settings, `queue.engine=${name}`].flatMap((s) => ['--set', s]),
    ],
    { dir },
  );
const engines = [engine('a'), engine('b')];

/** Seconds so far of the engines and what computes for them: on a core, and waiting for one. */
function engineTime() {
  let [ran, queued] = [0, 0];
  for (const { pid } of engines) {
    if (pid === null) continue;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/);
    for (const one of [pid, ...children.filter(Boolean)])
      for (const thread of readdirSync(`/proc/${one}/task`)) {
        const [run, queue] = readFileSync(`/proc/${one}/task/${thread}/schedstat`, 'utf8').split(' ');
        ran += Number(run) / 1e9;
        queued += Number(queue) / 1e9;
      }
  }
  return { ran, queued };
}

/** One number of INFO. */
async function info(section: string, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await ask(redisPort, `INFO ${section}`))?.[1]);
}

const config = loadConfig({ set: settings, env: {} });
const fake = new FakePlatform();
const ann = fakeAccount('ann');
const house = await createApp({
  config,
  log: createLog('error'),
  engines: 'redis',
  platforms: () => [fake],
  fatal: (error) => {
    throw error;
  },
});
const { app } = house;
await app.start();
for (const [i, id] of sessions.entries()) {
  const prompt = 'a black cat inside a cardboard box';
  const spec = specify(config, { prompt, title: id, seed: 5 + i }, 'fake');
  const place = {
    channel: `fake-${id}`,
    community: 'fake',
    platform: 'fake',
    address: id,
    sweeps: true,
  } as const;
  await app.services.opening.open(spec, { id, place, createdBy: null });
  await fake.consent(id, ann);
}

/** Votes at once on whatever opens. */
const voted = new Set<string>();
const voting = setInterval(() => {
  for (const id of sessions) {
    const round = app.sessions.get(id)?.rounds.at(-1);
    if (round?.state !== 'open' || voted.has(round.id)) continue;
    voted.add(round.id);
    const ballots = fake.messages.filter(
      ({ ref, card }) => ref.channel === id && card.kind === 'ballot' && card.data?.round === round.number,
    );
    void (async () => {
      for (const { ref } of ballots) await fake.mark(ref, ann, `${1 + (round.number % 3)}`);
      await fake.mark(ballots[0]!.ref, ann, 'done');
    })();
  }
}, 20);

const rounds = () => sessions.flatMap((id) => app.sessions.get(id)!.rounds.filter((r) => r.state === 'done'));
/** Jobs done make a finer count than rounds, each of which is two. */
const jobs = () =>
  sessions.reduce(
    (sum, id) =>
      sum + [...app.sessions.get(id)!.jobs.values()].filter(({ state }) => state === 'done').length,
    0,
  );

async function measure(count: number) {
  for (const one of engines.slice(0, count)) if (one.pid === null) one.start();
  // Every session once through, and every engine warm.
  const warm = rounds().length + sessions.length;
  while (rounds().length < warm) await wait(50);
  const from = jobs();
  const commands = await info('stats', 'total_commands_processed');
  const cpu = process.cpuUsage();
  const computed = engineTime();
  const began = performance.now();
  const learned = rounds().length;
  await wait(seconds * 1000);
  const took = (performance.now() - began) / 1000;
  const done = (jobs() - from) / 2;
  const { user, system } = process.cpuUsage(cpu);
  const time = engineTime();
  const taught = rounds().slice(learned);
  return {
    engines: count,
    rounds: done,
    perHour: (done / took) * 3600,
    learnSeconds: mean(taught.map((r) => r.learned!.seconds)),
    engineCpuPerRound: (time.ran - computed.ran) / done,
    /** Of the engines' time, what they waited for a core that others had. */
    engineQueued: (time.queued - computed.queued) / (took * count),
    botCpu: (user + system) / 1e6 / took,
    redisCommandsPerRound: ((await info('stats', 'total_commands_processed')) - commands) / done,
    redisMemoryMb: (await info('memory', 'used_memory')) / 2 ** 20,
  };
}

const rows: Awaited<ReturnType<typeof measure>>[] = [];
try {
  for (const count of [1, 2]) {
    process.stderr.write(`${count} engine${count > 1 ? 's' : ''}\n`);
    rows.push(await measure(count));
  }
} finally {
  clearInterval(voting);
  await house.stop();
  for (const one of [...engines, redis]) await one.end();
}
const [one, two] = rows as [(typeof rows)[0], (typeof rows)[0]];
const ratio = two.perHour / one.perHour;
const report = { machine: machine(), shape, sessions: sessions.length, seconds, rows, ratio };
const table = `${report.machine}; ${sessions.length} sessions, rounds of ${shape.images} images, ${shape.samplerSteps} steps, learned in ${shape.learnerSteps}.\n\n${markdown(
  [
    'engines of one thread',
    'rounds an hour',
    'against one',
    "engines' CPU a round",
    'waiting for a core',
    "the bot's CPU",
    'Redis commands a round',
  ],
  rows.map((row) => [
    row.engines,
    Math.round(row.perHour),
    row === one ? '' : `${ratio.toFixed(2)} (bound: >= 1.6)`,
    `${row.engineCpuPerRound.toFixed(1)} s`,
    `${Math.round(row.engineQueued * 100)} % of the time`,
    `${Math.round(row.botCpu * 100)} % of a core`,
    Math.round(row.redisCommandsPerRound),
  ]),
)}\n`;
mkdirSync(dirname(given.out), { recursive: true });
writeFileSync(given.out, JSON.stringify(report, null, 1));
writeFileSync(given.out.replace(/\.json$/, '.md'), table);
console.log(table);
process.exit(0);
