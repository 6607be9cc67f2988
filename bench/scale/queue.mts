// What the queue over Redis costs the bot: of a core while one engine is at work (an engine that computes
// nothing, in a process of its own, whose jobs follow each other), and a look at its jobs, which it takes
// every few seconds; and how soon the job of an engine that is killed is begun by another, with the default
// of `queue.lostSeconds`. Writes what simulate.mjs reads. Usage: npm run bench -- scale/queue [--jobs 500]
// [--seconds 60] [--deaths 5] [--out FILE]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { createLog } from '../../src/log.js';
import type { JobRequest } from '../../src/queue/contract.js';
import { BullQueue } from '../../src/queue/redis/bullmq.js';
import type { BotTransport } from '../../src/queue/transport/transport.js';
import { engineAtWork, startRedis } from '../lib/redis.mjs';
import { Supervised } from '../lib/supervised.mjs';
import { machine, median } from '../lib/table.mjs';

const here = import.meta.dirname;
const { values: given } = parseArgs({
  options: {
    jobs: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    deaths: { type: 'string', default: '5' },
    out: { type: 'string', default: projectPath('bench/out/queue.json') },
  },
});
const count = Number(given.jobs);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-queue-'));
const { server, port } = await startRedis(dir);
const key = 'k'.repeat(32);
const nowhere: BotTransport = {
  prepare: async () => {},
  pack: async (_kind, payload) => ({ payload, models: [] }),
  keep: async () => {},
  identity: async () => null,
  noted: async () => [],
};
const open = (prefix: string) =>
  new BullQueue({
    redis: { url: `redis://127.0.0.1:${port}`, ca: null },
    prefix,
    key,
    transport: nowhere,
    log: createLog('error'),
  });
const job = (i: number): JobRequest<'score'> => {
  const payload = { session: `s${i}`, round: 1, attempt: 1, seed: 1, task: 'cat' };
  return {
    id: `s${i}.1.score.1`,
    kind: 'score',
    payload: { ...payload, judge: '/judge', roundDir: '/round' },
  };
};

/** Seconds of a core that this process takes over the work. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const startEngine = (prefix: string, name: string) => {
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
  const times: number[] = [];
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
  const seconds: number[] = [];
  for (let i = 0; i < Number(given.deaths); i++) {
    while ((await queue.engines()).length < 2) await wait(100);
    let killed: number | null = null;
    let noted = false;
    await queue.run(job(i), async ({ done }) => {
      if (killed !== null && done === 1 && !noted) {
        noted = true;
        seconds.push((performance.now() - killed) / 1000);
      }
      if (killed !== null || done < 5) return;
      killed = performance.now();
      // It stays away until the job is another's.
      const name = (await engineAtWork(port, 'death'))?.startsWith('b') ? 'b' : 'a';
      void engines[name].kill(20_000);
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
