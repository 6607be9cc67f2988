/** Rows of losses on noised images (losses/noised.ts): which image at which timestep, as feeds of one executor call. */
import type { Rng } from '../../src/rng.js';
import { f32, type Tensor } from '../runtime/tensor.js';
import { batchOf, type LatentShape } from './learner.js';

export interface NoisedRow {
  /** z_0, flat. */
  latent: Float32Array;
  /** An index of `cumprod`. */
  timestep: number;
}

/**
 * `rows` filled up to `size` with the last one, whose fillings must weigh nothing. Draws fresh noise for all `size` rows.
 * `cumprod` is alphas_cumprod [T].
 */
export function noisedFeeds(
  rows: readonly NoisedRow[],
  size: number,
  latent: LatentShape,
  cumprod: ArrayLike<number>,
  rng: Rng,
): Record<'x' | 'noise' | 'timestep' | 'alpha', Tensor> {
  const filled = Array.from({ length: size }, (_, i) => rows[Math.min(i, rows.length - 1)]!);
  const elements = latent[0] * latent[1] * latent[2];
  return {
    x: batchOf(
      filled.map((row) => row.latent),
      latent,
    ),
    noise: f32([size, ...latent], rng.normals(size * elements)),
    timestep: f32(
      [size],
      filled.map((row) => row.timestep),
    ),
    alpha: f32(
      [size, 1, 1, 1],
      filled.map((row) => cumprod[row.timestep]!),
    ),
  };
}

/** `values` of the rows, 0 for what fills them up [size]. */
export function perRow(values: readonly number[], size: number): Tensor {
  const out = f32([size]);
  out.data.set(values);
  return out;
}
