/**
 * Fits the vote model to all votes of a session: on every map, at every ridge, each vote is scored by a head that did not see it;
 * the map and ridge whose scores tell good from bad best are kept. Soft labels and weights count as they are; the same votes
 * and stream give the same model.
 */
import type { Rng } from '../../../src/rng.js';
import type { ReplayItem } from '../../io/checkpoint.js';
import { weightedAuc } from './auc.js';
import { calibrate, probability } from './calibrate.js';
import type { PictureFeatures, VoteModel } from './model.js';
import { directionOf, type Example, type Fitted, fitRidge, type Standardised, standardise } from './ridge.js';

export interface VoteExample {
  readonly features: PictureFeatures;
  /** p(good). */
  readonly label: number;
  readonly weight: number;
}

/** Heads, and shares of the votes of which each head misses one. */
const FOLDS = 8;
/** As shares of the variance of a map: little where it tells much. */
const RIDGES = [0.03, 0.3, 3];
/** Goods, and bads, below which nothing is said. */
const LEAST = 2;

interface Candidate {
  map: string;
  ridge: number;
  standardised: Standardised;
  fitted: Fitted;
  /** Mean cross-entropy of the votes, each by the head that did not see it. */
  loss: number;
}

/** Of what a session remembers. */
export const votesOf = (replay: readonly ReplayItem[]): VoteExample[] =>
  replay.map(({ features = {}, label, weight }) => ({ features, label, weight }));

/** Null while there are too few goods or bads, or no features. */
export function fitVoteModel(examples: readonly VoteExample[], rng: Rng): VoteModel | null {
  const counted = examples.filter(({ weight, features }) => weight > 0 && Object.keys(features).length > 0);
  const candidates = mapsOf(counted).flatMap((map) => candidatesOf(map, counted, rng));
  if (candidates.length === 0) return null;
  const best = candidates.reduce((a, b) => (b.loss < a.loss ? b : a));
  const { map, ridge, standardised, fitted } = best;
  const votes = counted.filter(({ features }) => features[map]);
  return {
    map,
    ridge,
    votes: votes.length,
    auc: weightedAuc(fitted.heldOut, votes),
    heads: fitted.heads.map((head) => directionOf(standardised, head)),
    calibration: calibrate(fitted.heldOut, votes),
  };
}

/** Names of all maps, sorted: which comes first must not hang on which picture does. */
const mapsOf = (examples: readonly VoteExample[]): string[] =>
  [...new Set(examples.flatMap(({ features }) => Object.keys(features)))].sort();

function candidatesOf(map: string, all: readonly VoteExample[], rng: Rng): Candidate[] {
  const votes: Example[] = all.flatMap(({ features, label, weight }) => {
    const row = features[map];
    return row ? [{ row, label, weight }] : [];
  });
  const goods = votes.filter(({ label }) => label > 0.5).length;
  const bads = votes.filter(({ label }) => label < 0.5).length;
  if (goods < LEAST || bads < LEAST) return [];
  const folds = foldsOf(votes, rng);
  const standardised = standardise(votes);
  return RIDGES.map((ridge) => {
    const fitted = fitRidge(standardised, votes, ridge, folds);
    const calibration = calibrate(fitted.heldOut, votes);
    let [loss, total] = [0, 0];
    for (const [i, { label, weight }] of votes.entries()) {
      total += weight;
      const p = probability(calibration, fitted.heldOut[i]!);
      loss -= weight * (label * Math.log(p) + (1 - label) * Math.log(1 - p));
    }
    return { map, ridge, standardised, fitted, loss: loss / total };
  });
}

/** Each with its share of goods and of bads, dealt from opposite ends so that folds are of equal size. */
function foldsOf(votes: readonly Example[], rng: Rng): number[][] {
  const order = rng.shuffle(votes.map((_, i) => i));
  const folds = Array.from({ length: Math.min(FOLDS, votes.length) }, (): number[] => []);
  for (const [at, i] of order.filter((i) => votes[i]!.label > 0.5).entries())
    folds[at % folds.length]!.push(i);
  for (const [at, i] of order.filter((i) => votes[i]!.label <= 0.5).entries())
    folds.at(-1 - (at % folds.length))!.push(i);
  return folds.filter((fold) => fold.length > 0);
}
