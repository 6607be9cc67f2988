/** Whole runs against diffusers' trajectories with the same noise, and how a run reports, keeps and stops. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ddim } from '../../../engine/diffusion/ddim.js';
import { createPredictor } from '../../../engine/diffusion/predictor.js';
import { type SampleRequest, sample } from '../../../engine/diffusion/sampler.js';
import { logProbabilities, stepMean, stepNext } from '../../../engine/diffusion/schedule.js';
import { schedule } from '../../../engine/diffusion/schedulers.js';
import { Graph } from '../../../engine/graph/graph.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { decode, loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { guided } from '../../../engine/models/unet.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import { largestDifference, relativeError } from '../../support/compare.js';

const golden = (name: string) =>
  readSafetensors(`tests/fixtures/mini/${name}.safetensors`) as Record<string, FloatTensor>;
const runs = JSON.parse(readFileSync('tests/fixtures/mini/trajectories.json', 'utf8'));

let pipeline: Pipeline;
const cache = new ExecutorCache({ threads: 1 });
beforeAll(async () => {
  pipeline = await loadPipeline('models/mini');
});
afterAll(() => cache.clear());

/** The golden run as a request. */
function replay(
  name: 'trajectory_eta1' | 'trajectory_eta0',
): SampleRequest & { tensors: Record<string, FloatTensor> } {
  const tensors = golden(name);
  const { prompt, negative, ...settings } = runs[name];
  const sampler = { scheduler: 'ddim', ...settings } as const;
  const size = tensors.initial!.data.length;
  const stepNoise = (k: number) => tensors.steps!.data.subarray(k * size, (k + 1) * size);
  return { pipeline, cache, prompt, negative, sampler, noise: tensors.initial!, stepNoise, tensors };
}

describe.each(['trajectory_eta1', 'trajectory_eta0'] as const)('%s', (name) => {
  it('is the golden one, latents, log-probabilities, timesteps and pictures', async () => {
    const { tensors, ...request } = replay(name);
    const { latents, trajectory, logProbs, timesteps } = await sample({ ...request, keep: 'trajectory' });
    expect(timesteps).toEqual(Array.from(tensors.timesteps!.data, Number));
    expect(relativeError(trajectory!, tensors.latents!)).toBeLessThan(1e-3);
    expect(largestDifference(logProbs!, tensors.log_probs!)).toBeLessThan(1e-3);
    const images = await decode(pipeline, cache, latents);
    const clipped = f32(
      images.shape,
      images.data.map((x) => Math.max(-1, Math.min(1, x))),
    );
    expect(relativeError(clipped, tensors.images!)).toBeLessThan(1e-3);
  });
});

describe('log-probabilities', () => {
  it('of the network on the golden latents are the golden ones', async () => {
    const { tensors, prompt, negative, sampler } = replay('trajectory_eta1');
    const [total, ...shape] = tensors.latents!.shape as [number, number, number, number, number];
    const { states } = await encodePrompt(pipeline, cache, [negative, prompt]);
    const g = new Graph();
    const inputs = {
      sample: g.input('sample', shape),
      timestep: g.input('timestep', [1]),
      states: g.input('states', states.shape),
    };
    g.output('output', guided(g, pipeline, inputs, sampler.guidance));
    const executor = await Executor.create(g, { threads: 1 });
    const at = (k: number) => f32(shape, rows(tensors.latents!, k, k + 1).data);
    const found: number[] = [];
    for (const [k, step] of ddim(pipeline.scheduler, sampler).steps.entries()) {
      const { output } = await executor.run({ sample: at(k), timestep: f32([1], [step.timestep]), states });
      const mean = stepMean(step, at(k).data, (output as FloatTensor).data);
      found.push(...logProbabilities(at(k + 1).data, mean, step.std, shape[0]!));
    }
    await executor.release();
    expect(largestDifference(f32([total - 1, shape[0]!], found), tensors.log_probs!)).toBeLessThan(2e-5);
  });
});

