/**
 * The model of the voters: which of the maps tells what they call good, a few heads of which each did not see a share of the
 * votes, and the way from their scores to probabilities. Small and plain, so that it is refitted at every close.
 */
import { type Calibration, probability } from './calibrate.js';
import type { Direction } from './ridge.js';

export interface VoteModel {
  /** The feature map it reads. */
  readonly map: string;
  /** Ridge of its heads. */
  readonly ridge: number;
  /** Votes that it was fitted to. */
  readonly votes: number;
  /** Cross-validated: how often a good picture that a head did not see scores above a bad one. */
  readonly auc: number;
  readonly heads: readonly Direction[];
  readonly calibration: Calibration;
}

/** What is read of a picture: rows by the map's name. */
export type PictureFeatures = Readonly<Record<string, ArrayLike<number>>>;

export interface Opinion {
  /** P(good). */
  readonly p: number;
  /** Deviation of the heads' probabilities: how far they disagree. */
  readonly spread: number;
}

/** Null for a picture that lacks the map. */
export function scoreWith(model: VoteModel, pictures: readonly PictureFeatures[]): (Opinion | null)[] {
  return pictures.map((picture) => {
    const row = picture[model.map];
    return row ? opinion(model, row) : null;
  });
}

function opinion({ heads, calibration }: VoteModel, row: ArrayLike<number>): Opinion {
  const scores = heads.map(({ weights, offset }) => {
    let sum = offset;
    for (let j = 0; j < weights.length; j++) sum += weights[j]! * row[j]!;
    return sum;
  });
  const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length;
  const p = probability(calibration, mean);
  const each = scores.map((score) => probability(calibration, score));
  const middle = each.reduce((sum, q) => sum + q, 0) / each.length;
  const variance = each.reduce((sum, q) => sum + (q - middle) ** 2, 0) / each.length;
  return { p, spread: Math.sqrt(variance) };
}
