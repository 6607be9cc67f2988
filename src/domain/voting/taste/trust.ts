/**
 * Trust: how far what a voter likes is what others like. All voters share one pair of coins (alpha = P(up |
 * good), delta = P(down | bad)), and each has a weight t between 0 and 1 beside it: nobody can earn more than
 * everybody has, so a clique gains nothing by agreeing with itself, and who likes hardly anything that others
 * like (puppets of one picture), or rather what they do not (inverters), counts less or not at all. EM, at
 * most 50 steps, t = 1 in the first two:
 *   M: alpha, delta as in dawid-skene.ts over w t; of each voter a = P(up | good), b = P(up | bad),
 *      each with three pictures of the crowd's own: a = (sum w p up + 3 alpha)/(sum w p + 3);
 *      t = min(1, a/(share m), (a - b)/(.1 m)), at least 0, m = median of a by weight
 *   E: logit p = logit pi + sum w t [up: ln alpha/(1 - delta); down: ln (1 - alpha)/delta]
 */
import type { Steps } from '../../state/steps.js';
import type { Votes } from './ballot-box.js';
import { clampPi, type Reliability, shareOfUps } from './dawid-skene.js';

export interface Trust {
  /** Image -> p(good), in the order of the images' numbers. */
  p: Float64Array;
  pi: number;
  /** Everybody's. */
  coins: Reliability;
  /** Weight of each voter, by number. */
  trust: Float64Array;
}

const maxSteps = 50;
const warmUp = 2;
const settled = 1e-7;
/** Pictures of the crowd's own that a voter begins with. */
const lent = 3;
/** Of the usual likes: how much more of them has to be for good pictures than for bad ones. */
const leaning = 0.1;

/**
 * `share`: of the usual likes, below which a voter counts less; `isKnown`: a moderator trusts them, so they
 * count whole.
 */
export function* trusting(
  votes: Votes,
  share: number,
  isKnown: (voter: string) => boolean = () => false,
): Steps<Trust> {
  const known = votes.voters.map(isKnown);
  let p: Float64Array = shareOfUps(votes);
  let pi = clampPi(p);
  let trust: Float64Array = new Float64Array(votes.voters.length).fill(1);
  let coins = pooled(votes, p, trust);
  let rates = ownRates(votes, p, coins, lent);
  const cast = weightsCast(votes);
  let moved = 1;
  for (let step = 0; step < maxSteps && moved > settled; step++) {
    yield;
    if (step >= warmUp) trust = weighed(rates, share, cast).map((t, u) => (known[u] ? 1 : t));
    const next = expectation(votes, trust, coins, pi);
    moved = step < warmUp ? 1 : 0;
    for (let n = 0; n < p.length; n++) moved = Math.max(moved, Math.abs(next[n]! - p[n]!));
    p = next;
    pi = clampPi(p);
    coins = pooled(votes, p, trust);
    rates = ownRates(votes, p, coins, lent);
  }
  return { p, pi, coins, trust };
}

/**
 * Voter -> coins measured against given p(good), with one picture at even odds: who is of the other camp, if
 * there are camps.
 */
export function sides(votes: Votes, likely: ReadonlyMap<string, number>): Map<string, Reliability> {
  const p = Float64Array.from(votes.images, (image) => likely.get(image)!);
  const { a, b } = ownRates(votes, p, { alpha: 0.5, delta: 0.5 }, 1);
  return new Map(votes.voters.map((voter, u) => [voter, { alpha: a[u]!, delta: 1 - b[u]! }]));
}

/** With every vote as much as its voter is trusted. */
export function byTrust(votes: Votes, trust: Float64Array): Votes {
  return { ...votes, w: votes.w.map((w, v) => w * trust[votes.voter[v]!]!) };
}

function pooled({ length, voter, image, up, w }: Votes, p: Float64Array, trust: Float64Array): Reliability {
  let [goodUp, good, badDown, bad] = [0, 0, 0, 0];
  for (let v = 0; v < length; v++) {
    const weight = w[v]! * trust[voter[v]!]!;
    const ofGood = weight * p[image[v]!]!;
    const ofBad = weight - ofGood;
    good += ofGood;
    bad += ofBad;
    if (up[v]) goodUp += ofGood;
    else badDown += ofBad;
  }
  return { alpha: (goodUp + 4) / (good + 6), delta: (badDown + 4) / (bad + 6) };
}

interface Rates {
  a: Float64Array;
  b: Float64Array;
}

function ownRates(
  { length, voters, voter, image, up, w }: Votes,
  p: Float64Array,
  coins: Reliability,
  lent: number,
): Rates {
  const good = new Float64Array(voters.length).fill(lent);
  const bad = new Float64Array(voters.length).fill(lent);
  const a = new Float64Array(voters.length).fill(lent * coins.alpha);
  const b = new Float64Array(voters.length).fill(lent * (1 - coins.delta));
  for (let v = 0; v < length; v++) {
    const u = voter[v]!;
    const ofGood = w[v]! * p[image[v]!]!;
    const ofBad = w[v]! - ofGood;
    good[u]! += ofGood;
    bad[u]! += ofBad;
    if (!up[v]) continue;
    a[u]! += ofGood;
    b[u]! += ofBad;
  }
  return { a: a.map((sum, u) => sum / good[u]!), b: b.map((sum, u) => sum / bad[u]!) };
}

function weighed({ a, b }: Rates, share: number, cast: Float64Array): Float64Array {
  const usual = weightedMedian(a, cast);
  return Float64Array.from(a, (rate, u) =>
    Math.max(0, Math.min(1, rate / (share * usual), (rate - b[u]!) / (leaning * usual))),
  );
}

function weightsCast({ length, voters, voter, w }: Votes): Float64Array {
  const cast = new Float64Array(voters.length);
  for (let v = 0; v < length; v++) cast[voter[v]!]! += w[v]!;
  return cast;
}

/**
 * The least value that half of the weight does not exceed; many accounts that weigh little do not move it.
 */
function weightedMedian(values: Float64Array, weights: Float64Array): number {
  const order = [...values.keys()].sort((x, y) => values[x]! - values[y]! || x - y);
  let left = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  for (const u of order) {
    left -= weights[u]!;
    if (left <= 0) return values[u]!;
  }
  return values[order.at(-1)!] ?? 1;
}

function expectation(
  { length, images, voter, image, up, w }: Votes,
  trust: Float64Array,
  { alpha, delta }: Reliability,
  pi: number,
): Float64Array {
  const forUp = Math.log(alpha / (1 - delta));
  const forDown = Math.log((1 - alpha) / delta);
  const logit = new Float64Array(images.length).fill(Math.log(pi / (1 - pi)));
  for (let v = 0; v < length; v++) logit[image[v]!]! += w[v]! * trust[voter[v]!]! * (up[v] ? forUp : forDown);
  return logit.map((x) => 1 / (1 + Math.exp(-x)));
}