describe('a run', () => {
  const short = (): SampleRequest => ({
    ...replay('trajectory_eta1'),
    sampler: { scheduler: 'ddim', steps: 4, guidance: 3, eta: 1 },
  });

  it('reports each step', async () => {
    const seen: string[] = [];
    const { trajectory, logProbs } = await sample({
      ...short(),
      onStep: (done, total) => seen.push(`${done}/${total}`),
    });
    expect(seen).toEqual(['1/4', '2/4', '3/4', '4/4']);
    expect([trajectory, logProbs]).toEqual([undefined, undefined]);
  });

  it('stops between two steps when it is cancelled', async () => {
    const stop = new AbortController();
    let steps = 0;
    const run = sample({ ...short(), signal: stop.signal, onStep: () => ++steps === 2 && stop.abort() });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(steps).toBe(2);
  });

  it('gives the same bytes twice, on one thread', async () => {
    const [a, b] = [await sample(short()), await sample(short())];
    expect(a.latents.data).toEqual(b.latents.data);
  });

  it('gives the same images in parts as at once', async () => {
    const { tensors, ...request } = {
      ...replay('trajectory_eta1'),
      sampler: { scheduler: 'ddim', steps: 3, guidance: 3, eta: 1 } as const,
    };
    const copies = <T>(x: T) => new Array<T>(5).fill(x);
    const many = f32([20, 4, 16, 16], copies([...tensors.initial!.data]).flat());
    const stepNoise = (k: number) => Float32Array.from(copies([...request.stepNoise(k)]).flat());
    const [once, inParts] = [await sample(request), await sample({ ...request, noise: many, stepNoise })];
    for (const copy of [0, 2, 4]) {
      const found = rows(inParts.latents, copy * 4, copy * 4 + 4);
      expect(relativeError(found, once.latents)).toBeLessThan(1e-5);
    }
  });

  it('takes as many images at a time as fit; as many as a session began with, or none', async () => {
    const request = short();
    const noise = f32([8, 4, 16, 16], [...request.noise.data, ...request.noise.data].slice(0, 8192));
    const wide = { ...request, noise, stepNoise: () => new Float32Array(8192) };
    const within = (run: number) =>
      new ExecutorCache({ threads: 1 }, { executors: 4, memory: Infinity, run });
    const all = within(Infinity);
    const once = await sample({ ...wide, cache: all });
    expect(once.microBatch).toBe(16);
    const tight = within(all.predicted - 1);
    const parts = await sample({ ...wide, cache: tight });
    expect(parts.microBatch).toBe(4);
    expect(relativeError(parts.latents, once.latents)).toBeLessThan(1e-5);
    expect((await sample({ ...wide, cache: all, microBatch: 2 })).microBatch).toBe(2);
    await expect(sample({ ...wide, cache: tight, microBatch: 8 })).rejects.toMatchObject({
      code: 'memory-short',
    });
    await Promise.all([all.clear(), tight.clear()]);
  });

  it('holds a merged adapter against the memory that a run may have, and lets go of it', async () => {
    const adapter = { spec: { rank: 4, alpha: 8, targets: 'all' }, tensors: golden('lora_all') } as const;
    const cache = new ExecutorCache({ threads: 1 });
    await sample({ ...short(), cache });
    const plain = cache.size;
    await sample({ ...short(), cache, adapter });
    expect(cache.counts.compiled).toBe(plain + 1);
    expect(cache.size).toBe(plain);
    await cache.clear();
  });

  it('without guidance is guidance by 1', async () => {
    const nearly = await sample({
      ...short(),
      sampler: { scheduler: 'ddim', steps: 4, guidance: 1 + 1e-7, eta: 1 },
    });
    const unguided = await sample({
      ...short(),
      sampler: { scheduler: 'ddim', steps: 4, guidance: 1, eta: 1 },
    });
    expect(relativeError(unguided.latents, nearly.latents)).toBeLessThan(1e-4);
  });

  it.each([0, 0.5])('guidance %d is none, as in diffusers', async (guidance) => {
    const sampler = { scheduler: 'ddim', steps: 2, eta: 1 } as const;
    const [low, one] = [guidance, 1].map((w) => sample({ ...short(), sampler: { ...sampler, guidance: w } }));
    expect((await low!).latents).toEqual((await one!).latents);
  });

  it('predicts the same with an adapter merged and beside the layers', async () => {
    const adapter = { spec: { rank: 4, alpha: 8, targets: 'all' }, tensors: golden('lora_all') } as const;
    const [merged, beside] = await Promise.all([
      createPredictor({ ...short(), adapter }),
      createPredictor({ ...short(), adapter }, 0),
    ]);
    const x = short().noise;
    const [a, b] = [await merged.predict(x, 501), await beside.predict(x, 501)];
    await Promise.all([merged.release(), beside.release()]);
    expect(relativeError(f32(x.shape, a), f32(x.shape, b))).toBeLessThan(1e-5);
  });

  it('refuses an adapter of another rank, by name', async () => {
    const adapter = { spec: { rank: 8, alpha: 8, targets: 'all' }, tensors: golden('lora_all') } as const;
    await expect(sample({ ...short(), adapter })).rejects.toMatchObject({
      code: 'shape-mismatch',
      message: expect.stringMatching(/lora_A\.weight: expected float32\[8,.*found float32\[4,/),
    });
  });

  it('applies an adapter', async () => {
    const tensors = golden('lora_all');
    const spec = { rank: 4, alpha: 4, targets: 'all' } as const;
    const tuned = await sample({ ...short(), adapter: { spec, tensors } });
    const base = await sample(short());
    expect(relativeError(tuned.latents, base.latents)).toBeGreaterThan(0.05);
    const none = await sample({ ...short(), adapter: { spec: { ...spec, alpha: 0 }, tensors } });
    expect(relativeError(none.latents, base.latents)).toBeLessThan(1e-4);
  });

  it('has an adapter on in the noisy steps that it is told, and then goes on as the base model', async () => {
    const adapter = { spec: { rank: 4, alpha: 8, targets: 'all' }, tensors: golden('lora_all') } as const;
    const keep = 'trajectory' as const;
    const [on, half] = [
      await sample({ ...short(), adapter, keep }),
      await sample({ ...short(), adapter, keep, until: 0.5 }),
    ];
    const at = ({ trajectory }: typeof on, k: number) => rows(trajectory!, k, k + 1).data;
    const steps = schedule(pipeline.scheduler, short().sampler).steps;
    const middle = steps.length / 2;
    for (let k = 0; k <= middle; k++) expect(at(half, k)).toEqual(at(on, k));
    // The second half by hand, from where the first one ends.
    const plain = await createPredictor(short());
    let x = at(half, middle);
    for (const [k, step] of steps.entries()) {
      if (k < middle) continue;
      const mean = stepMean(step, x, await plain.predict(f32(short().noise.shape, x), step.timestep));
      x = step.std > 0 ? stepNext(step, mean, short().stepNoise(k)) : mean;
    }
    expect(half.latents.data).toEqual(x);
    expect(relativeError(half.latents, on.latents)).toBeGreaterThan(0.01);
  });
});
