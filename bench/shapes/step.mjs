// One step of one shape in a process of its own, for steps.mjs: compiles, runs it `--times`, tells seconds as JSON.
// node bench/shapes/step.mjs FOLDER denoise|train|decode PIXELS [--recompute] [--rows N] [--threads N] [--times N]
import { parseArgs } from 'node:util';
import { Graph } from '../../dist/engine/graph/graph.js';
import { peakBytes } from '../../dist/engine/graph/memory.js';
import { guidedRegressionGraph } from '../../dist/engine/learn/losses/guided-regression.js';
import { decode, loadPipeline } from '../../dist/engine/models/pipeline.js';
import { encodePair, shapesOf, textInputs } from '../../dist/engine/models/prompt.js';
import { guided } from '../../dist/engine/models/unet.js';
import { ExecutorCache } from '../../dist/engine/runtime/cache.js';
import { Executor } from '../../dist/engine/runtime/executor.js';
import { f32 } from '../../dist/engine/runtime/tensor.js';
import { Rng } from '../../dist/src/rng.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    recompute: { type: 'boolean', default: false },
    rows: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    times: { type: 'string', default: '2' },
  },
});
const [folder, what, pixels] = positionals;
const [count, threads] = [Number(values.rows), Number(values.threads)];
const say = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);

const cache = new ExecutorCache({ threads });
let began = performance.now();
const pipeline = await loadPipeline(folder);
const latent = pipeline.latentShape(Number(pixels), Number(pixels));
const text = await encodePair(pipeline, cache, { negative: 'a', prompt: 'a black cat' }, latent);
await cache.clear();
const loaded = (performance.now() - began) / 1000;

const rng = new Rng(1, 0, 'step');
const shape = [count, ...latent];
const draw = (dims, scale = 1) =>
  f32(
    dims,
    Float32Array.from(rng.normals(dims.reduce((n, d) => n * d, 1)), (x) => scale * x),
  );
const spec = {
  pipeline,
  adapter: { rank: 4, alpha: 4, targets: 'attention' },
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

const measure = async (run) => {
  say({ ready: true });
  for (let k = 0; k < Number(values.times); k++) {
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    await run();
    const { user, system } = process.cpuUsage(cpu);
    say({ seconds: (performance.now() - wall) / 1000, cpuSeconds: (user + system) / 1e6 });
  }
};

say({ loaded });
if (what === 'decode') {
  const latents = draw(shape);
  await measure(() => decode(pipeline, cache, latents));
  say({ predictedMb: cache.predicted / 2 ** 20 });
} else {
  began = performance.now();
  const { g, feeds } = what === 'train' ? training() : denoising();
  const executor = await Executor.create(g, cache.options);
  say({ compiled: (performance.now() - began) / 1000, predictedMb: peakBytes(g) / 2 ** 20 });
  await measure(() => executor.run(feeds));
}
