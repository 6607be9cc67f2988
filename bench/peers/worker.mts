// Our side of the comparison: the same commands, answers and clock as worker.py. One JSON command a line on
// stdin, one JSON answer a line on stdout; CPU seconds of this process (all its threads) and wall seconds
// around the work alone; peak memory is VmHWM, reset right after the imports, less what was resident then.
// Run by peers/compare.mjs.
import { createInterface } from 'node:readline';
import { alphasCumprod } from '../../engine/diffusion/betas.js';
import { sample } from '../../engine/diffusion/sampler.js';
import { Graph } from '../../engine/graph/graph.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { guidedRegressionGraph } from '../../engine/learn/losses/guided-regression.js';
import { adam } from '../../engine/learn/optimiser.js';
import { Trainer } from '../../engine/learn/trainer.js';
import { decode, loadPipeline, type Pipeline } from '../../engine/models/pipeline.js';
import { encodePair, shapesOf, textInputs } from '../../engine/models/prompt.js';
import { guided } from '../../engine/models/unet.js';
import type { AdapterSpec } from '../../engine/nn/lora.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows } from '../../engine/runtime/tensor.js';
import { learnerRegistry } from '../../src/config/learners.js';
import { Rng } from '../../src/rng.js';
import { difference, Floats } from '../lib/floats.mjs';
import { peakMb, resetPeak, residentMb } from '../lib/memory.mjs';

const BARE = residentMb();
resetPeak();

const spec: AdapterSpec = { rank: 4, alpha: 4, targets: 'attention' };
const adamW = adam({ lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4, clipNorm: 1 });
const cache = new ExecutorCache({
  threads: 1,
  profile: (process.env.PROFILE ?? 'speed') as 'memory' | 'speed',
});

/** What earlier commands have left; those that need it come after. */
let pipeline: Pipeline;
let text: Awaited<ReturnType<typeof encodePair>>;
let trainer: { optimiser: ReturnType<typeof adamW.init>; recompute: boolean };
let adapter: Record<string, FloatTensor>;

interface Drawing {
  prompt: string;
  steps: number;
  guidance: number;
}

async function denoise(
  { prompt, steps, guidance }: Drawing,
  noise: FloatTensor,
  stepNoise: (k: number) => Float32Array,
): Promise<FloatTensor> {
  const sampler = { scheduler: 'ddim', steps, guidance, eta: 1 } as const;
  const { latents } = await sample({ pipeline, cache, prompt, negative: '', noise, stepNoise, sampler });
  const images = await decode(pipeline, cache, latents);
  images.data.forEach((v, i) => {
    images.data[i] = Math.min(1, Math.max(-1, v));
  });
  return images;
}

interface Work {
  /** File of latents, noise and timesteps. */
  batch: string;
  guidance: number;
  /** File for what came out. */
  save?: string;
}

const commands = {
  async load({ model }: { model: string }) {
    pipeline = await loadPipeline(model);
    return {};
  },

  /** Largest difference of the images from the golden trajectory's, relative to their largest value. */
  async golden({ trajectory, ...drawing }: Drawing & { trajectory: string }) {
    const want = new Floats(trajectory);
    const noises = want.get('steps').data;
    const size = want.get('initial').data.length;
    const stepNoise = (k: number) => noises.subarray(k * size, (k + 1) * size);
    const images = await denoise(drawing, want.get('initial'), stepNoise);
    return { error: difference(images.data, want.get('images').data) };
  },

  async sample({ count, seed, ...drawing }: Drawing & { count: number; seed: number }) {
    const rng = new Rng(seed, 0, 'bench');
    const shape = [count, ...pipeline.latentShape()];
    const draw = () => rng.normals(count * 4 * 16 * 16);
    const images = await denoise(drawing, f32(shape, draw()), draw);
    const pixels = Uint8Array.from(images.data, (v) => Math.round((v + 1) * 127.5));
    return { mean: pixels.reduce((sum, v) => sum + v, 0) / pixels.length };
  },

  /** Text states of nothing and of the prompt; what made them is let go. */
  async prompt({ prompt }: { prompt: string }) {
    text = await encodePair(pipeline, cache, { negative: '', prompt }, pipeline.latentShape());
    await cache.clear();
    return {};
  },

  /** One guided prediction of the noise. */
  async step({ batch, guidance, save }: Work) {
    const given = new Floats(batch);
    const [z0, timesteps] = [given.get('z0'), given.get('timesteps')];
    const graphSpec = { graph: 'step', models: [], shapes: { z0: z0.shape }, options: {} };
    const executor = await cache.get(graphSpec, () => {
      const g = new Graph();
      const inputs = { sample: g.input('sample', z0.shape), timestep: g.input('timestep', timesteps.shape) };
      const texts = textInputs(g, shapesOf(text));
      g.output('e', guided(g, pipeline, { ...inputs, ...texts }, g.input('guidance', [])));
      return g;
    });
    const out = await executor.run({
      sample: z0,
      timestep: timesteps,
      guidance: f32([], [guidance]),
      ...text,
    });
    const e = out.e as FloatTensor;
    if (save) writeSafetensors(save, { e });
    return { mean: e.data.reduce((sum, v) => sum + v, 0) / e.data.length };
  },

  /** LoRA r = 4 on the attention projections, its start read from a file, and a fresh AdamW. */
  async adapter({ file, prompt, recompute = false }: { file: string; prompt?: string; recompute?: boolean }) {
    adapter = { ...new Floats(file).all };
    if (prompt !== undefined)
      text = await encodePair(pipeline, cache, { negative: '', prompt }, pipeline.latentShape());
    trainer = { optimiser: adamW.init(adapter), recompute };
    return { parameters: Object.values(adapter).reduce((n, { data }) => n + data.length, 0) };
  },

  /** One guided-regression step in the learner's micro-batches. */
  async train({ batch, guidance, save }: Work) {
    const given = new Floats(batch);
    const [z0, noise, timesteps] = [given.get('z0'), given.get('noise'), given.get('timesteps')];
    const [count, ...latent] = z0.shape as [number, number, number, number];
    const size = Math.min(learnerRegistry.acclaim.params.parse({}).microBatch, count);
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
      const part = (tensor: FloatTensor) => rows(tensor, k * size, (k + 1) * size);
      const timestep = part(timesteps);
      const alpha = f32(
        [size, 1, 1, 1],
        Array.from(timestep.data, (t) => alphas[t]!),
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
  const { op, ...options } = JSON.parse(line) as { op: keyof typeof commands };
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  let answer: object;
  try {
    answer = await commands[op](options as never);
    const { user, system } = process.cpuUsage(cpu);
    answer = {
      ...answer,
      cpu_seconds: (user + system) / 1e6,
      wall_seconds: (performance.now() - wall) / 1e3,
    };
  } catch (error) {
    answer = { error_text: (error as Error).stack };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
