/**
 * DPM-Solver++ 2M (arXiv 2211.01095, algorithm 2) and its SDE form (appendix A there). Notation: sigma as in
 * betas.ts, a = 1 / sqrt(sigma^2 + 1) and s = a sigma are the weights of image and noise in x_t, primed at
 * the next step; lambda = -log sigma, h = lambda' - lambda, hence exp(-h) = sigma' / sigma = e:
 *   x_0 = (x - s n) / a,  or  a x - s v,      with n the noise that the network predicts
 *   D = x_0 + 1/2 (h / h_before) (x_0 - x_0 of the step before)              first order: D = x_0
 *   2M      x' = (s' / s) x + a' (1 - e) D
 *   2M SDE  x' = (s' / s) e x + a' (1 - e^2) D + s' sqrt(1 - e^2) z
 */
import type { SchedulerConfig } from '../models/config.js';
import { roundHalfEven } from '../rounding.js';
import { karrasSigmas, sigmaAt, timestepOf, trainedSigmas } from './betas.js';
import type { Schedule, Step } from './schedule.js';
import { falling, spacedTimesteps } from './timesteps.js';

const { fround, log, sqrt } = Math;
/** Runs shorter than this end with a step of first order. */
const SHORT = 15;

interface Variant {
  readonly noisy: boolean;
  /** Where the configuration does not say. */
  readonly karras: boolean;
}

const solver =
  ({ noisy, karras }: Variant) =>
  (config: SchedulerConfig, { steps }: { steps: number }): Schedule => {
    const { timesteps, sigmas } = grid(config, steps, config.use_karras_sigmas ?? karras);
    const list = timesteps.map((timestep, k): Step => {
      const [sigma, next] = [sigmas[k]!, sigmas[k + 1]!];
      const a = 1 / sqrt(sigma ** 2 + 1);
      const s = a * sigma;
      const aNext = 1 / sqrt(next ** 2 + 1);
      const sNext = aNext * next;
      const e = next / sigma;
      const kept = (sNext / s) * (noisy ? e : 1);
      const fromD = aNext * (1 - (noisy ? e * e : e));
      // D = x_0 + again (x_0 - x_0').
      const again =
        k === 0 || (k === steps - 1 && firstOrderEnd(config, steps))
          ? 0
          : (0.5 * log(sigma / next)) / log(sigmas[k - 1]! / sigma);
      const x0 =
        config.prediction_type === 'v_prediction'
          ? { fromSample: a, fromOutput: -s }
          : { fromSample: 1 / a, fromOutput: -s / a };
      return {
        timestep,
        scale: 1,
        fromSample: kept + fromD * (1 + again) * x0.fromSample,
        fromOutput: fromD * (1 + again) * x0.fromOutput,
        fromPreviousX0: again === 0 ? 0 : -fromD * again,
        std: noisy ? sNext * sqrt(1 - e * e) : 0,
        x0,
      };
    });
    return { initialScale: 1, steps: list };
  };

export const dpmpp2m = solver({ noisy: false, karras: false });
/** Mostly used with Karras sigmas. */
export const dpmpp2mSde = solver({ noisy: true, karras: true });

const firstOrderEnd = (config: SchedulerConfig, steps: number): boolean =>
  config.final_sigmas_type === 'zero' ||
  config.euler_at_final === true ||
  (config.lower_order_final && steps < SHORT);

/** Timesteps, and one sigma more. */
function grid(
  config: SchedulerConfig,
  steps: number,
  karras: boolean,
): { timesteps: number[]; sigmas: number[] } {
  const trained = trainedSigmas(config);
  const final = config.final_sigmas_type === 'zero' ? 0 : trained[0]!;
  if (karras) {
    const sigmas = karrasSigmas(config.sigma_max ?? trained.at(-1)!, config.sigma_min ?? trained[0]!, steps);
    const timesteps = sigmas.map((sigma) => roundHalfEven(timestepOf(trained, sigma)));
    return { timesteps, sigmas: [...sigmas, final].map(fround) };
  }
  const floor = config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY;
  const last = trained.filter((sigma) => -log(sigma) >= floor).length;
  const timesteps = spaced(
    { ...config, num_train_timesteps: last },
    config.timestep_spacing ?? 'linspace',
    steps,
  );
  const sigmas = timesteps.map((t) => sigmaAt(trained, t));
  return { timesteps, sigmas: [...sigmas, final].map(fround) };
}

/**
 * As the other schedulers' spacings, but that linspace and leading divide for one step more and leave the
 * last out.
 */
function spaced(
  config: SchedulerConfig,
  spacing: 'leading' | 'trailing' | 'linspace',
  steps: number,
): number[] {
  const { num_train_timesteps: last, steps_offset: offset } = config;
  if (spacing === 'trailing') return spacedTimesteps(config, spacing, steps);
  if (spacing === 'linspace')
    return falling(last - 1, steps + 1)
      .slice(0, -1)
      .map(roundHalfEven);
  const ratio = Math.floor(last / (steps + 1));
  return Array.from({ length: steps }, (_, k) => (steps - k) * ratio + offset);
}
