// What the queue over Redis costs the bot: of a core while one engine is at work (an engine that computes
// nothing, in a process of its own, whose jobs follow each other), and a look at its jobs, which it takes
// every few seconds; and how soon the job of an engine that is killed is begun by another, with the default
// of `queue.lostSeconds`. Writes what simulate.mjs reads. Usage: node bench/scale/queue.mjs [--jobs 500]
// [--seconds 60] [--deaths 5] [--out FILE]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { engineAtWork, startRedis } from '../../dist/bench/lib/redis.mjs';
import { Supervised } from '../../dist/bench/lib/supervised.mjs';
import { machine, median } from '../../dist/bench/lib/table.mjs';
import { createLog } from '../../dist/src/log.js';
import { BullQueue } from '../../dist/src/queue/redis/bullmq.js';

const here = dirname(fileURLToPath(import.meta.url));
const { values: given } = parseArgs({
  options: {
    jobs: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    deaths: { type: 'string', default: '5' },
    out: { type: 'string', default: join(dirname(here), 'out', 'queue.json') },
  },
});
const count = Number(given.jobs);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-queue-'));
const { server, port } = await startRedis(dir);
const key = 'k'.repeat(32);
const nowhere = {
  prepare: async () => {},
  pack: async (_kind, payload) => ({ payload, models: [] }),
  keep: async () => {},
  identity: async () => null,
  noted: async () => [],
};
const open = (prefix) =>
  new BullQueue({
    redis: { url: `redis://127.0.0.1:${port}`, ca: null },
    prefix,
    key,
    transport: nowhere,
    log: createLog('error'),
  });
const job = (i) => {
  const payload = { session: `s${i}`, round: 1, attempt: 1, seed: 1, task: 'cat' };
  return {
    id: `s${i}.1.score.1`,
    kind: 'score',
    payload: { ...payload, judge: '/judge', roundDir: '/round' },
  };
};

/** Seconds of a core that this process takes over the work. */
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const startEngine = (prefix, name) => {
  const command = [process.execPath, join(here, 'queue-engine.mjs'), `${port}`, prefix, key, name];
  const engine = new Supervised(name, command, { dir });
  engine.start();
  return engine;
};

/** One job after the other, as long as is asked. */
async function atWork() {
  const queue = open('work');
  const engine = startEngine('work', 'e');
  let [words, jobs] = [0, 0];
  const one = () => queue.run(job(jobs++), () => words++);
  // What is compiled and opened once is not counted.
  await one();
  const from = performance.now();
  [words, jobs] = [0, 0];
  const cpu = await cpuOf(async () => {
    while (performance.now() - from < Number(given.seconds) * 1000) await one();
  });
  const took = (performance.now() - from) / 1000;
  await queue.close();
  await engine.end();
  return { botCpu: cpu / took, jobs, words };
}

/** Seconds of a core that a look at a job takes, where `count` wait. */
async function look() {
  const queue = open('look');
  for (let i = 0; i < count; i++) queue.run(job(i)).catch(() => {});
  await wait(3000);
  const times = [];
  for (let i = 0; i < 7; i++)
    times.push(
      await cpuOf(async () => {
        await queue.look();
        await wait(700);
      }),
    );
  await queue.close();
  return median(times) / count;
}

/** Seconds from an engine's death amid a job until the other tells of it. */
async function handedOn() {
  const queue = open('death');
  const engines = { a: startEngine('death', 'a'), b: startEngine('death', 'b') };
  const seconds = [];
  for (let i = 0; i < Number(given.deaths); i++) {
    while ((await queue.engines()).length < 2) await wait(100);
    let killed = null;
    let noted = false;
    await queue.run(job(i), async ({ done }) => {
      if (killed !== null && done === 1 && !noted) {
        noted = true;
        seconds.push((performance.now() - killed) / 1000);
      }
      if (killed !== null || done < 5) return;
      killed = performance.now();
      // It stays away until the job is another's.
      engines[(await engineAtWork(port, 'death'))[0]].kill(20_000);
    });
  }
  await queue.close();
  for (const engine of Object.values(engines)) await engine.end();
  return seconds;
}

const { botCpu, jobs, words } = await atWork();
const deaths = await handedOn();
const perJob = await look();
const report = { machine: machine(), botCpu, jobs, words, deaths, looked: count, perJob };
mkdirSync(dirname(given.out), { recursive: true });
writeFileSync(given.out, JSON.stringify(report, null, 1));
console.log(
  `${report.machine}: an engine at work (${jobs} jobs, ${words} words) costs the bot ${(botCpu * 100).toFixed(2)} % of a core; a look at ${count} jobs ${(perJob * count * 1000).toFixed(0)} ms of it; ${deaths.length} engines were killed amid a job, which another had begun after ${Math.max(0, ...deaths).toFixed(1)} s at most`,
);
await server.end();
rmSync(dir, { recursive: true, force: true });
process.exit(0);
