/**
 * k-means (Lloyd 1982), begun by k-means++ (Arthur and Vassilvitskii 2007) from a named stream, the best of a
 * few starts. Points are put in an order of their own first, so that the order in which pictures come changes
 * no bit of it.
 */
import type { Rng } from '../../src/rng.js';

export type Point = Float32Array | Float64Array;

/** Starts; the one with the least sum of squares is taken. */
const STARTS = 4;
/** Most passes of one start; a few dozen are usual until nothing moves. */
const PASSES = 100;

/** Centres of at most `k` clusters: fewer where there are fewer different points. */
export function fitClusters(points: readonly Point[], k: number, rng: Rng): Float64Array[] {
  const sorted = [...points].sort(comparePoints);
  let best: Fit | null = null;
  for (let start = 0; start < STARTS; start++) {
    const fit = settle(sorted, begin(sorted, k, rng));
    if (!best || fit.squares < best.squares) best = fit;
  }
  return best?.centres ?? [];
}

/** Index of the nearest centre; the first of those that are equally near. */
export function nearest(point: Point, centres: readonly Point[]): number {
  let [least, at] = [Infinity, 0];
  for (const [i, centre] of centres.entries()) {
    const squares = squaredDistance(point, centre);
    if (squares < least) [least, at] = [squares, i];
  }
  return at;
}

/** By the first value in which they differ. */
export function comparePoints(a: Point, b: Point): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

interface Fit {
  centres: Float64Array[];
  /** Sum over the points of the squared distance to their centre. */
  squares: number;
}

/**
 * k-means++: each further centre is a point drawn in proportion to its squared distance from those there are.
 */
function begin(points: readonly Point[], k: number, rng: Rng): Float64Array[] {
  const centres: Float64Array[] = [];
  const far = points.map(() => 1);
  while (centres.length < k && far.some((squares) => squares > 0)) {
    const centre = Float64Array.from(points[rng.weighted(far)]!);
    for (const [i, point] of points.entries()) {
      const squares = squaredDistance(point, centre);
      far[i] = centres.length === 0 ? squares : Math.min(far[i]!, squares);
    }
    centres.push(centre);
  }
  return centres;
}

/**
 * Lloyd's passes until no point changes its cluster. A cluster that loses all its points stays where it is.
 */
function settle(points: readonly Point[], begun: readonly Float64Array[]): Fit {
  let centres = [...begun];
  let labels: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const now = points.map((point) => nearest(point, centres));
    if (pass > 0 && now.every((label, i) => label === labels[i])) break;
    labels = now;
    centres = centres.map((centre, c) => meanOf(points.filter((_, i) => labels[i] === c)) ?? centre);
  }
  const squares = points.reduce((sum, point, i) => sum + squaredDistance(point, centres[labels[i]!]!), 0);
  return { centres, squares };
}

function meanOf(points: readonly Point[]): Float64Array | null {
  const [first] = points;
  if (!first) return null;
  const sum = new Float64Array(first.length);
  for (const point of points) for (let i = 0; i < sum.length; i++) sum[i]! += point[i]!;
  return sum.map((x) => x / points.length);
}

function squaredDistance(a: Point, b: Point): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const d = a[i]! - b[i]!;
    sum += d * d;
  }
  return sum;
}
