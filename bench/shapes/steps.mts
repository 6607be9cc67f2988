/**
 * Seconds and private memory of one step by shape and setting, against what was predicted: npm run bench --
 * shapes/steps [--repeat N] FOLDER [STEP ...], a step being such as `denoise:512`,
 * `train:512:recompute`, `train:64:rows=8`, `decode:512`, `decode:1024:run=2000` (tiles, where the whole
 * takes more than 2000 MB). Each in a process of its own with one thread, `--repeat` times: medians, and the
 * spread of memory. Private is what a process has for itself, the mapped weights not counted: `all` with the
 * program, `step` what compiling and running added.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, markdown, median } from '../lib/table.mjs';
import { type Watched, watched } from './private.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { repeat: { type: 'string', default: '1' } },
});
const [folder, ...given] = positionals;
if (!folder) {
  process.stderr.write('usage: npm run bench -- shapes/steps FOLDER [denoise:512 train:512:recompute ...]\n');
  process.exit(2);
}
const steps =
  given.length > 0
    ? given
    : ['denoise:256', 'denoise:512', 'train:256', 'train:256:recompute', 'train:512:recompute'];
const file = join(import.meta.dirname, 'step.mjs');
const rows: string[][] = [];
for (const step of steps) {
  const [what = '', pixels = '', ...settings] = step.split(':');
  const args = settings.map((setting) => `--${setting}`);
  const runs: Watched[] = [];
  for (let k = 0; k < Number(values.repeat); k++)
    runs.push(await watched(file, [folder, what, pixels, ...args]));
  const added = runs.map(({ peakMb, baseMb }) => peakMb - baseMb);
  const { predictedMb } = runs[0]!;
  const row = [
    [what, `${pixels}x${pixels}`, ...settings].join(', '),
    median(runs.map(({ steps }) => steps.at(-1)!.seconds)).toFixed(2),
    median(runs.map(({ steps }) => steps.at(-1)!.cpuSeconds)).toFixed(2),
    median(runs.map(({ peakMb }) => peakMb)).toFixed(0),
    median(added).toFixed(1),
    `${Math.min(...added).toFixed(1)} to ${Math.max(...added).toFixed(1)}`,
    predictedMb.toFixed(1),
    (predictedMb / median(added)).toFixed(2),
  ];
  rows.push(row);
  process.stderr.write(`${row.join(' | ')}\n`);
}
process.stdout.write(`${machine()}; one thread, ${values.repeat} runs each\n\n`);
const head = [
  'step',
  'seconds',
  'CPU s',
  'private MB, all',
  'step',
  'spread',
  'predicted',
  'predicted / measured',
];
process.stdout.write(`${markdown(head, rows)}\n`);
