/**
 * Euler's method and its ancestral variant on dx/dsigma = (x - x_0) / sigma, x = x_0 + sigma e (arXiv
 * 2206.00364, algorithm 1; k-diffusion for the ancestral one). The network sees c x, c = 1 / sqrt(sigma^2 +
 * 1):
 *   x_0 = x - sigma e,   or  x / (sigma^2 + 1) - c sigma v
 *   Euler       x' = x_0 + (sigma' / sigma) (x - x_0)
 *   ancestral   up = sigma' sqrt(1 - (sigma' / sigma)^2), down = sigma'^2 / sigma:
 *       x' = x_0 + (down / sigma) (x - x_0) + up z
 */
import type { SchedulerConfig } from '../models/config.js';
import { karrasSigmas, sigmaAt, timestepOf, trainedSigmas } from './betas.js';
import type { Schedule, Step } from './schedule.js';
import { spacedTimesteps } from './timesteps.js';

const { fround, sqrt } = Math;

/** Steps of Euler's method (arXiv 2206.00364), noisiest first; they add no noise. */
export function euler(config: SchedulerConfig, { steps }: { steps: number }): Schedule {
  const trained = trainedSigmas(config);
  let [timesteps, sigmas] = spaced(config, trained, steps);
  if (config.use_karras_sigmas) {
    const [most, least] = [config.sigma_max ?? sigmas[0]!, config.sigma_min ?? sigmas.at(-1)!];
    sigmas = karrasSigmas(most, least, steps);
    timesteps = sigmas.map((sigma) => fround(timestepOf(trained, sigma)));
  }
  const final = config.final_sigmas_type === 'zero' ? 0 : trained[0]!;
  return schedule(config, timesteps, [...sigmas, final], (from, to) => ({ towards: to / from, std: 0 }));
}

/** Knows neither Karras sigmas nor another end than 0. */
export function eulerAncestral(config: SchedulerConfig, { steps }: { steps: number }): Schedule {
  const [timesteps, sigmas] = spaced(config, trainedSigmas(config), steps);
  return schedule(config, timesteps, [...sigmas, 0], (from, to) => ({
    towards: (to / from) ** 2,
    std: to * sqrt(Math.max(0, 1 - (to / from) ** 2)),
  }));
}

function spaced(config: SchedulerConfig, trained: readonly number[], steps: number): [number[], number[]] {
  const spacing = config.timestep_spacing ?? 'linspace';
  const timesteps = spacedTimesteps(config, spacing, steps, { whole: false });
  return [timesteps, timesteps.map((t) => sigmaAt(trained, t))];
}

/** x' = x_0 + towards (x - x_0) + std z for each pair of neighbouring sigmas. */
function schedule(
  config: SchedulerConfig,
  timesteps: readonly number[],
  sigmas: readonly number[],
  move: (from: number, to: number) => { towards: number; std: number },
): Schedule {
  const steps = timesteps.map((timestep, k): Step => {
    const sigma = sigmas[k]!;
    const { towards, std } = move(sigma, sigmas[k + 1]!);
    const scale = 1 / sqrt(sigma ** 2 + 1);
    const x0 =
      config.prediction_type === 'v_prediction'
        ? { fromSample: scale ** 2, fromOutput: -sigma * scale }
        : { fromSample: 1, fromOutput: -sigma };
    return {
      timestep,
      scale,
      fromSample: towards + (1 - towards) * x0.fromSample,
      fromOutput: (1 - towards) * x0.fromOutput,
      fromPreviousX0: 0,
      std,
      x0,
    };
  });
  const most = Math.max(...sigmas);
  // Where the first timestep is not the last trained one, the image's own variance counts too.
  const leading = config.timestep_spacing === 'leading';
  return { initialScale: leading ? sqrt(most ** 2 + 1) : most, steps };
}
