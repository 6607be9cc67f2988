/**
 * How well scores tell good from bad, and how far probabilities are from what comes true. Labels are soft,
 * votes weighted.
 */

export interface Voted {
  /** p(good). */
  readonly label: number;
  readonly weight: number;
}

/**
 * Probability that a good one scores higher than a bad one, ties counting half; a picture of label p is p of
 * a good one and 1 - p of a bad one. NaN where there are no goods or no bads.
 */
export function weightedAuc(scores: ArrayLike<number>, votes: readonly Voted[]): number {
  const order = votes.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let [goods, bads, won] = [0, 0, 0];
  for (let at = 0; at < order.length; ) {
    let [good, bad] = [0, 0];
    const score = scores[order[at]!]!;
    for (; at < order.length && scores[order[at]!] === score; at++) {
      const { label, weight } = votes[order[at]!]!;
      good += weight * label;
      bad += weight * (1 - label);
    }
    won += good * (bads + bad / 2);
    goods += good;
    bads += bad;
  }
  return won / (goods * bads);
}

/** Standard error of an AUC (Hanley and McNeil 1982, (1)), a vote's weight counting as so many pictures. */
export function aucError(auc: number, votes: readonly Voted[]): number {
  let [goods, bads] = [0, 0];
  for (const { label, weight } of votes) {
    goods += weight * label;
    bads += weight * (1 - label);
  }
  const [q1, q2] = [auc / (2 - auc), (2 * auc * auc) / (1 + auc)];
  const apart = Math.max(0, goods - 1) * (q1 - auc * auc) + Math.max(0, bads - 1) * (q2 - auc * auc);
  return Math.sqrt((auc * (1 - auc) + apart) / (goods * bads));
}

/**
 * Mean distance between probability and share of goods over `bins` equally large groups, lowest probabilities
 * first.
 */
export function calibrationError(
  probabilities: readonly number[],
  votes: readonly Voted[],
  bins = 10,
): number {
  const order = votes.map((_, i) => i).sort((a, b) => probabilities[a]! - probabilities[b]!);
  let [error, total] = [0, 0];
  for (let bin = 0; bin < bins; bin++) {
    const own = order.slice(
      Math.round((bin * order.length) / bins),
      Math.round(((bin + 1) * order.length) / bins),
    );
    let gap = 0;
    for (const i of own) {
      const { label, weight } = votes[i]!;
      gap += weight * (probabilities[i]! - label);
      total += weight;
    }
    error += Math.abs(gap);
  }
  return error / total;
}
