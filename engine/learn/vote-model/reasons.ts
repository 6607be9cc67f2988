/**
 * What is wrong with a bad picture, picked from a menu (FITS 2208.03270: a word on what failed teaches more
 * than that something did). A part model for each fault, a picture being as good as its worst part, which one
 * direction need not tell ("too few" and "too many" lie on opposite sides of good); how well that tells is
 * cross-validated as a whole. Or a picture with one fault is a near miss and a soft label, which brings
 * little and which no learner uses. bench/README.md says what either brings.
 */
import type { Rng } from '../../../src/rng.js';
import type { ReplayItem } from '../../io/remembered.js';
import type { VoteModel } from '../../io/vote-model.js';
import { aucError, weightedAuc } from './auc.js';
import { calibrate } from './calibrate.js';
import type { Doubt } from './doubt.js';
import { counted, fitHeldOut, type VoteExample } from './fit.js';
import { scoreWith, worstPart } from './model.js';

export interface ReasonedVote extends VoteExample {
  /** Of a bad picture: fault -> share of those who said what is wrong; empty where nobody did. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Bad pictures with a fault, below which it has no part model. */
const LEAST = 2;
/** P(good) of a picture with one fault. */
const NEAR = 0.2;

/** Of what a session remembers. */
export const reasonedVotesOf = (replay: readonly ReplayItem[]): ReasonedVote[] =>
  replay.map(({ features = {}, label, weight, faults = {} }) => ({ features, label, weight, faults }));

const isReasoned = ({ label, faults }: ReasonedVote): boolean =>
  label <= 0.5 && Object.keys(faults).length > 0;

/**
 * Votes on one fault: who named it says that it is there, who named another that it is not, who named nothing
 * says nothing.
 */
export const faultVotes = (votes: readonly ReasonedVote[], fault: string): VoteExample[] =>
  votes.flatMap((vote) => {
    const { features, label, weight, faults } = vote;
    if (label > 0.5) return [{ features, label, weight }];
    return isReasoned(vote) ? [{ features, label: 1 - (faults[fault] ?? 0), weight }] : [];
  });

/** Null where `fitVoteModel` is; without any fault its very model. */
export function fitReasons(
  examples: readonly ReasonedVote[],
  rng: Rng,
  doubt: Partial<Doubt> = {},
): VoteModel | null {
  const votes = counted(examples);
  const whole = fitHeldOut(votes, rng, doubt);
  if (!whole) return null;
  const parts = partsOf(votes, rng);
  if (parts.length === 0) return whole.model;
  const say = Math.max(0, 2 * whole.model.auc - 1);
  const scores = votes.map((_, i) =>
    worstPart(
      whole.p[i]!,
      parts.map(({ free }) => free[i]!),
      say,
    ),
  );
  const auc = weightedAuc(scores, votes);
  return {
    ...whole.model,
    auc,
    aucError: aucError(auc, votes),
    faults: {
      parts: Object.fromEntries(parts.map(({ fault, model }) => [fault, model])),
      say,
      calibration: calibrate(scores, votes),
    },
  };
}

/** In order of their names. `free`: P(free of the fault) of each vote, by heads that did not see it. */
function partsOf(votes: readonly ReasonedVote[], rng: Rng) {
  const named = [...new Set(votes.flatMap((vote) => (isReasoned(vote) ? Object.keys(vote.faults) : [])))];
  return named.sort().flatMap((fault) => {
    const faulty = votes.filter((vote) => isReasoned(vote) && vote.faults[fault]! > 0.5).length;
    const fitted = faulty < LEAST ? null : fitHeldOut(faultVotes(votes, fault), rng);
    if (!fitted) return [];
    const { model, p } = fitted;
    let at = 0;
    const free = votes.map((vote) =>
      vote.label > 0.5 || isReasoned(vote) ? p[at++]! : scoreWith(model, [vote.features])[0]!.p,
    );
    return [{ fault, model, free }];
  });
}

/** Bad pictures with faults are the less bad, the fewer there are. */
export const nearMisses = (votes: readonly ReasonedVote[]): VoteExample[] =>
  votes.map((vote) => {
    const { features, label, weight, faults } = vote;
    if (!isReasoned(vote)) return { features, label, weight };
    return { features, label: Math.max(label, NEAR ** Object.keys(faults).length), weight };
  });
