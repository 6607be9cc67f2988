/**
 * From scores to probabilities: p = 1 / (1 + exp(-(a s + b))), a and b fitted to held-out scores (Platt
 * 1999). Targets are kept from 0 and 1 as in its section 2.2, so that a handful of votes that separate
 * cleanly claim no certainty, but by half as much: with all of it P(good) was off by .06 after 32 votes on
 * things that were told without a fault, with half by .03.
 */
import type { Calibration } from '../../io/vote-model.js';
import type { Voted } from './auc.js';

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** -t log p - (1 - t) log(1 - p) of p = sigmoid(x), without overflow. */
const surprise = (x: number, target: number): number =>
  Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - target * x;

/** Mean over the votes, by weight. */
export function crossEntropy(
  { slope, offset }: Calibration,
  scores: ArrayLike<number>,
  votes: readonly Voted[],
): number {
  let [sum, total] = [0, 0];
  for (const [i, { label, weight }] of votes.entries()) {
    sum += weight * surprise(slope * scores[i]! + offset, label);
    total += weight;
  }
  return sum / total;
}

/** P(good) of a score. */
export const probability = ({ slope, offset }: Calibration, score: number): number =>
  sigmoid(slope * score + offset);

/** Goods that are thought of among the bads, and bads among the goods; 1 in the paper. */
const PRIOR = 0.5;

/** `slope` is never below zero: a score that tells nothing gives everybody's share of goods. */
export function calibrate(scores: ArrayLike<number>, votes: readonly Voted[]): Calibration {
  let [goods, bads] = [0, 0];
  for (const { label, weight } of votes) {
    goods += weight * label;
    bads += weight * (1 - label);
  }
  const [high, low] = [(goods + PRIOR) / (goods + 2 * PRIOR), PRIOR / (bads + 2 * PRIOR)];
  const targets = votes.map(({ label }) => low + (high - low) * label);
  const start = Math.log((goods + PRIOR) / (bads + PRIOR));
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
    return votes.reduce((sum, { weight }, i) => sum + weight * surprise(a * scores[i]! + b, targets[i]!), 0);
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
