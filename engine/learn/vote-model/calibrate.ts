/**
 * From scores to probabilities: p = 1 / (1 + exp(-(a s + b))), a and b fitted to held-out scores (Platt 1999, with the targets of
 * its section 2.2, which keep a handful of votes that separate cleanly from claiming certainty).
 */
import type { Voted } from './auc.js';

export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const probability = ({ slope, offset }: Calibration, score: number): number =>
  sigmoid(slope * score + offset);

/** `slope` is never below zero: a score that tells nothing gives everybody's share of goods. */
export function calibrate(scores: ArrayLike<number>, votes: readonly Voted[]): Calibration {
  let [goods, bads] = [0, 0];
  for (const { label, weight } of votes) {
    goods += weight * label;
    bads += weight * (1 - label);
  }
  const [high, low] = [(goods + 1) / (goods + 2), 1 / (bads + 2)];
  const targets = votes.map(({ label }) => low + (high - low) * label);
  const start = Math.log((goods + 1) / (bads + 1));
  let [slope, offset] = [0, start];
  // Newton's method on a convex loss of two unknowns; halved steps where it overshoots.
  let loss = lossOf(slope, offset);
  for (let i = 0; i < 50; i++) {
    const [ds, db] = newtonStep(slope, offset);
    let step = 1;
    let next = lossOf(slope - ds, offset - db);
    while (next > loss && step > 1e-6) {
      step /= 2;
      next = lossOf(slope - step * ds, offset - step * db);
    }
    slope -= step * ds;
    offset -= step * db;
    if (Math.abs(loss - next) < 1e-12 * (1 + Math.abs(loss))) break;
    loss = next;
  }
  if (slope > 0) return { slope, offset };
  return { slope: 0, offset: start };

  function lossOf(a: number, b: number): number {
    let sum = 0;
    for (const [i, { weight }] of votes.entries()) {
      const x = a * scores[i]! + b;
      // log(1 + e^x) - t x, without overflow.
      sum += weight * (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - targets[i]! * x);
    }
    return sum;
  }

  function newtonStep(a: number, b: number): [number, number] {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (const [i, { weight }] of votes.entries()) {
      const s = scores[i]!;
      const p = sigmoid(a * s + b);
      const [g, h] = [weight * (p - targets[i]!), weight * p * (1 - p)];
      ga += g * s;
      gb += g;
      haa += h * s * s;
      hab += h * s;
      hbb += h;
    }
    const determinant = haa * hbb - hab * hab;
    return [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant];
  }
}
