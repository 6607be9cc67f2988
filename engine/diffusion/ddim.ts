/**
 * DDIM (arXiv 2010.02502) with eta, as numbers. Notation: a = alphas_cumprod at t, b at the timestep before (at 0 for
 * the last step, so that it stays stochastic), s = standard deviation of the step, z = noise:
 *   x_0 = (x_t - sqrt(1 - a) e) / sqrt(a)                                                            (12)
 *   x_prev = sqrt(b) x_0 + sqrt(1 - b - s^2) e + s z,  s = eta sqrt((1 - b) / (1 - a) (1 - a / b))   (12, 16)
 * Both are linear in x_t and in the network's output, so a step is three numbers: x_prev = p x_t + q out + s z.
 */
import type { SchedulerConfig } from '../models/config.js';

export interface DdimStep {
  readonly timestep: number;
  /** a: alphas_cumprod at this timestep. */
  readonly alpha: number;
  /** b: alphas_cumprod at the timestep before. */
  readonly alphaBefore: number;
  /** p: weight of x_t in the mean. */
  readonly fromSample: number;
  /** q: weight of the network's output (noise or v, as the scheduler's `prediction_type` says) in the mean. */
  readonly fromOutput: number;
  /** s; 0 where the step adds no noise. */
  readonly std: number;
}

const { fround, sqrt } = Math;

/**
 * alphas_cumprod [num_train_timesteps]: betas in float32, products in float64, each stored as float32, as PyTorch does.
 * Near t = 0, where 1 - a is about 1e-3, another rounding would show in the log-probabilities.
 */
export function alphasCumprod(config: SchedulerConfig): Float32Array {
  const n = config.num_train_timesteps;
  const root = config.beta_schedule === 'scaled_linear';
  const [start, end] = root
    ? [sqrt(config.beta_start), sqrt(config.beta_end)]
    : [config.beta_start, config.beta_end];
  const betas = linspace(start, end, n).map((x) => (root ? x * x : x));
  let product = 1;
  return betas.map((beta) => {
    product *= fround(1 - beta);
    return product;
  });
}

/** As torch.linspace in float32: from both ends towards the middle. */
function linspace(start: number, end: number, n: number): Float32Array {
  const [first, last] = [fround(start), fround(end)];
  const step = n > 1 ? fround(fround(last - first) / (n - 1)) : 0;
  return Float32Array.from({ length: n }, (_, i) =>
    i < n / 2 ? fround(first + fround(step * i)) : fround(last - fround(step * (n - 1 - i))),
  );
}

/** `steps` timesteps, noisiest first: spacing "leading", (steps - 1 .. 0) floor(n / steps) + steps_offset. */
export function leadingTimesteps(config: SchedulerConfig, steps: number): number[] {
  const ratio = Math.floor(config.num_train_timesteps / steps);
  if (ratio < 1) throw new RangeError(`${steps} steps of ${config.num_train_timesteps} timesteps`);
  return Array.from({ length: steps }, (_, k) => (steps - 1 - k) * ratio + config.steps_offset);
}

/** All steps of a run, noisiest first. */
export function ddimSteps(
  config: SchedulerConfig,
  { steps, eta }: { steps: number; eta: number },
): DdimStep[] {
  const cumprod = alphasCumprod(config);
  const final = config.set_alpha_to_one ? 1 : cumprod[0]!;
  const ratio = Math.floor(config.num_train_timesteps / steps);
  return leadingTimesteps(config, steps).map((timestep) => {
    const before = timestep - ratio;
    const a = cumprod[Math.min(timestep, cumprod.length - 1)]!;
    const b = before >= 0 ? cumprod[before]! : final;
    // In float32, step by step: see alphasCumprod.
    const variance = fround(fround(fround(1 - b) / fround(1 - a)) * fround(1 - fround(a / b)));
    const std = fround(eta * fround(sqrt(variance)));
    const towards = sqrt(fround(fround(1 - b) - fround(std * std)));
    const fromSample = sqrt(b / a);
    const fromNoise = towards - sqrt((b * (1 - a)) / a);
    const step = { timestep, alpha: a, alphaBefore: b, std };
    // v-prediction (arXiv 2202.00512): e = sqrt(a) v + sqrt(1 - a) x_t.
    return config.prediction_type === 'v_prediction'
      ? { ...step, fromSample: fromSample + fromNoise * sqrt(1 - a), fromOutput: fromNoise * sqrt(a) }
      : { ...step, fromSample, fromOutput: fromNoise };
  });
}

/** Mean of x_prev. */
export function ddimMean(step: DdimStep, sample: Float32Array, output: Float32Array): Float32Array {
  const mean = new Float32Array(sample.length);
  for (let i = 0; i < mean.length; i++) mean[i] = step.fromSample * sample[i] + step.fromOutput * output[i];
  return mean;
}

/** mean + s z. */
export function ddimNext(step: DdimStep, mean: Float32Array, noise: Float32Array): Float32Array {
  return mean.map((m, i) => m + step.std * noise[i]);
}

/** Log-density of N(mean, s^2) at each of `count` images, averaged over the image's elements; 0 where s = 0. */
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
    for (let i = n * size; i < (n + 1) * size; i++) sum += (value[i] - mean[i]) ** 2;
    out[n] = -sum / size / (2 * std * std) - constant;
  }
  return out;
}
