/**
 * Sampling: from noise down a schedule's steps to latents x_0. The network predicts, a step is a few numbers
 * and done here in float32, so that no scheduler needs a graph of its own. Between two steps a run can be
 * cancelled.
 */
import { setImmediate } from 'node:timers/promises';
import { AcclaimError } from '../../src/errors.js';
import type { StackedAdapter } from '../../src/queue/jobs.js';
import { stackOnce, together } from '../adapters/stack.js';
import { mustBeFinite } from '../models/finite.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import { createPredictor, type Predictor, type PredictorRequest } from './predictor.js';
import {
  isMultistep,
  logProbabilities,
  predictedImage,
  type Schedule,
  type ScheduleOptions,
  scaled,
  stepMean,
  stepNext,
} from './schedule.js';
import { schedule } from './schedulers.js';

export interface SampleRequest extends PredictorRequest {
  /** z of step k, N C h w elements; asked only where a step adds noise. */
  readonly stepNoise: (k: number) => Float32Array;
  readonly sampler: ScheduleOptions & {
    readonly guidance: number;
    /** LoRAs beside `adapter`, on in all steps. */
    readonly stack?: readonly StackedAdapter[] | undefined;
  };
  /** Share of the steps, from the noisy end, that the adapter is on in; default 1, all of them. */
  readonly until?: number | undefined;
  /** Before the first step, with the floating-point operations of all of one image's steps. */
  readonly onBegin?: ((flops: number) => Promise<void>) | undefined;
  /**
   * After each step, which waits for it: steps done, of how many, and x_0 [N,C,h,w] as the step expects it,
   * worked out when asked.
   */
  readonly onStep?: ((done: number, total: number, expected: () => FloatTensor) => unknown) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly keep?: 'none' | 'trajectory' | undefined;
  /**
   * Steps `from` up to, not with, `to`; default all. A run that goes on needs what it stood at; such runs
   * keep no trajectory.
   */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
  readonly halfway?: Halfway | undefined;
}

/** Where a run stands between two steps. */
export interface Halfway {
  /** x [N,C,h,w] after the last step taken. */
  readonly x: FloatTensor;
  /** x_0 as that step predicted it; of multistep schedulers, whose next step depends on it. */
  readonly before: FloatTensor | null;
}

export interface Samples {
  /** x_0 [N,C,h,w]; of a run that stops before the last step, as that step expects it. */
  readonly latents: FloatTensor;
  readonly halfway: Halfway;
  /** Images of one executor call, at most. */
  readonly microBatch: number;
  /** [T]. */
  readonly timesteps: number[];
  /**
   * [T+1,N,C,h,w], where kept: the noise first, not yet at the schedule's initial scale, then x after each
   * step.
   */
  readonly trajectory?: FloatTensor;
  /**
   * x_0 as predicted at each step [T,N,C,h,w]; where kept, of multistep schedulers only: their means depend
   * on it.
   */
  readonly x0?: FloatTensor;
  /** [T,N], averaged over each latent's elements; where kept. */
  readonly logProbs?: FloatTensor;
}

/** Errors: `cancelled` between steps; `not-finite`. */
export async function sample(request: SampleRequest): Promise<Samples> {
  const plan = schedule(request.pipeline.scheduler, request.sampler);
  const { adapter: own, cache, pipeline } = request;
  const stack = stackOnce(cache, pipeline, request.sampler.stack);
  const predictor = await createPredictor({
    ...request,
    adapter: own && stack ? together(own, stack) : (own ?? stack),
  });
  const bare = own && tunedSteps(plan.steps.length, request.until) < plan.steps.length;
  const plain = bare
    ? await createPredictor({ ...request, adapter: stack, microBatch: predictor.microBatch })
    : predictor;
  try {
    await request.onBegin?.(predictor.flops() * plan.steps.length);
    return {
      ...(await walk(request, plan, predictor.predict, plain.predict)),
      microBatch: predictor.microBatch,
    };
  } finally {
    await predictor.release();
    if (bare) await plain.release();
  }
}

/** Steps that the adapter is on in: the first, noisiest ones, one at least. */
export const tunedSteps = (steps: number, until = 1): number => Math.max(1, Math.round(until * steps));

/** From x_T to x_0: `plain` predicts the steps that the adapter is off in. */
async function walk(
  request: SampleRequest,
  plan: Schedule,
  tuned: Predictor['predict'],
  plain: Predictor['predict'],
): Promise<Omit<Samples, 'microBatch'>> {
  const { noise, keep = 'none' } = request;
  const { steps } = plan;
  const switched = tunedSteps(steps.length, request.until);
  const [count] = noise.shape as [number];
  const multistep = isMultistep(plan);
  const kept: Float32Array[] = [noise.data];
  const logs: Float32Array[] = [];
  const images: Float32Array[] = [];

  const { from: first, to } = request.range ?? { from: 0, to: steps.length };
  let x: Float32Array = request.halfway?.x.data ?? scaled(noise.data, plan.initialScale);
  let before: Float32Array | null = request.halfway?.before?.data ?? null;
  let expected: Float32Array = x;
  for (let k = first; k < to; k++) {
    const step = steps[k]!;
    if (request.signal?.aborted)
      throw new AcclaimError('cancelled', `sampling was cancelled at step ${k} of ${steps.length}`);
    const predict = k < switched ? tuned : plain;
    const output = await predict(f32(noise.shape, scaled(x, step.scale)), step.timestep);
    const [from, last] = [x, k + 1 === steps.length];
    const mean = stepMean(step, x, output, before);
    if (multistep) before = predictedImage(step, x, output);
    x = step.std > 0 ? stepNext(step, mean, request.stepNoise(k)) : mean;
    mustBeFinite({ data: x }, request.pipeline, { step: k + 1, of: steps.length });
    if (keep === 'trajectory') {
      kept.push(x);
      logs.push(logProbabilities(x, mean, step.std, count));
      if (before) images.push(before);
    }
    const expect = () => (last ? x : predictedImage(step, from, output));
    if (k + 1 === to) expected = expect();
    await request.onStep?.(k + 1, steps.length, () => f32(noise.shape, expect()));
    // A run blocks its thread: let messages (cancel, progress) through between two of them.
    await setImmediate();
  }

  const result = {
    latents: f32(noise.shape, expected),
    halfway: { x: f32(noise.shape, x), before: before && f32(noise.shape, before) },
    timesteps: steps.map((step) => step.timestep),
  };
  if (keep === 'none') return result;
  return {
    ...result,
    trajectory: f32([steps.length + 1, ...noise.shape], joined(kept)),
    logProbs: f32([steps.length, count], joined(logs)),
    ...(multistep ? { x0: f32([steps.length, ...noise.shape], joined(images)) } : {}),
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
