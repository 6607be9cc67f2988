/**
 * Votes that are held against what heads say that did not see them, before the final heads learn from them.
 * Two ways: the weakest lose their weight (label strength, Secrets of RLHF II
 * 2401.06080), or labels move a little towards what is said of them, again and again (iterative data
 * smoothing 2401.16335). bench/README.md says what either brings. Only what heads learn from changes: how
 * well they tell is measured by the votes as they were cast.
 */
import type { Voted } from './auc.js';

export interface Doubt {
  /** Share of the votes that may lose their weight; 0 = none. */
  labelDrop: number;
  /** b: share of the way that a label moves in an epoch; 0 = it stays. */
  labelDrift: number;
}

/** Epochs of b. */
const EPOCHS = 10;
/** As good as none: a head that did not see a vote still says something of it. */
const NO_WEIGHT = 1e-6;

/**
 * How far others bear a label out: the probability of being told the same, by P(good) of heads that did not
 * see it.
 */
export const strengthOf = (p: number, label: number): number => p * label + (1 - p) * (1 - label);

/**
 * Places of the weakest votes: at most `share` of them, and no more than are told the opposite. Weakest
 * first.
 */
export function weakest(votes: readonly Voted[], p: readonly number[], share: number): number[] {
  const strengths = votes.map(({ label }, i) => strengthOf(p[i]!, label));
  return votes
    .map((_, i) => i)
    .filter((i) => strengths[i]! < 0.5)
    .sort((a, b) => strengths[a]! - strengths[b]! || a - b)
    .slice(0, Math.floor(share * votes.length));
}

/** y <- (1 - b) y + b p. */
export const drifted = (votes: readonly Voted[], p: readonly number[], b: number): Voted[] =>
  votes.map(({ label, weight }, i) => ({ label: (1 - b) * label + b * p[i]!, weight }));

/**
 * What heads are to learn from. `p` is said of the votes as they are; `ask`: by heads that learned from
 * these.
 */
export function taughtBy(
  votes: readonly Voted[],
  p: readonly number[],
  ask: (taught: readonly Voted[]) => readonly number[],
  { labelDrop = 0, labelDrift = 0 }: Partial<Doubt>,
): readonly Voted[] {
  let [taught, said] = [votes, p];
  for (let epoch = 0; labelDrift > 0 && epoch < EPOCHS; epoch++) {
    taught = drifted(taught, said, labelDrift);
    if (epoch + 1 < EPOCHS || labelDrop > 0) said = ask(taught);
  }
  const dropped = new Set(labelDrop > 0 ? weakest(votes, said, labelDrop) : []);
  if (dropped.size === 0) return taught;
  return taught.map((vote, i) => (dropped.has(i) ? { ...vote, weight: vote.weight * NO_WEIGHT } : vote));
}
