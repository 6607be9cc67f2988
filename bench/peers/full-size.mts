// Ours against PyTorch + diffusers + peft at Stable Diffusion 1.5's size: one guided denoising step and one
// LoRA step (batch 1, guided, recompute on in both), one thread each, taking turns; CPU seconds, and what a
// process has for itself (anonymous memory) while it works. Both must do the same work: predictions and
// losses are compared first. Usage: npm run bench -- peers/full-size [--pixels 256,512] [--work step,train]
// [--turns 3] [--bf16] [--out FILE]; once before: npm run build, bench/peers/setup.sh, npm run bench --
// shapes/make-sd15. About 12 GB of memory, 20 minutes.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { EXEC_ARGV } from '../../src/queue/local/child-engine.js';
import { difference, Floats } from '../lib/floats.mjs';
import { python } from '../lib/python.mjs';
import { machine, markdown, median } from '../lib/table.mjs';
import { LineWorker } from '../lib/worker.mjs';
import { anonymousMb } from '../shapes/private.mjs';

const folder = projectPath('bench/out/peers');
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: projectPath('bench/out/shapes/sd15') },
    pixels: { type: 'string', default: '256,512' },
    work: { type: 'string', default: 'step,train' },
    turns: { type: 'string', default: '3' },
    bf16: { type: 'boolean', default: false },
    out: { type: 'string', default: join(folder, 'full-size.json') },
  },
});
const interpreter = python();
if (!existsSync(values.model))
  throw new Error(`${values.model} is missing: run npm run bench -- shapes/make-sd15`);
mkdirSync(folder, { recursive: true });
// As the engine chooses for a model of this size; `speed` copies its weights.
process.env.PROFILE ??= 'memory';

type Work = 'step' | 'train';
const names = { step: 'guided denoising step', train: 'LoRA step, recompute on' };
const bounds = { step: 0.85, train: 0.9, memory: 0.6 };
const prompt = 'a black cat inside a cardboard box';
const guidance = 5;

/** Side -> its process, and how its model is loaded. */
const torch = () => new LineWorker(interpreter, [projectPath('bench/peers/worker.py')]);
interface Side {
  start(): LineWorker;
  load: { dtype?: string };
}

const sides: Readonly<Record<string, Side>> = {
  ours: {
    start: () => new LineWorker(process.execPath, [...EXEC_ARGV, join(import.meta.dirname, 'worker.mjs')]),
    load: {},
  },
  torch: { start: torch, load: { dtype: 'float32' } },
  ...(values.bf16 ? { bf16: { start: torch, load: { dtype: 'bfloat16' } } } : {}),
};

interface Answer {
  cpu_seconds: number;
  loss: number;
  norm: number;
}

interface Run {
  worker: LineWorker;
  versions: Record<string, string> | undefined;
  peakMb: number;
  cpu: number[];
  answers: Answer[];
  watch: NodeJS.Timeout;
}

/** A process that has the model, the text and the LoRA, and whose memory is watched from here on. */
async function ready({ start, load }: Side, work: Work, lora: string): Promise<Run> {
  const worker = start();
  await worker.read();
  const { versions } = await worker.ask<Pick<Run, 'versions'>>('load', { model: values.model, ...load });
  await worker.ask('prompt', { prompt });
  if (work === 'train') await worker.ask('adapter', { file: lora, recompute: true });
  const watch = setInterval(() => {
    one.peakMb = Math.max(one.peakMb, anonymousMb(worker.pid));
  }, 5);
  const one: Run = { worker, versions, peakMb: 0, cpu: [], answers: [], watch };
  return one;
}

interface Figures {
  cpu: number[];
  /** Median of `cpu`. */
  seconds: number;
  peakMb: number;
}
type Sides = { ours: Figures; torch: Figures; bf16?: Figures };

