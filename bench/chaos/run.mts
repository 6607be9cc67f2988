// Whatever dies, hangs or runs out at whatever moment: is anything lost, doubled or changed? Runs of a whole
// session with one fault each, by seed, held against a run without one. Runs that stand in the results are
// not run again, so interrupt it at will; a seed gives the same fault at the same point again, and a failed
// run keeps its folder and logs. Usage: npm run bench -- chaos/run
// [--size whole] [--runs 200] [--seeds 3,17] [--jobs 1] [--anew] [--out FILE]; --size whole: 18 images in 20
// steps, learned as by default.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { Peer, peerToken } from '../../tests/support/discord-peer/peer.js';
import { whyNoDisk } from '../lib/small-disk.mjs';
import { machine, markdown, median } from '../lib/table.mjs';
import { described, kinds, type Plan, planOf, type Size, sizes } from './plan.mjs';
import { type Played, play } from './play.mjs';

interface Skipped {
  plan: Plan;
  /** Why. */
  skipped: string;
}
interface Ran extends Pick<Played, 'wrong' | 'seconds'> {
  plan: Plan;
  struck: boolean;
}
interface Report {
  machine: string;
  undisturbed: Pick<Played, 'checkpoints' | 'requests' | 'seconds'> | null;
  /** By seed. */
  runs: Record<number, Ran | Skipped>;
}

const { values: given } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seeds: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    anew: { type: 'boolean', default: false },
    size: { type: 'string', default: 'small' },
    out: { type: 'string' },
  },
});
const isSize = (name: string): name is Size => Object.hasOwn(sizes, name);
if (!isSize(given.size)) throw new Error(`--size is one of ${Object.keys(sizes).join(', ')}`);
const { size } = given;
const name = size === 'small' ? 'chaos' : `chaos-${size}`;
const out = given.out ?? projectPath('bench/out', `${name}.json`);
const folder = out.replace(/\.json$/, '');
const seeds = given.seeds
  ? given.seeds.split(',').map(Number)
  : Array.from({ length: Number(given.runs) }, (_, i) => i);
const say = (text: string) => process.stderr.write(`${text}\n`);

mkdirSync(folder, { recursive: true });
const report: Report = existsSync(out)
  ? JSON.parse(readFileSync(out, 'utf8'))
  : { machine: machine(), undisturbed: null, runs: {} };
const keep = () => {
  writeFileSync(`${out}.new`, JSON.stringify(report, null, 1));
  renameSync(`${out}.new`, out);
};
const run = async (plan: Plan | null, name: string) => {
  const dir = join(folder, name);
  const played = await play(plan ? [plan] : [], { Peer, token: peerToken, dir, size });
  if (played.wrong.length === 0) rmSync(dir, { recursive: true, force: true });
  else writeFileSync(join(dir, 'events.log'), `${played.events.join('\n')}\n`);
  return played;
};

/** What a run without a fault comes to. */
async function undisturbed() {
  const { wrong, checkpoints, requests, seconds } = await run(null, 'undisturbed');
  if (wrong.length > 0) throw new Error(`undisturbed: ${wrong.join('; ')}`);
  return { checkpoints, requests, seconds };
}

report.undisturbed ??= await undisturbed();
keep();
const sound = report.undisturbed;
const noDisk = whyNoDisk(join(folder, 'disk'));
const isDone = (one: Ran | Skipped | undefined): one is Ran => one !== undefined && !('skipped' in one);
const todo = seeds.filter((seed) => given.anew || !isDone(report.runs[seed]));
await Promise.all(
  Array.from({ length: Number(given.jobs) }, async () => {
    for (let seed = todo.shift(); seed !== undefined; seed = todo.shift()) {
      const plan = planOf(seed, size);
      if (plan.kind === 'disk full' && noDisk !== null) {
        report.runs[seed] = { plan, skipped: noDisk };
        continue;
      }
      const { wrong, struck, checkpoints, seconds } = await run(plan, `seed-${seed}`);
      for (const [file, hash] of Object.entries(sound.checkpoints))
        if (wrong.length === 0 && checkpoints[file] !== hash) wrong.push(`${file} has other bytes`);
      report.runs[seed] = { plan, struck: struck > 0, wrong, seconds };
      say(`${seed}: ${described(plan)}: ${wrong.length === 0 ? 'well' : wrong.join('; ')}`);
      keep();
    }
  }),
);

const ran = Object.values(report.runs).filter(isDone);
const failed = ran.filter(({ wrong }) => wrong.length > 0);
const row = (name: string, of: readonly Ran[]) => [
  name,
  of.length,
  of.filter(({ struck }) => struck).length,
  of.filter(({ wrong }) => wrong.length === 0).length,
  of.length > 0 ? `${median(of.map((one) => one.seconds)).toFixed(1)} s` : '-',
  of.length > 0 ? `${Math.max(...of.map((one) => one.seconds)).toFixed(1)} s` : '-',
];
const rows = Object.keys(kinds).map((kind) =>
  row(
    kind,
    ran.filter(({ plan }) => plan.kind === kind),
  ),
);
const lines = [
  `${report.machine}; ${sound.seconds.toFixed(1)} s without a fault.\n`,
  markdown(
    ['fault', 'runs', 'struck before the end', 'all is well', 'median', 'slowest'],
    [...rows, row('**all**', ran)],
  ),
  ...failed.map(({ plan, wrong }) => `\nseed ${plan.seed}: ${described(plan)}: ${wrong.join('; ')}`),
  ...(noDisk === null ? [] : [`\n"disk full" was skipped: ${noDisk}`]),
];
const table = `${lines.join('\n')}\n`;
writeFileSync(out.replace(/\.json$/, '.md'), table);
console.log(table);
process.exitCode = failed.length > 0 ? 1 : 0;
