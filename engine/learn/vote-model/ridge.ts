/**
 * Ridge regression of labels on one feature map, and what it says of votes that it did not see, in closed form.
 * Notation: X [n,d] rows brought to mean 0 and deviation 1 by column, K = X X^T / d, W the votes' weights, y labels in
 * [-1, 1] less their mean, P = (K + ridge W^-1)^-1, alpha = P y. Without the votes F of a fold
 *   f_F = y_F - P_FF^-1 alpha_F            scores of the fold by the head that did not see it
 *   alpha' = alpha - P_.F P_FF^-1 alpha_F  that head (0 on F)
 * A head is a direction in the map: w = X^T alpha' / d, then in the map's own units.
 */
import type { Voted } from './auc.js';
import { inverse, solve } from './spd.js';

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
      let sum = 0;
      for (let j = 0; j < d; j++) sum += x[i * d + j]! * x[k * d + j]!;
      kernel[i * n + k] = sum / d;
      kernel[k * n + i] = sum / d;
    }
  return kernel;
}

export interface Fitted {
  /** Mean label, in [-1, 1]. */
  readonly mean: number;
  /** Score of each vote by the head that did not see it. */
  readonly heldOut: Float64Array;
  /** alpha' of each fold's head [n]. */
  readonly heads: readonly Float64Array[];
}

export function fitRidge(
  { kernel, n }: Pick<Standardised, 'kernel' | 'n'>,
  votes: readonly Voted[],
  ridge: number,
  folds: readonly (readonly number[])[],
): Fitted {
  const mean = labelMean(votes);
  const y = votes.map(({ label }) => 2 * label - 1 - mean);
  const system = Float64Array.from(kernel);
  for (let i = 0; i < n; i++) system[i * n + i]! += ridge / votes[i]!.weight;
  const p = inverse(system, n);
  const alpha = Float64Array.from(y, (_, i) => y.reduce((sum, value, j) => sum + p[i * n + j]! * value, 0));
  const heldOut = new Float64Array(n);
  const heads = folds.map((fold) => {
    const own = new Float64Array(fold.length ** 2);
    for (const [a, i] of fold.entries())
      for (const [b, j] of fold.entries()) own[a * fold.length + b] = p[i * n + j]!;
    const missed = solve(
      own,
      fold.map((i) => alpha[i]!),
      fold.length,
    );
    const head = Float64Array.from(alpha);
    for (let i = 0; i < n; i++) for (const [b, j] of fold.entries()) head[i]! -= p[i * n + j]! * missed[b]!;
    for (const [a, i] of fold.entries()) {
      head[i] = 0;
      heldOut[i] = mean + y[i]! - missed[a]!;
    }
    return head;
  });
  return { mean, heldOut, heads };
}

const labelMean = (votes: readonly Voted[]): number => {
  const total = votes.reduce((sum, { weight }) => sum + weight, 0);
  return votes.reduce((sum, { label, weight }) => sum + weight * (2 * label - 1), 0) / total;
};

/** A head as a direction in the map's own units: score = offset + weights . row. */
export interface Direction {
  readonly weights: Float32Array;
  readonly offset: number;
}

export function directionOf(
  { x, n, d, centre, scale }: Standardised,
  mean: number,
  alpha: Float64Array,
): Direction {
  const weights = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) weights[j]! += (alpha[i]! * x[i * d + j]!) / d;
  let offset = mean;
  for (let j = 0; j < d; j++) {
    weights[j]! /= scale[j]!;
    offset -= weights[j]! * centre[j]!;
  }
  // As it is stored: the same numbers, fitted or read.
  return { weights: Float32Array.from(weights), offset: Math.fround(offset) };
}
