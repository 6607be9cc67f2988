// Base goods against tuned goods: diversity, and total variation of clusters fitted on the base goods and of
// judge's heads that nobody voted about; the floor is what a resample of as many base goods has.
import { diversity } from '../../engine/measures/diversity.js';
import type { Picture } from './drawing.mjs';

const K = 8;
type Point = readonly number[];

/** Of `K` clusters the one that a point is in. */
type Nearest = (point: Point) => number;

export interface Compared {
  /** Shares of goods among base pictures and among tuned ones. */
  base: number;
  success: number;
  /** Variety of the tuned goods as a share of the base goods'. */
  dgood: number;
  /** Total variation by the colours of border and middle, and by the latents. */
  border: number;
  centre: number;
  latent: number;
  floor: number;
  /** The most by a head that nobody voted about. */
  heads: number;
}

/** A linear congruence: the same clusters every time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Deterministic k-means: farthest points first, 25 rounds. */
function clusters(points: readonly Point[], seed = 1): Nearest {
  const random = randomFrom(seed);
  const d2 = (a: Point, b: Point) => a.reduce((s, x, i) => s + (x - b[i]!) ** 2, 0);
  const centres: Point[] = [points[Math.floor(random() * points.length)]!];
  while (centres.length < K) {
    const near = points.map((p) => Math.min(...centres.map((c) => d2(p, c))));
    let at = random() * near.reduce((a, b) => a + b, 0);
    let i = 0;
    while (at > near[i]! && i < points.length - 1) at -= near[i++]!;
    centres.push(points[i]!);
  }
  const nearest: Nearest = (p) =>
    centres.reduce((best, c, k) => (d2(p, c) < d2(p, centres[best]!) ? k : best), 0);
  for (let turn = 0; turn < 25; turn++) {
    const of = points.map(nearest);
    for (let k = 0; k < K; k++) {
      const own = points.filter((_, i) => of[i] === k);
      if (own[0]) centres[k] = own[0].map((_, j) => own.reduce((s, p) => s + p[j]!, 0) / own.length);
    }
  }
  return nearest;
}

const share = (list: readonly number[], n: number): number[] => {
  const out = new Array<number>(n).fill(0);
  for (const k of list) out[k]! += 1 / list.length;
  return out;
};
const variation = (a: readonly number[], b: readonly number[], n = K): number => {
  const [p, q] = [share(a, n), share(b, n)];
  return 0.5 * p.reduce((s, v, i) => s + Math.abs(v - q[i]!), 0);
};

/** Latents in 4x4 means of positions: what a picture is like on the whole. */
const coarse = (z: Float32Array): number[] => {
  const out = new Array<number>(4 * 16).fill(0);
  for (let c = 0; c < 4; c++)
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) out[c * 16 + (y >> 2) * 4 + (x >> 2)]! += z[c * 256 + y * 16 + x]! / 16;
  return out;
};

/** What a picture is looked at by. */
const views = {
  border: (p: Picture): Point => p.colours.border,
  centre: (p: Picture): Point => p.colours.centre,
  latent: (p: Picture): Point => coarse(p.z),
};

/** `heads`: those that nobody voted about. */
export function compare(
  reference: readonly Picture[],
  test: readonly Picture[],
  heads: readonly string[],
): Compared {
  const base = reference.filter((p) => p.good);
  const tuned = test.filter((p) => p.good);
  const random = randomFrom(7);
  let floor = 0;
  const varied = (view: (p: Picture) => Point): number => {
    const nearest = clusters(base.map(view));
    const of = base.map((p) => nearest(view(p)));
    const found = variation(
      of,
      tuned.map((p) => nearest(view(p))),
    );
    for (let k = 0; k < 40; k++)
      floor +=
        variation(
          of,
          tuned.map(() => of[Math.floor(random() * of.length)]!),
        ) / 120;
    return found;
  };
  const [border, centre, latent] = [varied(views.border), varied(views.centre), varied(views.latent)];
  const byHead = heads.map((head) => {
    const top = (p: Picture) => p.heads[head]!.indexOf(Math.max(...p.heads[head]!));
    return variation(base.map(top), tuned.map(top), 16);
  });
  return {
    base: base.length / reference.length,
    success: tuned.length / test.length,
    dgood: diversity(tuned.map((p) => p.z)) / diversity(base.map((p) => p.z)),
    ...{ border, centre, latent, floor },
    heads: Math.max(...byHead),
  };
}