let versions: Record<string, string> = {};
async function compare(work: Work, pixels: number) {
  const [batch, lora] = [join(folder, `case-${pixels}.safetensors`), join(folder, 'lora.safetensors')];
  const run: Record<string, Run> = {};
  for (const [side, how] of Object.entries(sides)) {
    if (side === 'ours') {
      const maker = torch();
      await maker.read();
      await maker.ask('case', { file: batch, count: 1, seed: 5, size: pixels / 8 });
      await maker.ask('load', { model: values.model });
      await maker.ask('lora', { file: lora, seed: 7 });
      maker.end();
    }
    const one = await ready(how, work, lora);
    run[side] = one;
    versions = one.versions ?? versions;
  }
  const saved = (side: string) => join(folder, `e-${side}.safetensors`);
  const predicted = (side: string) => new Floats(saved(side)).get('e');
  for (let turn = 0; turn <= Number(values.turns); turn++) {
    for (const [side, one] of Object.entries(run)) {
      const answer = await one.worker.ask<Answer>(work, {
        batch,
        guidance,
        save: turn === 0 && work === 'step' ? saved(side) : undefined,
      });
      one.answers.push(answer);
      // The first turn compiles and warms up.
      if (turn > 0) one.cpu.push(answer.cpu_seconds);
      process.stderr.write(`${names[work]}, ${pixels}: ${side} ${answer.cpu_seconds.toFixed(1)} s\n`);
    }
  }
  for (const { worker, watch } of Object.values(run)) {
    clearInterval(watch);
    worker.end();
  }
  const [ours, theirs] = [run.ours!, run.torch!];
  const apart =
    work === 'step'
      ? difference(predicted('ours').data, predicted('torch').data)
      : Math.max(
          ...ours.answers.flatMap(({ loss, norm }, k) => [
            Math.abs(loss / theirs.answers[k]!.loss - 1),
            Math.abs(norm / theirs.answers[k]!.norm - 1),
          ]),
        );
  if (!(apart < 1e-3)) throw new Error(`${work} at ${pixels}: not the same work, ${apart} apart`);
  return {
    work,
    pixels,
    apart,
    sides: Object.fromEntries(
      Object.entries(run).map(([side, { cpu, peakMb }]) => [side, { cpu, seconds: median(cpu), peakMb }]),
    ) as Sides,
  };
}

const cases: Awaited<ReturnType<typeof compare>>[] = [];
for (const pixels of values.pixels.split(',').map(Number))
  for (const work of values.work.split(',') as Work[]) {
    cases.push(await compare(work, pixels));
    writeFileSync(values.out, JSON.stringify({ machine: machine(), versions, cases }, null, 1));
  }

const rows = cases.flatMap(({ work, pixels, sides: { ours, torch, bf16 } }) => {
  const row = (
    what: string,
    [unit, digits, bound]: [string, number, number],
    of: (one: Figures) => number,
  ) => [
    `${names[work]}, ${pixels}x${pixels}: ${what}`,
    `${of(ours).toFixed(digits)} ${unit}`,
    `${of(torch).toFixed(digits)} ${unit}`,
    `${(of(ours) / of(torch)).toFixed(2)} (<= ${bound})`,
    bf16 ? `${of(bf16).toFixed(digits)} ${unit}` : '-',
  ];
  return [
    row('CPU', ['s', 1, bounds[work]], ({ seconds }) => seconds),
    row('private memory', ['MB', 0, bounds.memory], ({ peakMb }) => peakMb),
  ];
});
const apart = Math.max(...cases.map((one) => one.apart));
const head = ['SD 1.5 with random weights', 'Acclaim', 'PyTorch fp32', 'ratio (bound)', 'PyTorch bf16'];
console.log(
  `${machine()}; ${Object.entries(versions)
    .map((v) => v.join(' '))
    .join(
      ', ',
    )}; one thread each, ${values.turns} turns, medians.\n\n${markdown(head, rows)}\n\nSame work: predictions, losses and gradient norms within ${apart.toExponential(1)}.`,
);
