/**
 * Rows of losses on noised images (losses/noised.ts): which image at which timestep, as feeds of one executor
 * call.
 */
import type { Rng } from '../../src/rng.js';
import { alphasCumprod } from '../diffusion/betas.js';
import { regressedTimesteps } from '../diffusion/schedulers.js';
import { batchOf } from '../io/latents.js';
import { f32, type Tensor } from '../runtime/tensor.js';
import type { LearnContext } from './learner.js';

export interface NoisedRow {
  /** z_0, flat. */
  latent: Float32Array;
  /** An index of `cumprod`. */
  timestep: number;
}

/** The forward process q(x_t | x_0) at the timesteps of a round's sampler. */
export interface ForwardProcess {
  /** Noisiest first. */
  readonly timesteps: readonly number[];
  /** abar [T] of the model. */
  readonly cumprod: ArrayLike<number>;
  /**
   * `rows` filled up to `size` with the last one, whose fillings must weigh nothing. Draws fresh noise for
   * all `size` rows.
   */
  feeds(
    rows: readonly NoisedRow[],
    size: number,
    rng: Rng,
  ): Record<'x' | 'noise' | 'timestep' | 'alpha', Tensor>;
}

/** Of a round's latents, under the model's betas, at the timesteps that learners fit. */
export function forwardProcess({
  pipeline: { scheduler },
  sampler,
  round,
}: Pick<LearnContext<unknown>, 'pipeline' | 'sampler' | 'round'>): ForwardProcess {
  const { latent } = round.manifest;
  const cumprod = alphasCumprod(scheduler);
  return {
    cumprod,
    timesteps: regressedTimesteps(scheduler, sampler),
    feeds(rows, size, rng) {
      const filled = Array.from({ length: size }, (_, i) => rows[Math.min(i, rows.length - 1)]!);
      const latents = filled.map((row) => row.latent);
      const timesteps = filled.map((row) => row.timestep);
      const alphas = timesteps.map((t) => cumprod[t]!);
      return {
        x: batchOf(latents, latent),
        noise: f32([size, ...latent], rng.normals(size * latent[0] * latent[1] * latent[2])),
        timestep: f32([size], timesteps),
        alpha: f32([size, 1, 1, 1], alphas),
      };
    },
  };
}

/** `values` of the rows, 0 for what fills them up [size]. */
export function perRow(values: readonly number[], size: number): Tensor {
  const out = f32([size]);
  out.data.set(values);
  return out;
}
