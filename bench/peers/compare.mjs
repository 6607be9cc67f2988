// Ours against PyTorch + diffusers + peft: the same miniature, prompt, steps and batch, one thread each,
// taking turns. 1. Both must do the same work: images of a golden trajectory, losses and adapters of five
// optimiser steps. 2. CPU seconds of sampling a round and of a LoRA step, interleaved. 3. Peak memory above
// the bare imports, in fresh processes. Usage: node bench/peers/compare.mjs [--turns 7] [--out FILE]; once
// before: npm run build, bench/peers/setup.sh
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { python } from '../../dist/bench/lib/python.mjs';
import { machine, markdown, median } from '../../dist/bench/lib/table.mjs';
import { LineWorker } from '../../dist/bench/lib/worker.mjs';
import { readSafetensors } from '../../dist/engine/io/safetensors.js';
import { EXEC_ARGV } from '../../dist/src/queue/local/child-engine.js';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(bench, 'out', 'peers');
const { values } = parseArgs({
  options: { turns: { type: 'string', default: '7' }, out: { type: 'string' } },
});
const turns = Number(values.turns);
const interpreter = python();
mkdirSync(folder, { recursive: true });

const fixture = (name) => join(bench, '..', 'tests', 'fixtures', 'mini', `${name}.safetensors`);
const model = join(bench, '..', 'models', 'mini');
const batch = join(folder, 'case.safetensors');
const prompt = 'a black cat inside a cardboard box';
const golden = {
  trajectory: fixture('trajectory_eta1'),
  prompt: 'a robot at a party',
  steps: 20,
  guidance: 3,
};
const round = (seed) => ({ prompt, count: 18, steps: 20, guidance: 3, seed });
const lora = { file: fixture('lora_attention'), prompt };
const step = { batch, guidance: 3 };

const starts = {
  ours: () => new LineWorker(process.execPath, [...EXEC_ARGV, join(bench, 'peers', 'worker.mjs')]),
  torch: () => new LineWorker(interpreter, [join(bench, 'peers', 'worker.py')]),
};
const sides = Object.keys(starts);

/** A ready worker with the model loaded. */
async function started(side) {
  const worker = starts[side]();
  await worker.read();
  const loaded = await worker.ask('load', { model });
  return { worker, loaded };
}

const workers = {};
let versions;
for (const side of sides) {
  const { worker, loaded } = await started(side);
  workers[side] = worker;
  versions ??= loaded.versions;
}
await workers.torch.ask('case', { file: batch, count: 32, seed: 5 });

// 1. The same work.
const losses = { ours: [], torch: [] };
const trajectory = {};
for (const side of sides) {
  trajectory[side] = (await workers[side].ask('golden', golden)).error;
  await workers[side].ask('adapter', lora);
  for (let k = 0; k < 5; k++) {
    const save = k === 4 ? join(folder, `adapter-${side}.safetensors`) : undefined;
    losses[side].push((await workers[side].ask('train', { ...step, save })).loss);
  }
}
const apart = Math.max(...losses.ours.map((loss, k) => Math.abs(loss / losses.torch[k] - 1)));
const tuned = sides.map((side) => readSafetensors(join(folder, `adapter-${side}.safetensors`)));
const start = readSafetensors(lora.file);
let [drift, moved] = [0, 0];
for (const [name, { data }] of Object.entries(tuned[0])) {
  data.forEach((v, i) => {
    drift += (v - tuned[1][name].data[i]) ** 2;
    moved += (v - start[name].data[i]) ** 2;
  });
}
const adapters = Math.sqrt(drift / moved);
if (!(trajectory.ours < 1e-3 && apart < 1e-4 && adapters < 1e-2)) {
  throw new Error(`not the same work: ${JSON.stringify({ trajectory, losses, adapters })}`);
}

// 2. Turn by turn; the first turn of each warms up and is not counted.
const cpu = { sample: { ours: [], torch: [] }, train: { ours: [], torch: [] } };
for (let turn = 0; turn <= turns; turn++) {
  for (const [op, options] of [
    ['sample', round(turn)],
    ['train', step],
    ['train', step],
  ]) {
    for (const side of sides) {
      const { cpu_seconds } = await workers[side].ask(op, options);
      if (turn > 0) cpu[op][side].push(cpu_seconds);
    }
  }
}
for (const side of sides) workers[side].end();

// 3. Memory: each piece of work in a process of its own, then both in one.
const pieces = {
  sampling: async (w) => {
    await w.ask('sample', round(1));
    await w.ask('sample', round(2));
  },
  training: async (w) => {
    await w.ask('adapter', lora);
    for (let k = 0; k < 3; k++) await w.ask('train', step);
  },
  both: async (w) => {
    await pieces.sampling(w);
    await pieces.training(w);
    await w.ask('sample', round(3));
  },
};
const peak = {};
for (const [piece, run] of Object.entries(pieces)) {
  peak[piece] = {};
  for (const side of sides) {
    const { worker } = await started(side);
    await run(worker);
    peak[piece][side] = (await worker.ask('peak')).above;
    worker.end();
  }
}

const figures = {
  sample: Object.fromEntries(sides.map((side) => [side, median(cpu.sample[side])])),
  train: Object.fromEntries(sides.map((side) => [side, median(cpu.train[side])])),
};
const row = (label, { ours, torch }, unit, digits, target) => {
  return [
    label,
    `${ours.toFixed(digits)} ${unit}`,
    `${torch.toFixed(digits)} ${unit}`,
    (ours / torch).toFixed(2),
    target,
  ];
};
const out = values.out ?? join(folder, 'peers.json');
const report = { machine: machine(), versions, turns, trajectory, losses, adapters, cpu, peak, figures };
writeFileSync(out, JSON.stringify(report, null, 1));
console.log(
  `${report.machine}; ${Object.entries(versions)
    .map((v) => v.join(' '))
    .join(', ')}; one thread each, ${turns} turns.\n`,
);
console.log(
  markdown(
    ['the miniature, 64x64', 'Acclaim', 'PyTorch', 'ratio', 'target'],
    [
      row('sample 18 images, 20 steps, guidance 3 (CPU, median)', figures.sample, 's', 2, '<= 0.95'),
      row('LoRA step, batch 32 guided (CPU, median)', figures.train, 's', 2, '<= 0.95'),
      row('peak memory above imports: both in one process', peak.both, 'MB', 0, '<= 0.6'),
      row('- training alone', peak.training, 'MB', 0, ''),
      row('- sampling alone', peak.sampling, 'MB', 0, ''),
    ],
  ),
);
console.log(
  `\nSame work: golden trajectory within ${trajectory.ours.toExponential(1)} (PyTorch ${trajectory.torch.toExponential(1)}), losses of five steps within ${apart.toExponential(1)}, adapters after them within ${adapters.toExponential(1)} of the way moved.`,
);
