/**
 * DDIM (arXiv 2010.02502) with eta, as numbers. Notation: a = alphas_cumprod at t, b at the timestep before
 * (at 0 for the last step, so that it stays stochastic), s = standard deviation of the step, z = noise:
 *   x_0 = (x_t - sqrt(1 - a) e) / sqrt(a)                                                            (12)
 *   x_prev = sqrt(b) x_0 + sqrt(1 - b - s^2) e + s z,  s = eta sqrt((1 - b) / (1 - a) (1 - a / b))   (12, 16)
 */
import type { SchedulerConfig } from '../models/config.js';
import { alphasCumprod } from './betas.js';
import { unbuilt } from './native.js';
import type { Schedule, Step } from './schedule.js';
import { spacedTimesteps } from './timesteps.js';

const { fround, sqrt } = Math;

/**
 * Timesteps of a run of DDIM. The spacing of a scheduler that is not built is its own affair: DDIM in its
 * place keeps to leading.
 */
export const ddimTimesteps = (config: SchedulerConfig, steps: number): number[] => {
  const spacing = unbuilt(config) === null ? config.timestep_spacing : null;
  return spacedTimesteps(config, spacing ?? 'leading', steps);
};

/** Steps of DDIM (arXiv 2010.02502), noisiest first; `eta` 0 adds no noise, 1 that of DDPM. */
export function ddim(config: SchedulerConfig, { steps, eta }: { steps: number; eta: number }): Schedule {
  const cumprod = alphasCumprod(config);
  // Other schedulers' configurations do not say where theirs ends: at the least noisy timestep, which keeps a
  // likelihood.
  const own = config._class_name === 'DDIMScheduler';
  const final = (config.set_alpha_to_one ?? own) ? 1 : cumprod[0]!;
  const ratio = Math.floor(config.num_train_timesteps / steps);
  const v = config.prediction_type === 'v_prediction';
  const list = ddimTimesteps(config, steps).map((timestep): Step => {
    const before = timestep - ratio;
    const at = Math.min(timestep, cumprod.length - 1);
    // Zero terminal SNR is exact here, as in diffusers' DDIM; what predicts the noise is refused before.
    const a = config.rescale_betas_zero_snr && at === cumprod.length - 1 ? 0 : cumprod[at]!;
    const b = before >= 0 ? cumprod[before]! : final;
    // In float32, step by step: see alphasCumprod.
    const variance = fround(fround(fround(1 - b) / fround(1 - a)) * fround(1 - fround(a / b)));
    const std = fround(eta * fround(sqrt(variance)));
    const towards = sqrt(fround(fround(1 - b) - fround(std * std)));
    const fromSample = sqrt(b / a);
    const fromNoise = towards - sqrt((b * (1 - a)) / a);
    // v-prediction (arXiv 2202.00512): e = sqrt(a) v + sqrt(1 - a) x_t, x_0 = sqrt(a) x_t - sqrt(1 - a) v.
    const ofV =
      a > 0
        ? { fromSample: fromSample + fromNoise * sqrt(1 - a), fromOutput: fromNoise * sqrt(a) }
        : { fromSample: towards, fromOutput: -sqrt(b) };
    const mean = v ? ofV : { fromSample, fromOutput: fromNoise };
    const x0 = v
      ? { fromSample: sqrt(a), fromOutput: -sqrt(1 - a) }
      : { fromSample: 1 / sqrt(a), fromOutput: -sqrt((1 - a) / a) };
    const step = { timestep, scale: 1, ...mean, fromPreviousX0: 0, std, x0 };
    return own && config.clip_sample
      ? { ...step, clip: { bound: config.clip_sample_range, weight: sqrt(b) } }
      : step;
  });
  return { initialScale: 1, steps: list };
}
