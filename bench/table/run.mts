// Runs `acclaim simulate` over the rows of plan.mjs and their seeds, each run in a process of one thread, a
// few at a time. Resumable: a run whose figures stand in the folder is skipped; a run that fails is named at
// the end and tried again next time. Usage: npm run bench -- table/run [--jobs 2] [--seeds 101,102] [--only
// acclaim,hand] [--order seeds|rows] [--set KEY=VALUE]... [--per-round N] [--figures-of plain] [--out DIR];
// then npm run bench -- table/render
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { type PlanRow, rows, runName, seeds } from './plan.mjs';

const { values: options } = parseArgs({
  options: {
    jobs: { type: 'string', default: '2' },
    /** Instead of the seeds of plan.mjs. */
    seeds: { type: 'string' },
    /** Words that a run's name must hold, one of them: a task, a learner, a number of votes. */
    only: { type: 'string', default: '' },
    /** seeds: every row once before any row twice, so that a table stands early; rows: row by row. */
    order: { type: 'string', default: 'seeds' },
    set: { type: 'string', multiple: true, default: [] },
    'per-round': { type: 'string' },
    /** plain: without the figures from hero noise. */
    'figures-of': { type: 'string', default: 'all' },
    out: { type: 'string', default: projectPath('bench/out/table') },
  },
});
const folder = resolve(options.out);
mkdirSync(folder, { recursive: true });

const wanted = options.only.split(',').filter(Boolean);
const chosen = rows.filter((row) => {
  const name = `${row.task}-${row.learner}-${row.votes}`;
  return wanted.length === 0 || wanted.some((word) => name === word || name.split('-').includes(word));
});
const given = options.seeds?.split(',').map(Number);
const queues = chosen.map((row) => (given ?? row.seeds ?? seeds).map((seed) => ({ row, seed })));
const turns = Math.max(0, ...queues.map((queue) => queue.length));
const runs =
  options.order === 'rows'
    ? queues.flat()
    : Array.from({ length: turns }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat();
const figures = (row: PlanRow, seed: number) => join(folder, `${runName(row, seed)}.json`);
const left = runs.filter(({ row, seed }) => !existsSync(figures(row, seed)));
console.error(`${runs.length} runs, ${runs.length - left.length} done before, ${options.jobs} at a time`);

interface Done {
  name: string;
  ok: boolean;
  said: string;
}

function run({ row, seed }: { row: PlanRow; seed: number }): Promise<Done> {
  const file = figures(row, seed);
  const perRound = options['per-round'] ?? row.perRound;
  const args = [
    projectPath('dist/src/acclaim.js'),
    ...['simulate', '--task', row.task, '--learner', row.learner, '--votes', String(row.votes)],
    ...['--seed', String(seed), '--threads', '1', '--json', `${file}.part`],
    ...['--figures-of', options['figures-of']],
    ...(perRound === undefined ? [] : ['--per-round', String(perRound)]),
    ...[...(row.set ?? []), ...options.set].flatMap((pair) => ['--set', pair]),
  ];
  return new Promise((done) => {
    const log = createWriteStream(`${file.slice(0, -5)}.log`);
    log.on('open', () => {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', log] });
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
      });
      running.add(child);
      child.on('close', (code) => {
        running.delete(child);
        log.end();
        if (code === 0) renameSync(`${file}.part`, file);
        done({ name: runName(row, seed), ok: code === 0, said: said.trim() });
      });
    });
  });
}

const running = new Set<ChildProcess>();
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
  for (const child of running) child.kill('SIGINT');
});

const failed: string[] = [];
async function worker() {
  while (left.length > 0 && !stopped) {
    const { name, ok, said } = await run(left.shift()!);
    console.error(`${new Date().toISOString().slice(11, 19)} ${ok ? 'done  ' : 'FAILED'} ${name}  ${said}`);
    if (!ok) failed.push(name);
  }
}
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}; their words: ${folder}/<run>.log`);
  process.exitCode = 1;
}
