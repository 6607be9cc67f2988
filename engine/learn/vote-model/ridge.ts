/**
 * Ridge regression of labels on one feature map, and what it says of votes that it did not see, in closed
 * form. Notation: X [n,d] rows brought to mean 0 and deviation 1 by column, K = X X^T / d, W the votes'
 * weights, y labels in [-1, 1], A = K + ridge W^-1, v = A^-1 1 / (1^T A^-1 1), P = A^-1 - A^-1 1 v^T. All
 * votes give the scores K alpha + b with alpha = P y, b = v^T y. Without the votes F of a fold, e = P_FF^-1
 * alpha_F,
 *   f_F = y_F - e                                scores of the fold by the head that did not see it
 *   alpha' = alpha - P_.F e, b' = b - v_F^T e    that head (alpha' is 0 on F)
 * Every head has its own b: rows and labels centred once for all would tell each vote's label to the head
 * that must not see it. A head is a direction in the map: w = X^T alpha' / d, then in the map's own units.
 */
import type { Voted } from './auc.js';
import { dot, inverse, solve } from './spd.js';

export interface Example extends Voted {
  readonly row: ArrayLike<number>;
}

export interface Standardised {
  /** [n,d], row-major. */
  readonly x: Float64Array;
  readonly n: number;
  readonly d: number;
  readonly centre: Float64Array;
  /** Deviation of a column, or as good as never 0 where it does not vary. */
  readonly scale: Float64Array;
  /** X X^T / d. */
  readonly kernel: Float64Array;
}

/** Columns that vary less than this share of what all do on average are noise: they are not blown up to 1. */
const LEAST_DEVIATION = 1e-3;

/** Columns with mean 0 and deviation 1, by the examples' weights; of one width. */
export function standardise(examples: readonly Example[]): Standardised {
  const [n, d] = [examples.length, examples[0]!.row.length];
  const total = examples.reduce((sum, { weight }) => sum + weight, 0);
  const centre = new Float64Array(d);
  const scale = new Float64Array(d);
  for (const { row, weight } of examples)
    for (let j = 0; j < d; j++) centre[j]! += (weight / total) * row[j]!;
  for (const { row, weight } of examples)
    for (let j = 0; j < d; j++) scale[j]! += (weight / total) * (row[j]! - centre[j]!) ** 2;
  const floor = LEAST_DEVIATION * Math.sqrt(scale.reduce((sum, v) => sum + v, 0) / d) || 1;
  for (let j = 0; j < d; j++) scale[j] = Math.max(Math.sqrt(scale[j]!), floor);
  const x = new Float64Array(n * d);
  for (const [i, { row }] of examples.entries())
    for (let j = 0; j < d; j++) x[i * d + j] = (row[j]! - centre[j]!) / scale[j]!;
  return { x, n, d, centre, scale, kernel: gram(x, n, d) };
}

function gram(x: Float64Array, n: number, d: number): Float64Array {
  const kernel = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k <= i; k++) {
      kernel[i * n + k] = dot(x, i * d, x, k * d, d) / d;
      kernel[k * n + i] = kernel[i * n + k]!;
    }
  return kernel;
}

export interface Head {
  /** alpha', a number a vote. */
  readonly alpha: Float64Array;
  /** b'. */
  readonly offset: number;
}

export interface Fitted {
  /** Score of each vote by the head that did not see it. */
  readonly heldOut: Float64Array;
  /** A head a fold. */
  readonly heads: readonly Head[];
}

/**
 * `ridge` over each vote's weight is its penalty; `folds` part the votes: each head sees all folds but its
 * own.
 */
export function fitRidge(
  { kernel, n }: Pick<Standardised, 'kernel' | 'n'>,
  votes: readonly Voted[],
  ridge: number,
  folds: readonly (readonly number[])[],
): Fitted {
  const y = votes.map(({ label }) => 2 * label - 1);
  const system = Float64Array.from(kernel);
  for (let i = 0; i < n; i++) system[i * n + i]! += ridge / votes[i]!.weight;
  const p = inverse(system, n);
  const v = withIntercept(p, n);
  const alpha = Float64Array.from(y, (_, i) => y.reduce((sum, value, j) => sum + p[i * n + j]! * value, 0));
  const b = y.reduce((sum, value, i) => sum + v[i]! * value, 0);
  const heldOut = new Float64Array(n);
  const heads = folds.map((fold) => {
    const own = Float64Array.from(fold.flatMap((i) => fold.map((j) => p[i * n + j]!)));
    const missed = solve(
      own,
      fold.map((i) => alpha[i]!),
      fold.length,
    );
    const head = Float64Array.from(alpha);
    let offset = b;
    for (const [a, j] of fold.entries()) {
      for (let i = 0; i < n; i++) head[i]! -= p[i * n + j]! * missed[a]!;
      offset -= v[j]! * missed[a]!;
      heldOut[j] = y[j]! - missed[a]!;
    }
    for (const i of fold) head[i] = 0;
    return { alpha: head, offset };
  });
  return { heldOut, heads };
}

/** A^-1, in place, to P. Returns v. */
function withIntercept(inverted: Float64Array, n: number): Float64Array {
  const sums = Float64Array.from({ length: n }, (_, i) =>
    inverted.subarray(i * n, (i + 1) * n).reduce((sum, value) => sum + value, 0),
  );
  const total = sums.reduce((sum, value) => sum + value, 0);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) inverted[i * n + j]! -= (sums[i]! * sums[j]!) / total;
  return sums.map((value) => value / total);
}

/** A head as a direction in the map's own units: score = offset + weights . row. */
export interface Direction {
  readonly weights: Float64Array;
  readonly offset: number;
}

export function directionOf({ x, n, d, centre, scale }: Standardised, { alpha, offset: b }: Head): Direction {
  const weights = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) weights[j]! += (alpha[i]! * x[i * d + j]!) / d;
  let offset = b;
  for (let j = 0; j < d; j++) {
    weights[j]! /= scale[j]!;
    offset -= weights[j]! * centre[j]!;
  }
  return { weights, offset };
}
