/**
 * Sampling: from noise x_T down DDIM's steps to latents x_0. The network predicts, a step is a few numbers and done
 * here in float32, so that another scheduler needs no other graph. Between two steps a run can be cancelled.
 */
import { setImmediate } from 'node:timers/promises';
import { AcclaimError } from '../../src/errors.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import { type DdimStep, ddimMean, ddimNext, ddimSteps, logProbabilities } from './ddim.js';
import { createPredictor, type Predictor, type PredictorRequest } from './predictor.js';

export interface SampleRequest extends PredictorRequest {
  /** z of step k, N C h w elements; asked only where a step adds noise. */
  readonly stepNoise: (k: number) => Float32Array;
  readonly sampler: { readonly steps: number; readonly guidance: number; readonly eta: number };
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
  const steps = ddimSteps(request.pipeline.scheduler, request.sampler);
  const predictor = await createPredictor(request);
  try {
    return await walk(request, steps, predictor.predict);
  } finally {
    await predictor.release();
  }
}

/** From x_T to x_0. */
async function walk(
  request: SampleRequest,
  steps: readonly DdimStep[],
  predict: Predictor['predict'],
): Promise<Samples> {
  const { noise, keep = 'none' } = request;
  const [count] = noise.shape as [number];
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

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
