// What a newcomer waits for: `acclaim start` in an empty folder, one voter, two default rounds. Seconds to
// the first ballot, to draw a round of 18, to learn one; optimiser steps a second; peak memory of bot and
// engine together. Usage: node bench/start/measure.mjs [--rounds 2] [--task cat] [--set KEY=VALUE]... [--out
// FILE]; needs an idle machine.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpuSeconds, familyOf, proportionalMb } from '../../dist/bench/lib/memory.mjs';
import { machine, markdown } from '../../dist/bench/lib/table.mjs';
import { Visitor } from '../../dist/bench/lib/visitor.mjs';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    task: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join(bench, 'out', 'start.json') },
  },
});
const rounds = Number(options.rounds);
const data = mkdtempSync(join(tmpdir(), 'acclaim-start-'));

const began = performance.now();
const seconds = (since = began) => (performance.now() - since) / 1e3;
const app = spawn(
  process.execPath,
  [
    join(bench, '..', 'dist', 'src', 'acclaim.js'),
    ...['start', '--port', '0', '--data', data, '--seed', '1'],
    ...(options.task ? ['--task', options.task] : []),
    ...['logLevel=error', ...options.set].flatMap((pair) => ['--set', pair]),
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const ended = new Promise((resolve) => app.on('close', resolve));

// Bot and engine together, twice a second; pages they share are counted once.
const memory = { peak: 0, bot: 0, engine: 0 };
const sampler = setInterval(() => {
  const [bot, ...others] = familyOf(app.pid).map(proportionalMb);
  const engine = others.reduce((sum, mb) => sum + mb, 0);
  memory.bot = Math.max(memory.bot, bot);
  memory.engine = Math.max(memory.engine, engine);
  memory.peak = Math.max(memory.peak, bot + engine);
}, 500);

/** The newest status of the one session; asked five times a second: asking costs the server time too. */
async function statusUntil(base, met, look = () => {}) {
  for (;;) {
    const { sessions } = await (await fetch(`${base}/api/status`)).json();
    const [session] = sessions;
    if (session?.roundState === 'failed') throw new Error('the round failed');
    if (session) look(session);
    if (session && met(session)) return session;
    await wait(200);
  }
}

const report = { machine: machine(), rounds: [] };
try {
  const base = await new Promise((resolve, reject) => {
    createInterface({ input: app.stdout }).on('line', (line) => {
      const url = /http:\/\/[^\s/]+/.exec(line)?.[0];
      if (url) resolve(url);
    });
    app.on('close', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  report.ready = seconds();
  const visitor = new Visitor(base);
  await visitor.arrive();

  for (let number = 1; number <= rounds; number++) {
    const drawing = performance.now();
    const inRound = (s) => s.round === number;
    const open = await statusUntil(base, (s) => inRound(s) && s.roundState === 'open' && s.ballots > 0);
    const row = { round: number, draw: seconds(drawing) };
    report.firstBallot ??= seconds();
    if (number === 1) await visitor.consent(open.channel);

    // Marks every second cell as good, which is about what the base model deserves.
    const ballots = (await visitor.openBallots()).filter((m) => m.data.round === number);
    row.images = ballots.reduce((sum, m) => sum + m.data.cells.length, 0);
    for (const { id, data: card } of ballots) {
      await visitor.mark(
        id,
        card.cells.filter((cell) => cell.index % 4 < 2).map((cell) => cell.number),
      );
    }
    const learning = performance.now();
    for (const { id } of ballots) await visitor.done(id);

    const steps = [];
    const look = ({ job }) => {
      if (job?.stage !== 'train' || job.done === 0 || steps.at(-1)?.done === job.done) return;
      steps.push({ done: job.done, total: job.total, at: seconds(learning) });
      if (job.secondsLeft !== null && job.done < job.total) row.timeLeftShown = true;
    };
    const cpu = familyOf(app.pid).map(cpuSeconds);
    await statusUntil(base, (s) => s.round > number, look);
    row.cpu = familyOf(app.pid).map((pid, i) => cpuSeconds(pid) - (cpu[i] ?? 0));
    row.learn = seconds(learning);
    const [first, last] = [steps[0], steps.at(-1)];
    row.steps = last?.total ?? 0;
    row.stepsPerSecond = last && last.at > first.at ? (last.done - first.done) / (last.at - first.at) : null;
    report.rounds.push(row);
  }
  // The round after the last one: drawn warm, by an engine that has learned.
  const drawing = performance.now();
  await statusUntil(base, (s) => s.round === rounds + 1 && s.roundState === 'open' && s.ballots > 0);
  report.lastDraw = seconds(drawing);
} finally {
  clearInterval(sampler);
  app.kill('SIGINT');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

report.memory = memory;
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify(report, null, 1));

const slowest = (key) => Math.max(...report.rounds.map((row) => row[key] ?? 0));
const warm = [...report.rounds.slice(1).map((row) => row.draw), report.lastDraw];
const rate = Math.min(...report.rounds.map((row) => row.stepsPerSecond ?? Infinity));
const s = (x) => `${x.toFixed(1)} s`;
console.log(
  `${report.machine}; default settings, a lone voter, ${rounds} rounds of ${report.rounds[0].images}.\n`,
);
console.log(
  markdown(
    ['', 'measured', 'target'],
    [
      ['start to the page', s(report.ready), ''],
      ['start to the first ballot', s(report.firstBallot), '<= 15 s'],
      ['drawing a round, engine warm', s(Math.max(...warm)), '<= 5 s'],
      ['optimiser steps of batch 32', `${rate.toFixed(2)} a second`, '>= 2'],
      [`learning a round (${slowest('steps')} steps), vote to next round`, s(slowest('learn')), '<= 35 s'],
      [
        'time left shown while learning',
        report.rounds.every((row) => row.timeLeftShown) ? 'yes' : 'no',
        'yes',
      ],
      ['bot and engine together, peak (PSS)', `${Math.round(memory.peak)} MB`, '<= 900 MB'],
    ],
  ),
);
