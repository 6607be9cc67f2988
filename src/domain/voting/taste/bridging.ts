/**
 * Bridging, for a community that is split: r = mu + i_u + i_n + f_u f_n with one factor f, so that an image's
 * intercept i_n is what is left of its approval once the camps' sides are accounted for. Alternating least
 * squares; the regularisers (.15 intercepts, .03 factors) are scaled by the votes of each voter and image. An
 * image that one camp likes gets a large f_n; one that both like gets a large i_n.
 */
import type { Steps } from '../../state/steps.js';
import { type Grouped, group, type Votes } from './ballot-box.js';

const lambdaI = 0.15;
const lambdaF = 0.03;
const rounds = 200;

/** Intercept i and factor f of each voter, or of each image. */
interface Side {
  i: Float64Array;
  f: Float64Array;
}

const side = (count: number): Side => ({ i: new Float64Array(count), f: new Float64Array(count) });

export interface Bridged {
  /** Image -> approval between 0 and 1 by someone of neither camp. */
  p: Map<string, number>;
  /** Of each voter, by number: the camps are those above and those below zero. */
  side: Float64Array;
}

/** What both camps of a split community like, and who is of which. */
export function* bridging(votes: Votes): Steps<Bridged> {
  const { length, voters, images, voter, image, up, w } = votes;
  let total = 0;
  let ups = 0;
  for (let v = 0; v < length; v++) {
    total += w[v]!;
    ups += w[v]! * up[v]!;
  }
  if (total <= 0) return { p: new Map(), side: new Float64Array(voters.length) };
  let mu = ups / total;

  const byImage = group(image, images.length);
  const byVoter = group(voter, voters.length);
  const u: Side = { i: new Float64Array(voters.length), f: startingSides(votes, byImage) };
  const n: Side = side(images.length);

  for (let round = 0; round < rounds; round++) {
    solve(votes, mu, { by: byImage, own: n, other: voter, theirs: u });
    solve(votes, mu, { by: byVoter, own: u, other: image, theirs: n });
    let left = 0;
    for (let v = 0; v < length; v++) {
      const [a, b] = [voter[v]!, image[v]!];
      left += w[v]! * (up[v]! - u.i[a]! - n.i[b]! - u.f[a]! * n.f[b]!);
    }
    mu = left / total;
    yield;
  }
  const p = new Map(images.map((name, b) => [name, Math.min(1, Math.max(0, mu + n.i[b]!))]));
  return { p, side: u.f };
}

interface Half {
  /** Votes by the member of the side that is solved for. */
  by: Grouped;
  own: Side;
  /** Vote -> member of the other side. */
  other: Int32Array;
  theirs: Side;
}

/** Closed form of every (intercept, factor) pair of one side, given the other side's. */
function solve({ up, w }: Votes, mu: number, { by, own, other, theirs }: Half): void {
  for (let g = 0; g < own.i.length; g++) {
    let [a, b, c, d, e] = [0, 0, 0, 0, 0];
    for (let at = by.start[g]!; at < by.start[g + 1]!; at++) {
      const v = by.rows[at]!;
      const x = theirs.f[other[v]!]!;
      const y = up[v]! - (mu + theirs.i[other[v]!]!);
      a += w[v]!;
      b += w[v]! * x;
      c += w[v]! * x * x;
      d += w[v]! * y;
      e += w[v]! * x * y;
    }
    const all = a;
    a += lambdaI * all;
    c += lambdaF * all;
    const det = a * c - b * b;
    own.i[g] = det > 1e-12 ? (c * d - b * e) / det : 0;
    own.f[g] = det > 1e-12 ? (a * e - b * d) / det : 0;
  }
}

/** By how much the camps' approvals of a picture must differ for it to be told as one that divides them. */
const DIVIDES = 0.6;
/** Voters of each camp that must have said something of it. */
const EACH = 2;

export interface Apart {
  /** Number of the image. */
  n: number;
  /** Approval above zero's side less that below it, -1 to 1. */
  by: number;
}

/** Images on which the camps differ, the widest first. Votes without a weight say nothing. */
export function dividing(votes: Votes, side: Float64Array): Apart[] {
  const { length, images, voter, image, up, w } = votes;
  const camps = [side.map((f) => Number(f > 0)), side.map((f) => Number(f < 0))];
  const [ours, theirs] = camps.map((isOf) => {
    const [ups, all, voices] = [0, 0, 0].map(() => new Float64Array(images.length)) as Float64Array[];
    for (let v = 0; v < length; v++) {
      if (!isOf[voter[v]!] || w[v]! <= 0) continue;
      const at = image[v]!;
      voices![at]! += 1;
      all![at]! += w[v]!;
      ups![at]! += w[v]! * up[v]!;
    }
    return images.map((_, n) => (voices![n]! < EACH ? null : ups![n]! / all![n]!));
  });
  return images
    .flatMap((_, n) => {
      const [a, b] = [ours![n] ?? null, theirs![n] ?? null];
      const by = a === null || b === null ? 0 : a - b;
      return Math.abs(by) >= DIVIDES ? [{ n, by }] : [];
    })
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by) || a.n - b.n);
}

/**
 * Any start but zero will do; the most divided image tells the camps apart, and the same votes give the same
 * start.
 */
function startingSides({ voters, images, voter, up, w }: Votes, { start, rows }: Grouped): Float64Array {
  let widest = 0;
  let most = -1;
  for (let n = 0; n < images.length; n++) {
    let [all, ups] = [0, 0];
    for (let at = start[n]!; at < start[n + 1]!; at++) {
      all += w[rows[at]!]!;
      ups += w[rows[at]!]! * up[rows[at]!]!;
    }
    const spread = all > 0 ? (ups * (all - ups)) / all : 0;
    if (spread > most) [most, widest] = [spread, n];
  }
  const sides = new Float64Array(voters.length).fill(0.01);
  for (let at = start[widest]!; at < start[widest + 1]!; at++)
    sides[voter[rows[at]!]!] = up[rows[at]!] ? 0.5 : -0.5;
  return sides;
}
