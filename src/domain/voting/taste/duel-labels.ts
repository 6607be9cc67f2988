/**
 * Labels of a round of duels. The guards judge people's votes as on any ballot: whose voice weighs what,
 * which labels may stand and which pictures may be the best. How good a picture is, the comparisons of all
 * say together, each by its voter's weight: one person's few answers reach pictures that they never saw
 * beside each other. A label on which the two differ is none.
 */
import type { ImageFeedback } from '../../state/round.js';
import type { Guards } from '../../state/rules.js';
import type { Vote, VoterBallot } from '../vote.js';
import { sigmoid, strengths } from './bradley-terry.js';
import type { Labels } from './labels.js';
import { wilsonLower } from './statistics.js';

/** Differences of strength below this are none: the fit ends somewhere near. */
const EVEN = 1e-4;

export interface DuelLabels extends Labels {
  /** Index -> P(good), of the pictures that were compared. */
  likely: ReadonlyMap<number, number>;
}

/** `votes` are those of `voters`, one after the other, as `labels.weights` are. */
export function duelLabels(
  labels: Labels,
  voters: readonly VoterBallot[],
  votes: readonly Vote[],
  guards: Pick<Guards, 'goodAbove' | 'badBelow'>,
): DuelLabels {
  const weigh = weightsOf(votes, labels.weights);
  const rows = voters.flatMap(({ voter, comparisons = [] }) =>
    comparisons.map((comparison) => ({ comparison, weight: weigh.get(voter) ?? 1 })),
  );
  const found = strengths(
    rows.map(({ comparison }) => comparison),
    rows.map(({ weight }) => weight),
  );
  const likely = new Map([...found].map(([index, s]) => [index, sigmoid(s)]));
  const guarded = labels.contenders !== undefined;
  const images = labels.images.map((one): ImageFeedback => {
    const good = likely.get(one.index);
    if (good === undefined || (guarded && one.good === null)) return { ...one, good: null, weight: 0 };
    const stands = guarded
      ? one.good! > 0.5
        ? good > guards.goodAbove
        : good < guards.badBelow
      : good !== 0.5;
    return stands ? { ...one, good, weight: Math.abs(2 * good - 1) } : { ...one, good: null, weight: 0 };
  });
  const stars = new Map<number, number>();
  for (const { index, star } of votes) if (star) stars.set(index, (stars.get(index) ?? 0) + 1);
  const fit = labels.contenders ?? [...likely].flatMap(([index, good]) => (good > 0.5 ? [index] : []));
  const best = leader(fit, found, guarded ? new Map() : stars);
  const judges = votes.reduce(
    (sum, { index, voter }) => sum + (index === best ? (weigh.get(voter) ?? 1) : 0),
    0,
  );
  return {
    ...labels,
    images,
    likely,
    best,
    bestBound: best === null ? 0 : wilsonLower(likely.get(best)! * judges, judges),
  };
}

/** Voter -> what the guards left of their votes. */
function weightsOf(votes: readonly Vote[], weights: ArrayLike<number>): Map<string, number> {
  const sums = new Map<string, { now: number; cast: number }>();
  for (const [i, { voter, weight }] of votes.entries()) {
    const { now, cast } = sums.get(voter) ?? { now: 0, cast: 0 };
    sums.set(voter, { now: now + weights[i]!, cast: cast + weight });
  }
  return new Map([...sums].map(([voter, { now, cast }]) => [voter, now / cast]));
}

/** First by stars, then by strength; two that are even have no leader. */
function leader(
  fit: readonly number[],
  found: ReadonlyMap<number, number>,
  stars: ReadonlyMap<number, number>,
): number | null {
  const compare = (a: number, b: number): number => {
    const starred = (stars.get(b) ?? 0) - (stars.get(a) ?? 0);
    const stronger = (found.get(b) ?? 0) - (found.get(a) ?? 0);
    return starred || (Math.abs(stronger) < EVEN ? 0 : stronger);
  };
  const [first, second] = fit.filter((index) => found.has(index)).sort((a, b) => compare(a, b) || a - b);
  if (first === undefined) return null;
  return second !== undefined && compare(first, second) === 0 ? null : first;
}
