/**
 * Sampling of models that were distilled to a few steps: multistep consistency sampling of LCM (arXiv
 * 2310.04378, algorithm 3) and strategic stochastic sampling of TCD (arXiv 2402.19159, algorithm 3).
 * Notation: a = alphas_cumprod at t, b at the next step's t', z = noise; x_0 and e as the network predicts
 * them:
 *   lcm   x' = sqrt(b) (c_out x_0 + c_skip x) + sqrt(1 - b) z,
 *       with k = .5^2 / ((10 t)^2 + .5^2): c_skip = k, c_out = sqrt(1 - k)
 *   tcd   s = floor((1 - eta) t'), a_s there:
 *       x' = sqrt(b / a_s) (sqrt(a_s) x_0 + sqrt(1 - a_s) e) + sqrt(1 - b / a_s) z
 * The last step adds no noise: lcm ends at what is in the brackets, tcd at t' = 0.
 */
import { AcclaimError } from '../../src/errors.js';
import type { SchedulerConfig } from '../models/config.js';
import { alphasCumprod } from './betas.js';
import type { Schedule, Step } from './schedule.js';

const { floor, fround, sqrt } = Math;
/** Of LCM's data, as its boundary condition takes it to be. */
const DATA_DEVIATION = 0.5;

/**
 * Timesteps that such a model was distilled at, noisiest first: every so many of the trained ones, each less
 * 1.
 */
export function distilledTimesteps(config: SchedulerConfig): number[] {
  const { num_train_timesteps: trained } = config;
  const all = Math.min(config.original_inference_steps, trained);
  const stride = floor(trained / all);
  return Array.from({ length: all }, (_, k) => (all - k) * stride - 1);
}

/** Of these, evenly spaced ones. Errors: usage, where there are fewer. */
function timestepsOf(config: SchedulerConfig, steps: number, scheduler: string): number[] {
  const all = distilledTimesteps(config);
  if (steps > all.length)
    throw new AcclaimError(
      'usage',
      `sampler.steps is ${steps}, and with ${scheduler} this model takes ${all.length} at most`,
      'Set sampler.steps (--steps) to a few: 4 is usual, 8 the most that is worth its time.',
    );
  return Array.from({ length: steps }, (_, k) => all[floor(k * (all.length / steps))]!);
}

/** x_0 = u x + v out, e = p x + q out. */
function predictions({ prediction_type: kind }: SchedulerConfig, a: number) {
  const [image, noise] = [sqrt(a), sqrt(1 - a)];
  return kind === 'v_prediction'
    ? { image: { x: image, out: -noise }, noise: { x: noise, out: image } }
    : { image: { x: 1 / image, out: -noise / image }, noise: { x: 0, out: 1 } };
}

/** alphas_cumprod, at the end of a zero terminal SNR 0 itself, as in diffusers' schedulers of this kind. */
function alphas(config: SchedulerConfig): (timestep: number) => number {
  const cumprod = alphasCumprod(config);
  const ends = config.rescale_betas_zero_snr === true;
  return (t) => (ends && t === cumprod.length - 1 ? 0 : cumprod[t]!);
}

/** Steps of a latent consistency model (arXiv 2310.04378), noisiest first. */
export function lcm(config: SchedulerConfig, { steps }: { steps: number }): Schedule {
  const alpha = alphas(config);
  const timesteps = timestepsOf(config, steps, 'lcm');
  const list = timesteps.map((timestep, k): Step => {
    const { image } = predictions(config, alpha(timestep));
    const skip = DATA_DEVIATION ** 2 / ((timestep * config.timestep_scaling) ** 2 + DATA_DEVIATION ** 2);
    const out = sqrt(1 - skip);
    const next = timesteps[k + 1];
    const b = next === undefined ? 1 : alpha(next);
    const step = {
      timestep,
      scale: 1,
      fromSample: sqrt(b) * (out * image.x + skip),
      fromOutput: sqrt(b) * out * image.out,
      fromPreviousX0: 0,
      std: sqrt(1 - b),
      x0: { fromSample: image.x, fromOutput: image.out },
    };
    const bound = config.clip_sample_range;
    return config.clip_sample ? { ...step, clip: { bound, weight: sqrt(b) * out } } : step;
  });
  return { initialScale: 1, steps: list };
}

/** `eta` is the paper's gamma: 0 is deterministic, 1 consistency sampling. */
export function tcd(config: SchedulerConfig, { steps, eta }: { steps: number; eta: number }): Schedule {
  const alpha = alphas(config);
  const timesteps = timestepsOf(config, steps, 'tcd');
  const list = timesteps.map((timestep, k): Step => {
    const { image, noise } = predictions(config, alpha(timestep));
    const next = timesteps[k + 1] ?? 0;
    const between = alpha(floor(fround(fround(1 - eta) * next)));
    // Without noise the step ends where it is predicted for.
    const kept = eta > 0 && k + 1 < steps ? alpha(next) / between : 1;
    const [toImage, toNoise] = [sqrt(kept * between), sqrt(kept * (1 - between))];
    return {
      timestep,
      scale: 1,
      fromSample: toImage * image.x + toNoise * noise.x,
      fromOutput: toImage * image.out + toNoise * noise.out,
      fromPreviousX0: 0,
      std: sqrt(1 - kept),
      x0: { fromSample: image.x, fromOutput: image.out },
    };
  });
  return { initialScale: 1, steps: list };
}
