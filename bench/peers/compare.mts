// Ours against PyTorch + diffusers + peft: the same miniature, prompt, steps and batch, one thread each,
// taking turns. 1. Both must do the same work: images of a golden trajectory, losses and adapters of five
// optimiser steps. 2. CPU seconds of sampling a round and of a LoRA step, interleaved. 3. Peak memory above
// the bare imports, in fresh processes. Usage: npm run bench -- peers/compare [--turns 7] [--out FILE]; once
// before: npm run build, bench/peers/setup.sh
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { EXEC_ARGV } from '../../src/queue/local/child-engine.js';
import { Floats } from '../lib/floats.mjs';
import { python } from '../lib/python.mjs';
import { machine, markdown, median } from '../lib/table.mjs';
import { LineWorker } from '../lib/worker.mjs';

const folder = projectPath('bench/out/peers');
const { values } = parseArgs({
  options: { turns: { type: 'string', default: '7' }, out: { type: 'string' } },
});
const turns = Number(values.turns);
const interpreter = python();
mkdirSync(folder, { recursive: true });

const fixture = (name: string) => projectPath('tests/fixtures/mini', `${name}.safetensors`);
const model = projectPath('models/mini');
const batch = join(folder, 'case.safetensors');
const prompt = 'a black cat inside a cardboard box';
const golden = {
  trajectory: fixture('trajectory_eta1'),
  prompt: 'a robot at a party',
  steps: 20,
  guidance: 3,
};
const round = (seed: number) => ({ prompt, count: 18, steps: 20, guidance: 3, seed });
const lora = { file: fixture('lora_attention'), prompt };
const step = { batch, guidance: 3 };

const starts = {
  ours: () => new LineWorker(process.execPath, [...EXEC_ARGV, join(import.meta.dirname, 'worker.mjs')]),
  torch: () => new LineWorker(interpreter, [projectPath('bench/peers/worker.py')]),
};
type Side = keyof typeof starts;
type Both<T> = Record<Side, T>;
const sides = ['ours', 'torch'] as const;

/** A ready worker with the model loaded. */
async function started(side: Side) {
  const worker = starts[side]();
  await worker.read();
  const loaded = await worker.ask<{ versions?: Record<string, string> }>('load', { model });
  return { worker, loaded };
}

const begun = { ours: await started('ours'), torch: await started('torch') };
const workers: Both<LineWorker> = { ours: begun.ours.worker, torch: begun.torch.worker };
const versions = begun.torch.loaded.versions ?? {};
await workers.torch.ask('case', { file: batch, count: 32, seed: 5 });

// 1. The same work.
const losses: Both<number[]> = { ours: [], torch: [] };
const trajectory: Both<number> = { ours: Number.NaN, torch: Number.NaN };
for (const side of sides) {
  trajectory[side] = (await workers[side].ask<{ error: number }>('golden', golden)).error;
  await workers[side].ask('adapter', lora);
  for (let k = 0; k < 5; k++) {
    const save = k === 4 ? join(folder, `adapter-${side}.safetensors`) : undefined;
    losses[side].push((await workers[side].ask<{ loss: number }>('train', { ...step, save })).loss);
  }
}
const apart = Math.max(...losses.ours.map((loss, k) => Math.abs(loss / losses.torch[k]! - 1)));
const tunedBy = (side: Side) => new Floats(join(folder, `adapter-${side}.safetensors`));
const [ours, theirs] = [tunedBy('ours'), tunedBy('torch')];
const start = new Floats(lora.file);
let [drift, moved] = [0, 0];
for (const [name, { data }] of Object.entries(ours.all)) {
  const [other, before] = [theirs.get(name).data, start.get(name).data];
  data.forEach((v, i) => {
    drift += (v - other[i]!) ** 2;
    moved += (v - before[i]!) ** 2;
  });
}
const adapters = Math.sqrt(drift / moved);
if (!(trajectory.ours < 1e-3 && apart < 1e-4 && adapters < 1e-2)) {
  throw new Error(`not the same work: ${JSON.stringify({ trajectory, losses, adapters })}`);
}

// 2. Turn by turn; the first turn of each warms up and is not counted.
type Op = 'sample' | 'train';
const cpu: Record<Op, Both<number[]>> = {
  sample: { ours: [], torch: [] },
  train: { ours: [], torch: [] },
};
for (let turn = 0; turn <= turns; turn++) {
  const work: [Op, object][] = [
    ['sample', round(turn)],
    ['train', step],
    ['train', step],
  ];
  for (const [op, options] of work) {
    for (const side of sides) {
      const { cpu_seconds } = await workers[side].ask<{ cpu_seconds: number }>(op, options);
      if (turn > 0) cpu[op][side].push(cpu_seconds);
    }
  }
}
for (const side of sides) workers[side].end();

// 3. Memory: each piece of work in a process of its own, then both in one.
const pieces = {
  sampling: async (w: LineWorker) => {
    await w.ask('sample', round(1));
    await w.ask('sample', round(2));
  },
  training: async (w: LineWorker) => {
    await w.ask('adapter', lora);
    for (let k = 0; k < 3; k++) await w.ask('train', step);
  },
  both: async (w: LineWorker) => {
    await pieces.sampling(w);
    await pieces.training(w);
    await w.ask('sample', round(3));
  },
};
async function peakOf(run: (w: LineWorker) => Promise<void>, side: Side): Promise<number> {
  const { worker } = await started(side);
  await run(worker);
  const { above } = await worker.ask<{ above: number }>('peak');
  worker.end();
  return above;
}
const onBoth = async (run: (w: LineWorker) => Promise<void>): Promise<Both<number>> => ({
  ours: await peakOf(run, 'ours'),
  torch: await peakOf(run, 'torch'),
});
const peak = {
  sampling: await onBoth(pieces.sampling),
  training: await onBoth(pieces.training),
  both: await onBoth(pieces.both),
};

const medians = ({ ours, torch }: Both<number[]>) => ({ ours: median(ours), torch: median(torch) });
const figures = { sample: medians(cpu.sample), train: medians(cpu.train) };
/** Figures with their unit and digits. */
const row = (label: string, of: Both<number>, [unit, digits]: [string, number], target: string) => [
  label,
  `${of.ours.toFixed(digits)} ${unit}`,
  `${of.torch.toFixed(digits)} ${unit}`,
  (of.ours / of.torch).toFixed(2),
  target,
];
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
      row('sample 18 images, 20 steps, guidance 3 (CPU, median)', figures.sample, ['s', 2], '<= 0.95'),
      row('LoRA step, batch 32 guided (CPU, median)', figures.train, ['s', 2], '<= 0.95'),
      row('peak memory above imports: both in one process', peak.both, ['MB', 0], '<= 0.6'),
      row('- training alone', peak.training, ['MB', 0], ''),
      row('- sampling alone', peak.sampling, ['MB', 0], ''),
    ],
  ),
);
console.log(
  `\nSame work: golden trajectory within ${trajectory.ours.toExponential(1)} (PyTorch ${trajectory.torch.toExponential(1)}), losses of five steps within ${apart.toExponential(1)}, adapters after them within ${adapters.toExponential(1)} of the way moved.`,
);
