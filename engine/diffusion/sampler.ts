/**
 * Guided sampling: from noise x_T down DDIM's steps to latents x_0. One executor call a step (several for many or large
 * images) predicts the images with and without the prompt and combines the two; the step itself is a few numbers and done here, in float32, so that
 * another scheduler needs no other graph. Between two steps a run can be cancelled.
 */
import { setImmediate } from 'node:timers/promises';
import { AcclaimError } from '../../src/errors.js';
import { Graph } from '../graph/graph.js';
import { encodePrompt, type Pipeline } from '../models/pipeline.js';
import { guided, unet } from '../models/unet.js';
import { type AdapterSpec, adapterInputs } from '../nn/lora.js';
import { inParts, partSize } from '../runtime/batches.js';
import type { ExecutorCache } from '../runtime/cache.js';
import type { Feeds } from '../runtime/executor.js';
import { type FloatTensor, f32, rows, type Tensor } from '../runtime/tensor.js';
import { ddimMean, ddimNext, ddimSteps, logProbabilities } from './ddim.js';

/** An adapter with its values, tensors by the names of `adapterShapes`. */
export interface AdapterValues {
  readonly spec: AdapterSpec;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

export interface SampleRequest {
  readonly pipeline: Pipeline;
  readonly cache: ExecutorCache;
  readonly prompt: string;
  readonly negative: string;
  /** x_T [N,C,h,w]. */
  readonly noise: FloatTensor;
  /** z of step k, N C h w elements; asked only where a step adds noise. */
  readonly stepNoise: (k: number) => Float32Array;
  readonly sampler: { readonly steps: number; readonly guidance: number; readonly eta: number };
  readonly adapter?: AdapterValues | undefined;
  /** After each step: steps done, of how many. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly keep?: 'none' | 'trajectory' | undefined;
}

export interface Samples {
  /** x_0 [N,C,h,w]. */
  readonly latents: FloatTensor;
  /** [T]. */
  readonly timesteps: number[];
  /** [T+1,N,C,h,w], x_T first; where kept. */
  readonly trajectory?: FloatTensor;
  /** [T,N], averaged over each latent's elements; where kept. */
  readonly logProbs?: FloatTensor;
}

/** Errors: `cancelled` between steps. */
export async function sample(request: SampleRequest): Promise<Samples> {
  const { pipeline, noise, sampler, keep = 'none' } = request;
  const [count] = noise.shape as [number];
  const steps = ddimSteps(pipeline.scheduler, sampler);
  const predict = await predictor(request);
  const kept: Float32Array[] = [noise.data];
  const logs: Float32Array[] = [];

  let x = noise.data;
  for (const [k, step] of steps.entries()) {
    if (request.signal?.aborted)
      throw new AcclaimError('cancelled', `sampling was cancelled at step ${k} of ${steps.length}`);
    const output = await predict(f32(noise.shape, x), step.timestep);
    const mean = ddimMean(step, x, output);
    x = step.std > 0 ? ddimNext(step, mean, request.stepNoise(k)) : mean;
    if (keep === 'trajectory') {
      kept.push(x);
      logs.push(logProbabilities(x, mean, step.std, count));
    }
    request.onStep?.(k + 1, steps.length);
    // A run blocks its thread: let messages (cancel, progress) through between two of them.
    await setImmediate();
  }

  const result = { latents: f32(noise.shape, x), timesteps: steps.map((step) => step.timestep) };
  if (keep === 'none') return result;
  return {
    ...result,
    trajectory: f32([steps.length + 1, ...noise.shape], joined(kept)),
    logProbs: f32([steps.length, count], joined(logs)),
  };
}

/** Latent elements that run at a time: sixteen images of the miniature, one of Stable Diffusion at 512x512. */
const PART_ELEMENTS = 16_384;

/** (x_t, t) -> the guided output of the network, for the request's prompt and adapter. */
async function predictor(
  request: SampleRequest,
): Promise<(x: FloatTensor, t: number) => Promise<Float32Array>> {
  const { pipeline, cache, noise, adapter, prompt, negative } = request;
  const { guidance } = request.sampler;
  // At w = 1 guidance is the identity, and half of the work falls away.
  const unguided = guidance === 1;
  const [count, ...latent] = noise.shape as [number, number, number, number];
  const size = partSize(count, Math.floor(PART_ELEMENTS / (noise.data.length / count)));
  const shape = [size, ...latent];
  const both = await encodePrompt(pipeline, cache, [negative, prompt]);
  const states = unguided ? rows(both, 1, 2) : both;
  const build = (): Graph => {
    const g = new Graph();
    const inputs = {
      sample: g.input('sample', shape),
      timestep: g.input('timestep', [1]),
      states: g.input('states', states.shape),
    };
    const lora = adapter && adapterInputs(g, pipeline, adapter.spec, 'merged');
    const output = unguided
      ? unet(g, pipeline, inputs, lora)
      : guided(g, pipeline, inputs, g.input('guidance', []), lora);
    g.output('output', output);
    return g;
  };
  const { rank, alpha, targets } = adapter?.spec ?? { rank: 0, alpha: 0, targets: 'none' };
  const key = [pipeline.dir, 'predict', shape, unguided, targets, rank, alpha].join('|');
  const constant: Feeds = { ...adapter?.tensors, states, guidance: f32([], [guidance]) };
  return async (x, t) => {
    const executor = await cache.get(key, build);
    const feeds: Feeds = { ...constant, timestep: f32([1], [t]) };
    const output = await inParts(x, size, async (part) => {
      const fetched = await executor.run({ ...feeds, sample: part });
      return fetched.output as FloatTensor;
    });
    return output.data;
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
