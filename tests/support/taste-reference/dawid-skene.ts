/**
 * Reference, plain and slow.
 * Two-coin Dawid-Skene, MAP: each voter has alpha = P(up | good) and delta = P(down | bad), each image a
 * probability p of being good; EM finds both from the votes alone.
 *   E: logit p = logit pi + sum w [up: ln alpha/(1 - delta); down: ln (1 - alpha)/delta]
 *   M: alpha = (sum w p up + 4)/(sum w p + 6), delta = (sum w (1 - p) down + 4)/(sum w (1 - p) + 6), pi = mean p in [.05, .95]
 */
import type { WeightedVote } from './ballot-box.js';

export interface Reliability {
  alpha: number;
  delta: number;
}
export interface DawidSkene {
  /** Image -> p(good). */
  p: Map<string, number>;
  voters: Map<string, Reliability>;
  /** Share of good images. */
  pi: number;
  steps: number;
}

const maxSteps = 50;
const settled = 1e-7;

export function dawidSkene(votes: readonly WeightedVote[]): DawidSkene {
  let p = shareOfUps(votes);
  let pi = clampPi(p);
  let voters = reliabilities(votes, p);
  let steps = 0;
  for (let moved = 1; steps < maxSteps && moved > settled; steps++) {
    const next = expectation(votes, voters, pi);
    moved = 0;
    for (const [image, value] of next) moved = Math.max(moved, Math.abs(value - (p.get(image) ?? 0)));
    p = next;
    pi = clampPi(p);
    voters = reliabilities(votes, p);
  }
  return { p, voters, pi, steps };
}

function expectation(
  votes: readonly WeightedVote[],
  voters: ReadonlyMap<string, Reliability>,
  pi: number,
): Map<string, number> {
  const logit = new Map<string, number>();
  for (const { voter, image, up, w } of votes) {
    const { alpha, delta } = voters.get(voter)!;
    const evidence = up ? Math.log(alpha / (1 - delta)) : Math.log((1 - alpha) / delta);
    logit.set(image, (logit.get(image) ?? Math.log(pi / (1 - pi))) + w * evidence);
  }
  return new Map([...logit].map(([image, x]) => [image, 1 / (1 + Math.exp(-x))]));
}

function reliabilities(
  votes: readonly WeightedVote[],
  p: ReadonlyMap<string, number>,
): Map<string, Reliability> {
  const sums = new Map<string, { goodUp: number; good: number; badDown: number; bad: number }>();
  for (const { voter, image, up, w } of votes) {
    const sum = sums.get(voter) ?? { goodUp: 0, good: 0, badDown: 0, bad: 0 };
    const q = p.get(image) ?? 0.5;
    sum.good += w * q;
    sum.bad += w * (1 - q);
    if (up) sum.goodUp += w * q;
    else sum.badDown += w * (1 - q);
    sums.set(voter, sum);
  }
  return new Map(
    [...sums].map(([voter, { goodUp, good, badDown, bad }]) => [
      voter,
      { alpha: (goodUp + 4) / (good + 6), delta: (badDown + 4) / (bad + 6) },
    ]),
  );
}

function shareOfUps(votes: readonly WeightedVote[]): Map<string, number> {
  const sums = new Map<string, { up: number; all: number }>();
  for (const { image, up, w } of votes) {
    const sum = sums.get(image) ?? { up: 0, all: 0 };
    sum.all += w;
    if (up) sum.up += w;
    sums.set(image, sum);
  }
  return new Map([...sums].map(([image, { up, all }]) => [image, all > 0 ? up / all : 0.5]));
}

function clampPi(p: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const value of p.values()) sum += value;
  return Math.min(0.95, Math.max(0.05, p.size ? sum / p.size : 0.5));
}
