/**
 * Where a round's images begin. Plain: z_T ~ N(0, I). pi_HERO (HERO section 4.4):
 *   z_T = sqrt(1 - eps0^2) z_src + eps0 n,  n ~ N(0, I),
 * z_src the best image's noise for the first beta * count samples, else uniform over the last round's other
 * goods. beta = 0: uniform over goods and best together. The variance stays 1 whatever eps0.
 */
import type { Rng } from '../../src/rng.js';

export interface HeroNoiseOptions {
  eps0: number;
  beta: number;
}

export interface NoiseSources {
  best: Float32Array;
  /** Noises of the last round's goods, the best's excluded. */
  positives: readonly Float32Array[];
}

/** The paper's mixture for one sample: `fresh` is n. */
export function perturb(source: Float32Array, fresh: Float32Array, eps0: number): Float32Array {
  const keep = Math.sqrt(1 - eps0 ** 2);
  return fresh.map((n, i) => keep * source[i] + eps0 * n);
}

/** `count` times `size` values of N(0, 1), drawn in order from `rng`. */
export function plainNoise(count: number, size: number, rng: Rng): Float32Array[] {
  return Array.from({ length: count }, () => rng.normals(size));
}

/** `count` noises of `sources.best.length` values; deterministic given the stream. */
export function heroNoise(
  sources: NoiseSources,
  count: number,
  { eps0, beta }: HeroNoiseOptions,
  rng: Rng,
): Float32Array[] {
  const { best } = sources;
  const others =
    beta === 0 ? [...sources.positives, best] : sources.positives.length ? sources.positives : [best];
  const fromBest = Math.round(beta * count);
  return Array.from({ length: count }, (_, i) => {
    const source = i < fromBest ? best : rng.choice(others);
    return perturb(source, rng.normals(best.length), eps0);
  });
}
