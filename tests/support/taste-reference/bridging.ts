/**
 * Reference, plain and slow. Bridging, for a community that is split: r = mu + i_u + i_n + f_u f_n with one
 * factor f, so that an image's intercept i_n is what is left of its approval once the camps' sides are
 * accounted for. Alternating least squares; the regularisers (.15 intercepts, .03 factors) are scaled by the
 * votes of each voter and image. An image that one camp likes gets a large f_n; one that both like gets a
 * large i_n.
 */
import type { WeightedVote } from './ballot-box.js';
import { groupBy } from './ballot-box.js';

const lambdaI = 0.15;
const lambdaF = 0.03;
const rounds = 200;

/** Image -> approval between 0 and 1 by someone of neither camp. */
export function bridging(votes: readonly WeightedVote[]): Map<string, number> {
  const byVoter = [...groupBy(votes, (vote) => vote.voter).values()];
  const byImage = [...groupBy(votes, (vote) => vote.image)];
  const total = votes.reduce((sum, vote) => sum + vote.w, 0);
  if (total <= 0) return new Map();
  const rating = (vote: WeightedVote): number => (vote.up ? 1 : 0);
  let mu = votes.reduce((sum, vote) => sum + vote.w * rating(vote), 0) / total;

  const iu = new Map<string, number>();
  const fu = startingSides(votes, byImage);
  const inn = new Map<string, number>();
  const fn = new Map<string, number>();
  const get = (map: Map<string, number>, key: string): number => map.get(key) ?? 0;

  /** Closed form of one (intercept, factor) pair given the other side's factors g. */
  const solve = (
    cast: readonly WeightedVote[],
    g: (vote: WeightedVote) => number,
    base: (vote: WeightedVote) => number,
  ): [number, number] => {
    let [a, b, c, d, e] = [0, 0, 0, 0, 0];
    for (const vote of cast) {
      const x = g(vote);
      const y = rating(vote) - base(vote);
      a += vote.w;
      b += vote.w * x;
      c += vote.w * x * x;
      d += vote.w * y;
      e += vote.w * x * y;
    }
    const n = a;
    a += lambdaI * n;
    c += lambdaF * n;
    const det = a * c - b * b;
    return det > 1e-12 ? [(c * d - b * e) / det, (a * e - b * d) / det] : [0, 0];
  };

  for (let round = 0; round < rounds; round++) {
    for (const [image, cast] of byImage) {
      const [i, f] = solve(
        cast,
        (vote) => get(fu, vote.voter),
        (vote) => mu + get(iu, vote.voter),
      );
      inn.set(image, i);
      fn.set(image, f);
    }
    for (const cast of byVoter) {
      const voter = cast[0]!.voter;
      const [i, f] = solve(
        cast,
        (vote) => get(fn, vote.image),
        (vote) => mu + get(inn, vote.image),
      );
      iu.set(voter, i);
      fu.set(voter, f);
    }
    mu =
      votes.reduce((sum, vote) => {
        const side = get(fu, vote.voter) * get(fn, vote.image);
        return sum + vote.w * (rating(vote) - get(iu, vote.voter) - get(inn, vote.image) - side);
      }, 0) / total;
  }
  return new Map(byImage.map(([image]) => [image, Math.min(1, Math.max(0, mu + get(inn, image)))]));
}

/**
 * Any start but zero will do; the most divided image tells the camps apart, and the same votes give the same
 * start.
 */
function startingSides(
  votes: readonly WeightedVote[],
  byImage: readonly (readonly [string, readonly WeightedVote[]])[],
): Map<string, number> {
  let widest: readonly WeightedVote[] = [];
  let most = -1;
  for (const [, cast] of byImage) {
    const all = cast.reduce((sum, vote) => sum + vote.w, 0);
    const up = cast.reduce((sum, vote) => sum + (vote.up ? vote.w : 0), 0);
    const spread = all > 0 ? (up * (all - up)) / all : 0;
    if (spread > most) [most, widest] = [spread, cast];
  }
  const sides = new Map(votes.map((vote) => [vote.voter, 0.01]));
  for (const vote of widest) sides.set(vote.voter, vote.up ? 0.5 : -0.5);
  return sides;
}
