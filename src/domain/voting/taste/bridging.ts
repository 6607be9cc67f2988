/**
 * Bridging, for a community that is split: r = mu + i_u + i_n + f_u f_n with one factor f, so that an
 * image's intercept i_n is what is left of its approval once the camps' sides are accounted for. Alternating least
 * squares; the regularisers (.15 intercepts, .03 factors) are scaled by the votes of each voter and image.
 * An image that one camp likes gets a large f_n; one that both like gets a large i_n.
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

/** Image -> approval between 0 and 1 by someone of neither camp. */
export function* bridging(votes: Votes): Steps<Map<string, number>> {
  const { length, voters, images, voter, image, up, w } = votes;
  let total = 0;
  let ups = 0;
  for (let v = 0; v < length; v++) {
    total += w[v]!;
    ups += w[v]! * up[v]!;
  }
  if (total <= 0) return new Map();
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
  return new Map(images.map((name, b) => [name, Math.min(1, Math.max(0, mu + n.i[b]!))]));
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

/** Any start but zero will do; the most divided image tells the camps apart, and the same votes give the same start. */
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
