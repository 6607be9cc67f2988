// Our side of the comparison: the same commands, answers and clock as worker.py. One JSON command a line on
// stdin, one JSON answer a line on stdout; CPU seconds of this process (all its threads) and wall seconds
// around the work alone; peak memory is VmHWM, reset right after the imports, less what was resident then.
// Run by peers/compare.mjs.
import { createInterface } from 'node:readline';
import { peakMb, resetPeak, residentMb } from '../../dist/bench/lib/memory.mjs';
import { alphasCumprod } from '../../dist/engine/diffusion/betas.js';
import { sample } from '../../dist/engine/diffusion/sampler.js';
import { Graph } from '../../dist/engine/graph/graph.js';
import { readSafetensors, writeSafetensors } from '../../dist/engine/io/safetensors.js';
import { acclaim } from '../../dist/engine/learn/learners/acclaim.js';
import { guidedRegressionGraph } from '../../dist/engine/learn/losses/guided-regression.js';
import { adam } from '../../dist/engine/learn/optimiser.js';
import { Trainer } from '../../dist/engine/learn/trainer.js';
import { decode, loadPipeline } from '../../dist/engine/models/pipeline.js';
import { encodePair, shapesOf, textInputs } from '../../dist/engine/models/prompt.js';
import { guided } from '../../dist/engine/models/unet.js';
import { ExecutorCache } from '../../dist/engine/runtime/cache.js';
import { f32, rows } from '../../dist/engine/runtime/tensor.js';
import { Rng } from '../../dist/src/rng.js';

const BARE = residentMb();
resetPeak();

const spec = { rank: 4, alpha: 4, targets: 'attention' };
const adamW = adam({ lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4, clipNorm: 1 });
const cache = new ExecutorCache({ threads: 1, profile: process.env.PROFILE ?? 'speed' });
let pipeline;
let text;
let trainer;
let adapter;

async function denoise(prompt, noise, stepNoise, steps, guidance) {
  const sampler = { scheduler: 'ddim', steps, guidance, eta: 1 };
  const { latents } = await sample({ pipeline, cache, prompt, negative: '', noise, stepNoise, sampler });
  const images = await decode(pipeline, cache, latents);
  images.data.forEach((v, i) => {
    images.data[i] = Math.min(1, Math.max(-1, v));
  });
  return images;
}

const commands = {
  async load({ model }) {
    pipeline = await loadPipeline(model);
    return {};
  },

  /** Largest difference of the images from the golden trajectory's, relative to their largest value. */
  async golden({ trajectory, prompt, steps, guidance }) {
    const want = readSafetensors(trajectory);
    const size = want.initial.data.length;
    const stepNoise = (k) => want.steps.data.subarray(k * size, (k + 1) * size);
    const images = await denoise(prompt, want.initial, stepNoise, steps, guidance);
    let [difference, largest] = [0, 0];
    want.images.data.forEach((v, i) => {
      difference = Math.max(difference, Math.abs(v - images.data[i]));
      largest = Math.max(largest, Math.abs(v));
    });
    return { error: difference / largest };
  },

  async sample({ prompt, count, steps, guidance, seed }) {
    const rng = new Rng(seed, 0, 'bench');
    const shape = [count, ...pipeline.latentShape()];
    const draw = () => rng.normals(count * 4 * 16 * 16);
    const images = await denoise(prompt, f32(shape, draw()), draw, steps, guidance);
    const pixels = Uint8Array.from(images.data, (v) => Math.round((v + 1) * 127.5));
    return { mean: pixels.reduce((sum, v) => sum + v, 0) / pixels.length };
  },

  /** Text states of nothing and of the prompt; what made them is let go. */
  async prompt({ prompt }) {
    text = await encodePair(pipeline, cache, { negative: '', prompt }, pipeline.latentShape());
    await cache.clear();
    return {};
  },

  /** One guided prediction of the noise. */
  async step({ batch, guidance, save }) {
    const { z0, timesteps } = readSafetensors(batch);
    const graphSpec = { graph: 'step', models: [], shapes: { z0: z0.shape }, options: {} };
    const executor = await cache.get(graphSpec, () => {
      const g = new Graph();
      const inputs = { sample: g.input('sample', z0.shape), timestep: g.input('timestep', timesteps.shape) };
      const texts = textInputs(g, shapesOf(text));
      g.output('e', guided(g, pipeline, { ...inputs, ...texts }, g.input('guidance', [])));
      return g;
    });
    const { e } = await executor.run({
      sample: z0,
      timestep: timesteps,
      guidance: f32([], [guidance]),
      ...text,
    });
    if (save) writeSafetensors(save, { e });
    return { mean: e.data.reduce((sum, v) => sum + v, 0) / e.data.length };
  },

  /** LoRA r = 4 on the attention projections, its start read from a file, and a fresh AdamW. */
  async adapter({ file, prompt, recompute = false }) {
    adapter = readSafetensors(file);
    if (prompt !== undefined)
      text = await encodePair(pipeline, cache, { negative: '', prompt }, pipeline.latentShape());
    trainer = { optimiser: adamW.init(adapter), recompute };
    return { parameters: Object.values(adapter).reduce((n, { data }) => n + data.length, 0) };
  },

  /** One guided-regression step in the learner's micro-batches. */
  async train({ batch, guidance, save }) {
    const { z0, noise, timesteps } = readSafetensors(batch);
    const count = z0.shape[0];
    const size = Math.min(acclaim.params.parse({}).microBatch, count);
    const latent = z0.shape.slice(1);
    const { optimiser, recompute } = trainer;
    const graphSpec = { graph: 'train', models: [], shapes: {}, options: { size } };
    const executor = await cache.get(graphSpec, () =>
      guidedRegressionGraph(
        { pipeline, adapter: spec, latent, rows: size, guidance, text: shapesOf(text), recompute },
        { cap: 10, anchor: 0 },
      ),
    );
    const alphas = alphasCumprod(pipeline.scheduler);
    const weight = f32([size], new Float32Array(size).fill(1 / count));
    const batches = Array.from({ length: count / size }, (_, k) => {
      const part = (tensor) => rows(tensor, k * size, (k + 1) * size);
      const timestep = part(timesteps);
      const alpha = f32(
        [size, 1, 1, 1],
        Array.from(timestep.data, (t) => alphas[t]),
      );
      return { x: part(z0), noise: part(noise), timestep, alpha, weight };
    });
    const step = new Trainer(executor, adapter, optimiser, adamW, text);
    const result = await step.step(batches);
    if (save) writeSafetensors(save, adapter);
    return result;
  },

  async peak() {
    return { bare: BARE, above: peakMb() - BARE };
  },
};

process.stdout.write(`${JSON.stringify({ ready: true, bare: BARE })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...options } = JSON.parse(line);
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  let answer;
  try {
    answer = await commands[op](options);
    const { user, system } = process.cpuUsage(cpu);
    answer = {
      ...answer,
      cpu_seconds: (user + system) / 1e6,
      wall_seconds: (performance.now() - wall) / 1e3,
    };
  } catch (error) {
    answer = { error_text: error.stack };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
