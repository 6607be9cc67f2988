/**
 * Seconds and private memory of one step by shape and setting, against what was predicted: node bench/shapes/steps.mjs FOLDER
 * [STEP ...], a step being such as `denoise:512`, `train:512:recompute`, `train:64:rows=8`, `decode:512`. Each in a process of
 * its own with one thread. Private is what a process has for itself, the mapped weights not counted: `all` with the program
 * and the compiled graph, `step` what the run added.
 */
import { fileURLToPath } from 'node:url';
import { machine, markdown } from '../lib/table.mjs';
import { watched } from './private.mjs';

const [folder, ...given] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('usage: node bench/shapes/steps.mjs FOLDER [denoise:512 train:512:recompute ...]\n');
  process.exit(2);
}
const steps =
  given.length > 0
    ? given
    : ['denoise:256', 'denoise:512', 'train:256', 'train:256:recompute', 'train:512:recompute'];
const file = fileURLToPath(new URL('step.mjs', import.meta.url));
const rows = [];
for (const step of steps) {
  const [what, pixels, ...settings] = step.split(':');
  const args = settings.map((setting) => `--${setting}`);
  const got = await watched(file, [folder, what, pixels, ...args]);
  const { seconds, cpuSeconds } = got.steps.at(-1);
  const added = got.peakMb - got.baseMb;
  rows.push([
    [what, `${pixels}x${pixels}`, ...settings].join(', '),
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    got.peakMb.toFixed(0),
    added.toFixed(0),
    got.predictedMb.toFixed(0),
    (got.predictedMb / added).toFixed(2),
  ]);
  process.stderr.write(`${rows.at(-1).join(' | ')}\n`);
}
process.stdout.write(`${machine()}; one thread\n\n`);
const head = ['step', 'seconds', 'CPU s', 'private MB, all', 'step', 'predicted', 'predicted / measured'];
process.stdout.write(`${markdown(head, rows)}\n`);
