// Does one bot hold a thousand open sessions and a million marks? Fills a folder (fill.mjs), starts the built
// app over it (bot.mjs) and measures: a restart, a vote, a round's close, memory. Usage: npm run bench --
// scale/measure [--sessions 1000] [--ended 0] [--marks 1000000] [--voters 5000] [--rate 300]
// [--seconds 30] [--profile DIR] [--out FILE]; needs an idle machine.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { Asked } from '../lib/process.mjs';
import { machine, markdown, percentile } from '../lib/table.mjs';
import type { BotHello, BotRequests } from './bot.mjs';
import type { Community } from './crowd.mjs';

const here = import.meta.dirname;
const { values: given } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    ended: { type: 'string', default: '0' },
    marks: { type: 'string', default: '1000000' },
    voters: { type: 'string', default: '5000' },
    rate: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '30' },
    profile: { type: 'string' },
    out: { type: 'string', default: projectPath('bench/out/scale.json') },
  },
});
const sessions = Number(given.sessions);
const ended = Number(given.ended);
const images = 36;
/** A voter marks about five of nine on each of four sheets. */
const perSession = Math.ceil(Number(given.marks) / sessions / 20.5);
const options: Community = { sessions, ended, voters: Number(given.voters), images, perSession };
const dir = mkdtempSync(join(tmpdir(), 'acclaim-scale-'));
const say = (text: string) => process.stderr.write(`${text}\n`);
interface Filled {
  marks: number;
  endedMarks: number;
  bytes: number;
  /** Seconds. */
  filled: number;
}

function fill(): Filled {
  say('filling');
  const filling = performance.now();
  const args = [join(here, 'fill.mjs'), dir, JSON.stringify(options)];
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [marks, endedMarks] = stdout.split(' ').map(Number) as [number, number];
  const bytes = statSync(join(dir, 'acclaim.sqlite')).size;
  return { marks, endedMarks, bytes, filled: (performance.now() - filling) / 1000 };
}

const spread = (times: readonly number[]) => ({
  count: times.length,
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
  max: Math.max(...times),
});

async function measure(bot: Asked<BotRequests, BotHello>) {
  const afterStart = await bot.ask('state');
  say('voting');
  const asked = { rate: Number(given.rate), seconds: Number(given.seconds) };
  const { times, refused, lag, cpu } = await bot.ask('votes', asked);
  const votes = { ...spread(times), refused, lag, cpu };
  say('forgetting');
  const leaving = await bot.ask('votes', { rate: Number(given.rate), seconds: 20, forget: 5 });
  const forgetting = { ...spread(leaving.times), lag: leaving.lag, took: leaving.left };
  const status = await bot.ask('status');
  say('closing');
  const closes: Awaited<ReturnType<BotRequests['close']>>[] = [];
  for (const s of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) closes.push(await bot.ask('close', { s }));
  const end = await bot.ask('state');
  return { start: bot.hello, afterStart, votes, forgetting, status, closes, end };
}

async function whole() {
  const filled = fill();
  say(`${filled.marks} marks in ${filled.filled.toFixed(0)} s; starting`);
  const flags = given.profile ? ['--cpu-prof', `--cpu-prof-dir=${given.profile}`] : [];
  const args = [dir, JSON.stringify(options)];
  const bot = await Asked.start<BotRequests, BotHello>(join(here, 'bot.mjs'), args, flags);
  const measured = await measure(bot);
  await bot.ask('stop').catch(() => {});
  await bot.gone;
  return { machine: machine(), ...options, ...filled, ...measured };
}

const report = await whole().finally(() => rmSync(dir, { recursive: true, force: true }));

const ms = (x: number) => `${x.toFixed(x < 10 ? 1 : 0)} ms`;
const s = (x: number) => `${x.toFixed(1)} s`;
const { start, votes, closes, end, forgetting } = report;
const [crowd, ...ordinary] = closes as [(typeof closes)[0], ...typeof closes];
const rows = [
  ['restart: the first command answered', s(start.answered.at), '<= 10 s'],
  ['restart: every open ballot read again', `${s(start.swept)} (${report.afterStart.swept} ballots)`, ''],
  [
    'marks in the ledger after the sweeps',
    `${report.afterStart.facts} of ${report.marks - report.endedMarks}`,
    'equal',
  ],
  [`a vote, told to durable, p99 (${given.rate} a second over all sessions)`, ms(votes.p99), '<= 100 ms'],
  ['event loop lag meanwhile, p99', ms(votes.lag.p99), '<= 100 ms'],
  [
    'a vote while five people are forgotten, p99; the longest',
    `${ms(forgetting.p99)}; ${ms(forgetting.max)}`,
    '<= 100 ms',
  ],
  ['forgetting a person, slowest', s(Math.max(...forgetting.took) / 1000), ''],
  [
    `closing a round of ${crowd.voters} voters x ${images} images (${crowd.votes} votes)`,
    ms(crowd.took),
    '<= 1 s',
  ],
  ['longest stop of the event loop meanwhile', ms(crowd.lag.max), '<= 50 ms'],
  [
    `closing one of ${ordinary[0]!.voters} voters, slowest of ${ordinary.length}`,
    ms(Math.max(...ordinary.map((c) => c.took))),
    '<= 1 s',
  ],
  [
    'status of all sessions: time, longest stop',
    `${ms(report.status.took)}, ${ms(report.status.lag.max)}`,
    '',
  ],
  ['memory, peak', `${Math.round(end.peak)} MB`, '<= 1024 MB'],
];
const table = `${report.machine}; ${sessions} open sessions, ${ended} that ended, ${report.marks} marks of ${given.voters} voters.\n\n${markdown(['', 'measured', 'target'], rows)}\n`;
mkdirSync(dirname(given.out), { recursive: true });
writeFileSync(given.out, JSON.stringify(report, null, 1));
writeFileSync(given.out.replace(/\.json$/, '.md'), table);
console.log(table);
