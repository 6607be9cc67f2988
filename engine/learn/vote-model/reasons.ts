/**
 * What is wrong with a bad picture, picked from a menu or replied (FITS 2208.03270: a word on what failed teaches more than that something
 * did). Two ways: a part model for each reason, a picture being as good as its worst part, which one direction need not tell ("too few"
 * and "too many" lie on opposite sides of good); or a picture with one fault is a near miss and a soft label.
 * Off: bench/README.md says what either brings.
 */
import type { Rng } from '../../../src/rng.js';
import { fitVoteModel, type VoteExample } from './fit.js';
import { type PictureFeatures, scoreWith, type VoteModel } from './model.js';

export interface ReasonedVote extends VoteExample {
  /** What was named of a bad picture; none where nobody said. */
  readonly reasons: readonly string[];
}

export interface ReasonModel {
  /** Good or bad, by all votes. */
  readonly whole: VoteModel;
  /** Reason -> the model of pictures that are free of that fault. */
  readonly parts: ReadonlyMap<string, VoteModel>;
}

/** Bad pictures, below which a reason has no part model. */
const LEAST = 2;
/** P(good) of a picture with one fault. */
const NEAR = 0.2;

/** Votes on one fault: who named it says that it is there, who named another that it is not, who named nothing says nothing. */
export const faultVotes = (votes: readonly ReasonedVote[], reason: string): VoteExample[] =>
  votes.flatMap(({ features, label, weight, reasons }) => {
    if (label > 0.5) return [{ features, label, weight }];
    return reasons.length > 0 ? [{ features, label: reasons.includes(reason) ? 0 : 1, weight }] : [];
  });

/** Null where `fitVoteModel` is. */
export function fitReasons(votes: readonly ReasonedVote[], rng: Rng): ReasonModel | null {
  const whole = fitVoteModel(votes, rng);
  if (!whole) return null;
  const named = votes.flatMap(({ label, reasons }) => (label > 0.5 ? [] : reasons));
  const parts = new Map<string, VoteModel>();
  for (const reason of [...new Set(named)].sort()) {
    if (named.filter((other) => other === reason).length < LEAST) continue;
    const part = fitVoteModel(faultVotes(votes, reason), rng);
    if (part) parts.set(reason, part);
  }
  return { whole, parts };
}

/**
 * 0..1, to put pictures in order by, and no probability: P(free of it) of the fault that is likeliest, times what all votes say, to the
 * power of how well they tell (1 where the AUC is 1, 0 where it is chance). Null as `scoreWith`.
 */
export function scoreWithReasons(
  { whole, parts }: ReasonModel,
  pictures: readonly PictureFeatures[],
): (number | null)[] {
  const say = Math.max(0, 2 * whole.auc - 1);
  const free = [...parts.values()].map((part) => scoreWith(part, pictures));
  return scoreWith(whole, pictures).map((opinion, i) => {
    if (!opinion || free.length === 0) return opinion?.p ?? null;
    return Math.min(...free.map((said) => said[i]?.p ?? 1)) * opinion.p ** say;
  });
}

/** Bad pictures with reasons are the less bad, the fewer there are. */
export const nearMisses = (votes: readonly ReasonedVote[]): VoteExample[] =>
  votes.map(({ features, label, weight, reasons }) => {
    if (label > 0.5 || reasons.length === 0) return { features, label, weight };
    return { features, label: Math.max(label, NEAR ** reasons.length), weight };
  });
