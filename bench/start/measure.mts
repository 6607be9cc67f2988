// What a newcomer waits for: `acclaim start` in an empty folder, one voter, two default rounds. Seconds to
// the first ballot, to draw a round of 18, to learn one; optimiser steps a second; peak memory of bot and
// engine together. Usage: npm run bench -- start/measure [--rounds 2] [--task cat] [--set KEY=VALUE]... [--out
// FILE]; needs an idle machine.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SessionStatus } from '../../src/domain/sessions/views.js';
import { projectPath } from '../../src/files/paths.js';
import { cpuSeconds, familyOf, proportionalMb } from '../lib/memory.mjs';
import { machine, markdown } from '../lib/table.mjs';
import { Visitor } from '../lib/visitor.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    task: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: projectPath('bench/out/start.json') },
  },
});
const rounds = Number(options.rounds);
const data = mkdtempSync(join(tmpdir(), 'acclaim-start-'));

const began = performance.now();
const seconds = (since = began) => (performance.now() - since) / 1e3;
const app = spawn(
  process.execPath,
  [
    projectPath('dist/src/acclaim.js'),
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
  const [bot = 0, ...others] = familyOf(app.pid!).map(proportionalMb);
  const engine = others.reduce((sum, mb) => sum + mb, 0);
  memory.bot = Math.max(memory.bot, bot);
  memory.engine = Math.max(memory.engine, engine);
  memory.peak = Math.max(memory.peak, bot + engine);
}, 500);

type Looked = (session: SessionStatus) => unknown;

/** The newest status of the one session; asked five times a second: asking costs the server time too. */
async function statusUntil(base: string, met: Looked, look: Looked = () => {}): Promise<SessionStatus> {
  for (;;) {
    const { sessions } = (await (await fetch(`${base}/api/status`)).json()) as {
      sessions: SessionStatus[];
    };
    const [session] = sessions;
    if (session?.roundState === 'failed') throw new Error('the round failed');
    if (session) look(session);
    if (session && met(session)) return session;
    await wait(200);
  }
}

interface Row {
  round: number;
  draw: number;
  images: number;
  /** Of each process, CPU seconds while it learned. */
  cpu: number[];
  learn: number;
  steps: number;
  stepsPerSecond: number | null;
  timeLeftShown: boolean;
}
interface Report {
  machine: string;
  rounds: Row[];
  ready: number;
  firstBallot: number;
  lastDraw: number;
  memory: typeof memory;
}
const report: Report = { machine: machine(), rounds: [], ready: 0, firstBallot: 0, lastDraw: 0, memory };
try {
  const base = await new Promise<string>((resolve, reject) => {
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
    const inRound = (s: SessionStatus) => s.round === number;
    const open = await statusUntil(base, (s) => inRound(s) && s.roundState === 'open' && s.ballots > 0);
    const draw = seconds(drawing);
    if (number === 1) {
      report.firstBallot = seconds();
      await visitor.consent(open.channel);
    }

    // Marks every second cell as good, which is about what the base model deserves.
    const ballots = (await visitor.openBallots()).filter((m) => m.data.round === number);
    const images = ballots.reduce((sum, m) => sum + m.data.cells.length, 0);
    for (const { id, data: card } of ballots) {
      await visitor.mark(
        id,
        card.cells.filter((cell) => cell.index % 4 < 2).map((cell) => cell.number),
      );
    }
    const learning = performance.now();
    for (const { id } of ballots) await visitor.done(id);

    const steps: { done: number; total: number; at: number }[] = [];
    let timeLeftShown = false;
    const look = ({ job }: SessionStatus) => {
      if (job?.stage !== 'train' || job.done === 0 || steps.at(-1)?.done === job.done) return;
      steps.push({ done: job.done, total: job.total, at: seconds(learning) });
      if (job.secondsLeft !== null && job.done < job.total) timeLeftShown = true;
    };
    const before = familyOf(app.pid!).map(cpuSeconds);
    await statusUntil(base, (s) => s.round > number, look);
    const cpu = familyOf(app.pid!).map((pid, i) => cpuSeconds(pid) - (before[i] ?? 0));
    const learn = seconds(learning);
    const [first, last] = [steps[0], steps.at(-1)];
    const stepsPerSecond =
      first && last && last.at > first.at ? (last.done - first.done) / (last.at - first.at) : null;
    const counted = { steps: last?.total ?? 0, stepsPerSecond, timeLeftShown };
    report.rounds.push({ round: number, draw, images, cpu, learn, ...counted });
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

mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify(report, null, 1));

const slowest = (key: 'steps' | 'learn') => Math.max(...report.rounds.map((row) => row[key]));
const warm = [...report.rounds.slice(1).map((row) => row.draw), report.lastDraw];
const rate = Math.min(...report.rounds.map((row) => row.stepsPerSecond ?? Infinity));
const s = (x: number) => `${x.toFixed(1)} s`;
console.log(
  `${report.machine}; default settings, a lone voter, ${rounds} rounds of ${report.rounds[0]!.images}.\n`,
);
console.log(
  markdown(
    ['', 'measured', 'target'],
    [
      ['start to the page', s(report.ready), ''],
      ['start to the first ballot', s(report.firstBallot), '<= 15 s'],
      ['drawing a round, engine warm', s(Math.max(...warm)), '<= 5 s'],
      ['optimiser steps of batch 32', Number.isFinite(rate) ? `${rate.toFixed(2)} a second` : 'none', '>= 2'],
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
