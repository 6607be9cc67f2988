/**
 * Two-coin Dawid-Skene, MAP: each voter has alpha = P(up | good) and delta = P(down | bad), each image a
 * probability p of being good; EM finds both from the votes alone.
 *   E: logit p = logit pi + sum w [up: ln alpha/(1 - delta); down: ln (1 - alpha)/delta]
 *   M: alpha = (sum w p up + 4)/(sum w p + 6), delta = (sum w (1 - p) down + 4)/(sum w (1 - p) + 6),
 *       pi = mean p in [.05, .95]
 */
import type { Steps } from '../../state/steps.js';
import type { Votes } from './ballot-box.js';

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

/** By number of the voter. */
interface Coins {
  alpha: Float64Array;
  delta: Float64Array;
}

const maxSteps = 50;
const settled = 1e-7;

/**
 * P(good) of each image and the reliability of each voter, by expectation maximisation (Dawid and Skene
 * 1979).
 */
export function* dawidSkene(votes: Votes): Steps<DawidSkene> {
  let p = shareOfUps(votes);
  let pi = clampPi(p);
  let coins = reliabilities(votes, p);
  let steps = 0;
  for (let moved = 1; steps < maxSteps && moved > settled; steps++) {
    yield;
    const next = expectation(votes, coins, pi);
    moved = 0;
    for (let n = 0; n < p.length; n++) moved = Math.max(moved, Math.abs(next[n]! - p[n]!));
    p = next;
    pi = clampPi(p);
    coins = reliabilities(votes, p);
  }
  const { alpha, delta } = coins;
  return {
    p: new Map(votes.images.map((image, n) => [image, p[n]!])),
    voters: new Map(votes.voters.map((voter, u) => [voter, { alpha: alpha[u]!, delta: delta[u]! }])),
    pi,
    steps,
  };
}

function expectation(
  { length, images, voter, image, up, w }: Votes,
  { alpha, delta }: Coins,
  pi: number,
): Float64Array {
  const forUp = alpha.map((a, u) => Math.log(a / (1 - delta[u]!)));
  const forDown = alpha.map((a, u) => Math.log((1 - a) / delta[u]!));
  const logit = new Float64Array(images.length).fill(Math.log(pi / (1 - pi)));
  for (let v = 0; v < length; v++)
    logit[image[v]!]! += w[v]! * (up[v] ? forUp[voter[v]!]! : forDown[voter[v]!]!);
  return logit.map((x) => 1 / (1 + Math.exp(-x)));
}

function reliabilities({ length, voters, voter, image, up, w }: Votes, p: Float64Array): Coins {
  const goodUp = new Float64Array(voters.length);
  const good = new Float64Array(voters.length);
  const badDown = new Float64Array(voters.length);
  const bad = new Float64Array(voters.length);
  for (let v = 0; v < length; v++) {
    const u = voter[v]!;
    const ofGood = w[v]! * p[image[v]!]!;
    const ofBad = w[v]! * (1 - p[image[v]!]!);
    good[u]! += ofGood;
    bad[u]! += ofBad;
    if (up[v]) goodUp[u]! += ofGood;
    else badDown[u]! += ofBad;
  }
  return {
    alpha: goodUp.map((sum, u) => (sum + 4) / (good[u]! + 6)),
    delta: badDown.map((sum, u) => (sum + 4) / (bad[u]! + 6)),
  };
}

/** Image -> weighted share of the votes for it, 0 to 1. */
export function shareOfUps({ length, images, image, up, w }: Votes): Float64Array {
  const ups = new Float64Array(images.length);
  const all = new Float64Array(images.length);
  for (let v = 0; v < length; v++) {
    all[image[v]!]! += w[v]!;
    if (up[v]) ups[image[v]!]! += w[v]!;
  }
  return ups.map((sum, n) => (all[n]! > 0 ? sum / all[n]! : 0.5));
}

/** Share of good images, kept from 0 and 1. */
export function clampPi(p: Float64Array): number {
  const sum = p.reduce((a, b) => a + b, 0);
  return Math.min(0.95, Math.max(0.05, p.length ? sum / p.length : 0.5));
}
