/**
 * What every scheduler comes down to: steps of a few numbers each, so that sampling, likelihoods and training
 * need to know no scheduler by name. Notation: out = the network's output at (c x_t, t), z ~ N(0, I), x_0' =
 * the prediction of x_0 at the step before (multistep methods only):
 *   x_0 = u x_t + v out,   x_next = p x_t + q out + r x_0' + s z
 * so log p(x_next | x_t) is that of one Gaussian wherever s > 0. Where x_0 is clipped, w (clip(x_0) - x_0) is
 * added.
 */
import type { samplerSchema } from '../../src/queue/jobs.js';

export type Sampler = (typeof samplerSchema)['_output'];
export type SchedulerName = Sampler['scheduler'];
/** What a schedule depends on beside the model's configuration; `eta` is DDIM's and TCD's. */
export type ScheduleOptions = Pick<Sampler, 'scheduler' | 'steps' | 'eta'>;

export interface Step {
  /** What the network is told; a fraction where the schedule falls between the trained ones. */
  readonly timestep: number;
  /** c: the network sees c x_t. */
  readonly scale: number;
  /** p: weight of x_t in the mean. */
  readonly fromSample: number;
  /**
   * q: weight of the network's output (noise or v, as the scheduler's `prediction_type` says) in the mean.
   */
  readonly fromOutput: number;
  /** r: weight of the step before's x_0 in the mean; 0 for one-step methods. */
  readonly fromPreviousX0: number;
  /** s; 0 where the step adds no noise. */
  readonly std: number;
  /** u and v. */
  readonly x0: { readonly fromSample: number; readonly fromOutput: number };
  /** Bound of |x_0|, and w, its weight in the mean. */
  readonly clip?: { readonly bound: number; readonly weight: number };
}

export interface Schedule {
  /** x_T = this times the noise N(0, I) that a run starts from. */
  readonly initialScale: number;
  /** Noisiest first. */
  readonly steps: readonly Step[];
}

/** Whether likelihoods exist at all: some step adds noise. */
export const isStochastic = ({ steps }: Schedule): boolean => steps.some(({ std }) => std > 0);

/** Whether a step's mean needs the x_0 of the step before. */
export const isMultistep = ({ steps }: Schedule): boolean =>
  steps.some(({ fromPreviousX0 }) => fromPreviousX0 !== 0);

/** x times `by`: x itself where that is 1. */
export const scaled = (x: Float32Array, by: number): Float32Array => (by === 1 ? x : x.map((v) => by * v));

/** u x_t + v out, clipped where the step says so: the image that the network expects at the end. */
export function predictedImage(step: Step, sample: Float32Array, output: Float32Array): Float32Array {
  const { fromSample: u, fromOutput: v } = step.x0;
  const bound = step.clip?.bound ?? Number.POSITIVE_INFINITY;
  return sample.map((x, i) => Math.max(-bound, Math.min(bound, u * x + v * output[i]!)));
}

/** Mean of x_next; `before` is the x_0 of the step before, read only where r is not 0. */
export function stepMean(
  step: Step,
  sample: Float32Array,
  output: Float32Array,
  before: Float32Array | null = null,
): Float32Array {
  const { fromSample: p, fromOutput: q, fromPreviousX0: r, clip } = step;
  const mean = new Float32Array(sample.length);
  for (let i = 0; i < mean.length; i++) mean[i] = p * sample[i] + q * output[i];
  if (r !== 0) {
    if (!before) throw new Error(`the step at t = ${step.timestep} needs the prediction of the one before`);
    for (let i = 0; i < mean.length; i++) mean[i] += r * before[i];
  }
  if (clip) {
    const { fromSample: u, fromOutput: v } = step.x0;
    const image = predictedImage(step, sample, output);
    for (let i = 0; i < mean.length; i++)
      mean[i] += clip.weight * (image[i] - (u * sample[i] + v * output[i]));
  }
  return mean;
}

/** mean + s z. */
export function stepNext(step: Step, mean: Float32Array, noise: Float32Array): Float32Array {
  return mean.map((m, i) => m + step.std * noise[i]!);
}

/**
 * Log-density of N(mean, s^2) at each of `count` images, averaged over the image's elements; 0 where s = 0.
 */
export function logProbabilities(
  value: Float32Array,
  mean: Float32Array,
  std: number,
  count: number,
): Float32Array {
  const out = new Float32Array(count);
  if (std === 0) return out;
  const size = value.length / count;
  const constant = Math.log(std) + 0.5 * Math.log(2 * Math.PI);
  for (let n = 0; n < count; n++) {
    let sum = 0;
    for (let i = n * size; i < (n + 1) * size; i++) sum += (value[i]! - mean[i]!) ** 2;
    out[n] = -sum / size / (2 * std * std) - constant;
  }
  return out;
}
