// `acclaim start` with nothing but REDIS_URL set, on a fresh redis-server: default settings, a lone voter,
// three rounds. Over and over, since what ends a process may not do so every time. A run is well when all
// rounds are learned, neither the bot nor its engine ended, and no word of the queue was refused or dropped.
// Failed runs keep their folder. Usage: npm run bench -- start/redis [--runs 20] [--rounds 3] [--set
// KEY=VALUE]... [--out FILE]
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SessionStatus } from '../../src/domain/sessions/views.js';
import { projectPath } from '../../src/files/paths.js';
import { startRedis } from '../lib/redis.mjs';
import { machine, markdown, median } from '../lib/table.mjs';
import { Visitor } from '../lib/visitor.mjs';

const acclaim = projectPath('dist/src/acclaim.js');
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: projectPath('bench/out/start-redis.json') },
  },
});
const rounds = Number(options.rounds);
const LONGEST_MS = 300_000;
const folder = options.out.replace(/\.json$/, '');

/** What the processes say where something ended or was lost on the way. */
const bad = [
  'the engine ended',
  'the engine ends',
  'a word not',
  'job comes back',
  'job dropped',
  'level":50',
];

interface Run {
  wrong: string[];
  seconds: number;
}

async function play(number: number): Promise<Run> {
  const dir = join(folder, `run-${number}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const began = performance.now();
  const wrong: string[] = [];
  const { server, port } = await startRedis(dir);
  const args = ['start', '--port', '0', '--data', join(dir, 'data'), '--seed', String(number)];
  const set = options.set.flatMap((pair) => ['--set', pair]);
  const { PATH, HOME } = process.env;
  const app = spawn(process.execPath, [acclaim, ...args, ...set], {
    cwd: dir,
    env: { PATH, HOME, REDIS_URL: `redis://127.0.0.1:${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = join(dir, 'start.log');
  app.stderr.pipe(createWriteStream(log));
  const ended = once(app, 'close');
  const signal = AbortSignal.timeout(LONGEST_MS);
  const gone = ended.then(([code, how]) => {
    throw new Error(`it ended: ${code ?? how}`);
  });
  gone.catch(() => {});
  try {
    const base = await Promise.race([address(app), gone]);
    await Promise.race([vote(base, signal), gone]);
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  const alive = app.exitCode === null && app.signalCode === null;
  app.kill('SIGTERM');
  const [code, how] = await ended;
  if (alive && code !== 0) wrong.push(`told to leave it ended with ${code ?? how}`);
  for (const line of readFileSync(log, 'utf8').split('\n'))
    if (bad.some((words) => line.includes(words))) wrong.push(line.slice(0, 300));
  await server.end();
  if (wrong.length === 0) rmSync(dir, { recursive: true, force: true });
  return { wrong, seconds: (performance.now() - began) / 1e3 };
}

const address = (app: ChildProcessByStdio<null, Readable, Readable>) =>
  new Promise<string>((resolve) => {
    createInterface({ input: app.stdout }).on('line', (line) => {
      const url = /http:\/\/[^\s/]+/.exec(line)?.[0];
      if (url) resolve(url);
    });
  });

/**
 * Two of each four pictures are good, whichever model drew them, so that no round reaches the goal; then
 * Done. The last round is learned when the next is drawn.
 */
async function vote(base: string, signal: AbortSignal): Promise<void> {
  const visitor = new Visitor(base);
  await visitor.arrive();
  const open = (round: number) =>
    until(base, signal, (s) => s.round === round && s.roundState === 'open' && s.ballots > 0);
  for (let round = 1; round <= rounds; round++) {
    const { channel } = await open(round);
    if (round === 1) await visitor.consent(channel);
    const ballots = (await visitor.openBallots()).filter((message) => message.data.round === round);
    for (const { id, data } of ballots) {
      const good = data.cells.filter((cell) => cell.index % 4 < 2);
      await visitor.mark(
        id,
        good.map((cell) => cell.number),
      );
    }
    for (const { id } of ballots) await visitor.done(id);
  }
  await open(rounds + 1);
}

async function until(
  base: string,
  signal: AbortSignal,
  met: (session: SessionStatus) => boolean,
): Promise<SessionStatus> {
  for (;;) {
    const answer = await fetch(`${base}/api/status`, { signal });
    const { sessions } = (await answer.json()) as { sessions: SessionStatus[] };
    const [session] = sessions;
    if (session?.roundState === 'failed') throw new Error(`round ${session.round} failed`);
    if (session?.state === 'ended')
      throw new Error(`the session ended after round ${session.round}: ${session.end}`);
    if (session && met(session)) return session;
    await wait(200, undefined, { signal });
  }
}

mkdirSync(folder, { recursive: true });
const runs: Run[] = [];
const report = { machine: machine(), rounds, runs };
for (let number = 1; number <= Number(options.runs); number++) {
  const run = await play(number);
  report.runs.push(run);
  writeFileSync(options.out, JSON.stringify(report, null, 1));
  process.stderr.write(`${number}: ${run.wrong.length === 0 ? 'well' : run.wrong.join('; ')}\n`);
}
const well = report.runs.filter(({ wrong }) => wrong.length === 0);
const seconds = report.runs.map((run) => run.seconds);
console.log(`${report.machine}; default settings and REDIS_URL, a lone voter, ${rounds} rounds.\n`);
console.log(
  markdown(
    ['runs', 'all is well', 'median', 'slowest'],
    [
      [
        seconds.length,
        well.length,
        `${median(seconds).toFixed(1)} s`,
        `${Math.max(...seconds).toFixed(1)} s`,
      ],
    ],
  ),
);
process.exitCode = well.length === seconds.length ? 0 : 1;
