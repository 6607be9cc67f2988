/**
 * The noise that a model was trained with: alphas_cumprod [n], and sigma = sqrt((1 - a) / a), the standard
 * deviation of the noise over an image of unit scale. Rounded as PyTorch rounds: near t = 0, where 1 - a is
 * about 1e-3, another rounding would show in log-probabilities.
 */
import type { SchedulerConfig } from '../models/config.js';

const { fround, sqrt } = Math;

/** Betas in float32, products in float64, each stored as float32. */
export function alphasCumprod(config: SchedulerConfig): Float32Array {
  let product = 1;
  const trained = betas(config).map((beta) => {
    product *= fround(1 - beta);
    return product;
  });
  return config.rescale_betas_zero_snr ? endingInNoise(trained) : trained;
}

/**
 * Algorithm 1 of arXiv 2305.08891: sqrt(a) moved and scaled so that it keeps its first value and ends at 0.
 * There 2^-24 stands for 0, as in diffusers' Euler and DPM-Solver++, so that no sigma is infinite; DDIM takes
 * 0 itself.
 */
function endingInNoise(cumprod: Float32Array): Float32Array {
  const [first, last] = [sqrt(cumprod[0]!), sqrt(cumprod.at(-1)!)];
  const out = cumprod.map((a) => (((sqrt(a) - last) * first) / (first - last)) ** 2);
  out[out.length - 1] = 2 ** -24;
  return out;
}

function betas(config: SchedulerConfig): Float32Array {
  const { num_train_timesteps: n, beta_start: start, beta_end: end, beta_schedule: kind } = config;
  if (kind === 'linear') return linspace(start, end, n);
  if (kind === 'scaled_linear') return linspace(sqrt(start), sqrt(end), n).map((x) => x * x);
  // Improved DDPM (arXiv 2102.09672), (17): a(t) = cos^2((t + .008) / 1.008 pi / 2).
  const a = (t: number) => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  return Float32Array.from({ length: n }, (_, i) => Math.min(1 - a((i + 1) / n) / a(i / n), 0.999));
}

/** As torch.linspace in float32: from both ends towards the middle. */
function linspace(start: number, end: number, n: number): Float32Array {
  const [first, last] = [fround(start), fround(end)];
  const step = n > 1 ? fround(fround(last - first) / (n - 1)) : 0;
  return Float32Array.from({ length: n }, (_, i) =>
    i < n / 2 ? fround(first + fround(step * i)) : fround(last - fround(step * (n - 1 - i))),
  );
}

/** Sigma of every trained timestep, rising. */
export const trainedSigmas = (config: SchedulerConfig): number[] =>
  Array.from(alphasCumprod(config), (a) => sqrt((1 - a) / a));

/** Sigma at a timestep between trained ones. */
export function sigmaAt(sigmas: readonly number[], timestep: number): number {
  const t = Math.min(Math.max(timestep, 0), sigmas.length - 1);
  const low = Math.min(Math.floor(t), sigmas.length - 2);
  return sigmas[low]! + (t - low) * (sigmas[low + 1]! - sigmas[low]!);
}

/** The timestep, a fraction, whose sigma this is: linear in log sigma. */
export function timestepOf(sigmas: readonly number[], sigma: number): number {
  let low = sigmas.findLastIndex((s) => s <= sigma);
  low = Math.min(Math.max(low, 0), sigmas.length - 2);
  const [a, b] = [Math.log(sigmas[low]!), Math.log(sigmas[low + 1]!)];
  return low + Math.min(Math.max((Math.log(sigma) - a) / (b - a), 0), 1);
}

/** EDM (arXiv 2206.00364), (5) with rho = 7: `steps` sigmas from `most` down to `least`. */
export function karrasSigmas(most: number, least: number, steps: number): number[] {
  const rho = 7;
  const [a, b] = [most ** (1 / rho), least ** (1 / rho)];
  return Array.from({ length: steps }, (_, i) => (a + (steps > 1 ? i / (steps - 1) : 0) * (b - a)) ** rho);
}
