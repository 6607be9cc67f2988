// One step of one shape in a process of its own, for steps.mjs: compiles, runs it `--times`, tells seconds as
// JSON. What compiling and running add counts between two looks at a tidied heap: before it is compiled, and
// from its first run on. npm run bench -- shapes/step FOLDER denoise|train|decode PIXELS [--precision fp16]
// [--recompute] [--rows N] [--threads N] [--times N] [--run MB]
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Graph } from '../../engine/graph/graph.js';
import { predictedBytes } from '../../engine/graph/memory.js';
import { toOnnx } from '../../engine/graph/onnx.js';
import { guidedRegressionGraph } from '../../engine/learn/losses/guided-regression.js';
import { decode, loadPipeline } from '../../engine/models/pipeline.js';
import { encodePair, shapesOf, textInputs } from '../../engine/models/prompt.js';
import { guided } from '../../engine/models/unet.js';
import { decoder } from '../../engine/models/vae.js';
import type { Precision } from '../../engine/nn/precision.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { Executor } from '../../engine/runtime/executor.js';
import { f32 } from '../../engine/runtime/tensor.js';
import { Rng } from '../../src/rng.js';
import { anonymousMb, type Fact } from './private.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    precision: { type: 'string', default: 'fp32' },
    recompute: { type: 'boolean', default: false },
    rows: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    times: { type: 'string', default: '2' },
    run: { type: 'string', default: 'Infinity' },
  },
});
const [folder, what, pixels] = positionals as [string, 'train' | 'denoise' | 'decode', string];
const [count, threads] = [Number(values.rows), Number(values.threads)];
const say = (fact: Fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);

const cache = new ExecutorCache({ threads });
let began = performance.now();
const pipeline = await loadPipeline(folder, values.precision as Precision);
const latent = pipeline.latentShape(Number(pixels), Number(pixels));
const text = await encodePair(pipeline, cache, { negative: 'a', prompt: 'a black cat' }, latent);
await cache.clear();
const loaded = (performance.now() - began) / 1000;

const rng = new Rng(1, 0, 'step');
const shape = [count, ...latent];
const draw = (dims: readonly number[], scale = 1) =>
  f32(
    dims,
    Float32Array.from(rng.normals(dims.reduce((n, d) => n * d, 1)), (x) => scale * x),
  );
const spec = {
  pipeline,
  adapter: { rank: 4, alpha: 4, targets: 'attention' } as const,
  latent,
  rows: count,
  guidance: 5,
  text: shapesOf(text),
  recompute: values.recompute,
};

function denoising() {
  const g = new Graph();
  const inputs = { sample: g.input('sample', shape), timestep: g.input('timestep', [1]) };
  const texts = textInputs(g, shapesOf(text));
  g.output('out', guided(g, pipeline, { ...inputs, ...texts }, g.input('guidance', [])));
  const feeds = { sample: draw(shape), timestep: f32([1], [500]), guidance: f32([], [5]), ...text };
  return { g, feeds };
}

function training() {
  const g = guidedRegressionGraph(spec, { cap: 10, anchor: 0 });
  const adapter = [...g.inputs.values()].filter(({ name }) => name.includes('lora_'));
  const feeds = {
    ...Object.fromEntries(adapter.map((x) => [x.name, draw(x.shape, 0.02)])),
    x: draw(shape),
    noise: draw(shape),
    timestep: f32([count], new Float32Array(count).fill(500)),
    alpha: f32([count, 1, 1, 1], new Float32Array(count).fill(0.3)),
    weight: f32([count], new Float32Array(count).fill(1 / count)),
    ...text,
  };
  return { g, feeds };
}

function decoding() {
  const g = new Graph();
  g.output('y', decoder(g, pipeline, g.input('x', shape)));
  return { g, feeds: {} };
}

/** The engine's heap grows while graphs are written: that is the process's, and comes first. */
async function settle(g: Graph) {
  for (let k = 0; k < 2; k++) toOnnx(g, { prepackWeights: true });
  await tidy();
  say({ ready: true });
}

/** What a collection frees goes back to the system a little later. */
async function tidy() {
  for (let k = 0; k < 2; k++) {
    global.gc!();
    await setTimeout(50);
  }
}

const measure = async (run: () => Promise<unknown>) => {
  for (let k = 0; k < Number(values.times); k++) {
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    await run();
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - wall) / 1000;
    if (k === 0) {
      await tidy();
      say({ settled: true });
    }
    say({ seconds, cpuSeconds: (user + system) / 1e6, privateMb: anonymousMb(process.pid) });
  }
};

say({ loaded });
const { g, feeds } = { train: training, denoise: denoising, decode: decoding }[what]();
await settle(g);
if (what === 'decode') {
  // As the engine does it: in parts of a batch, in tiles where the whole does not fit.
  const limits = { executors: 16, memory: 2 ** 40, run: 2 ** 20 * Number(values.run) };
  const fitting = new ExecutorCache({ threads }, limits);
  const latents = draw(shape);
  await measure(() => decode(pipeline, fitting, latents));
  say({ predictedMb: fitting.predicted / 2 ** 20 });
} else {
  began = performance.now();
  const executor = await Executor.create(g, cache.options);
  say({ compiled: (performance.now() - began) / 1000, predictedMb: predictedBytes(g) / 2 ** 20 });
  await measure(() => executor.run(feeds));
}
