// Does one bot hold a thousand open sessions and a million marks? Fills a folder (fill.mjs), starts the built
// app over it (bot.mjs) and measures: a restart, a vote, a round's close, memory. Usage: node
// bench/scale/measure.mjs [--sessions 1000] [--ended 0] [--marks 1000000] [--voters 5000] [--rate 300]
// [--seconds 30] [--profile DIR] [--out FILE]; needs an idle machine.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Asked } from '../../dist/bench/lib/process.mjs';
import { machine, markdown, percentile } from '../../dist/bench/lib/table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: given } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    ended: { type: 'string', default: '0' },
    marks: { type: 'string', default: '1000000' },
    voters: { type: 'string', default: '5000' },
    rate: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '30' },
    profile: { type: 'string' },
    out: { type: 'string', default: join(dirname(here), 'out', 'scale.json') },
  },
});
const sessions = Number(given.sessions);
const ended = Number(given.ended);
const images = 36;
/** A voter marks about five of nine on each of four sheets. */
const perSession = Math.ceil(Number(given.marks) / sessions / 20.5);
const options = { sessions, ended, voters: Number(given.voters), images, perSession };
const dir = mkdtempSync(join(tmpdir(), 'acclaim-scale-'));
const report = { machine: machine(), ...options };
const say = (text) => process.stderr.write(`${text}\n`);
try {
  say('filling');
  const filling = performance.now();
  const fill = spawnSync(process.execPath, [join(here, 'fill.mjs'), dir, JSON.stringify(options)], {
    encoding: 'utf8',
  });
  if (fill.status !== 0) throw new Error(fill.stderr);
  [report.marks, report.endedMarks] = fill.stdout.split(' ').map(Number);
  report.bytes = statSync(join(dir, 'acclaim.sqlite')).size;
  report.filled = (performance.now() - filling) / 1000;
  say(`${report.marks} marks in ${report.filled.toFixed(0)} s; starting`);
  const flags = given.profile ? ['--cpu-prof', `--cpu-prof-dir=${given.profile}`] : [];
  const bot = await Asked.start(join(here, 'bot.mjs'), [dir, JSON.stringify(options)], flags);
  report.start = bot.hello;
  report.afterStart = await bot.ask('state');
  say('voting');
  const { times, refused, lag, cpu } = await bot.ask('votes', {
    rate: Number(given.rate),
    seconds: Number(given.seconds),
  });
  report.votes = {
    count: times.length,
    refused,
    lag,
    cpu,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    max: Math.max(...times),
  };
  say('forgetting');
  const leaving = await bot.ask('votes', { rate: Number(given.rate), seconds: 20, forget: 5 });
  report.forgetting = {
    count: leaving.times.length,
    p50: percentile(leaving.times, 0.5),
    p99: percentile(leaving.times, 0.99),
    max: Math.max(...leaving.times),
    lag: leaving.lag,
    took: leaving.left,
  };
  report.status = await bot.ask('status');
  say('closing');
  report.closes = [];
  for (const s of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) report.closes.push(await bot.ask('close', { s }));
  report.end = await bot.ask('state');
  await bot.ask('stop').catch(() => {});
  await bot.gone;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const ms = (x) => `${x.toFixed(x < 10 ? 1 : 0)} ms`;
const s = (x) => `${x.toFixed(1)} s`;
const { start, votes, closes, end, forgetting } = report;
const [crowd, ...ordinary] = closes;
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
    `closing one of ${ordinary[0].voters} voters, slowest of ${ordinary.length}`,
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
