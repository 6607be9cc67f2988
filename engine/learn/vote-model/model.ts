/**
 * The model of the voters: a few heads, of which each did not see a share of the votes, and the way from their scores to
 * probabilities. A head adds up what each feature map tells, by as much as that map was found to tell. Small and plain, so that
 * it is refitted at every close.
 */
import { type Calibration, probability } from './calibrate.js';

export interface VoteModel {
  /** The feature maps that it reads, and how much each was found to tell: shares of 1. */
  readonly maps: Readonly<Record<string, number>>;
  /** Votes that it was fitted to. */
  readonly votes: number;
  /** Cross-validated: how often a good picture that a head did not see scores above a bad one. */
  readonly auc: number;
  /** Standard error of that: after 16 votes chance alone reaches .8 in a quarter of sessions. */
  readonly aucError: number;
  readonly heads: readonly VoteHead[];
  readonly calibration: Calibration;
}

/** score = offset + sum over maps of weights . row. */
export interface VoteHead {
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly offset: number;
}

/** What is read of a picture: rows by the map's name. */
export type PictureFeatures = Readonly<Record<string, ArrayLike<number>>>;

export interface Opinion {
  /** P(good). */
  readonly p: number;
  /** Deviation of the heads' probabilities: how far they disagree. */
  readonly spread: number;
}

/** Null for a picture that lacks a map that the model reads. */
export function scoreWith(model: VoteModel, pictures: readonly PictureFeatures[]): (Opinion | null)[] {
  const maps = Object.keys(model.maps);
  return pictures.map((picture) => (maps.every((map) => picture[map]) ? opinion(model, picture) : null));
}

function opinion({ heads, calibration }: VoteModel, picture: PictureFeatures): Opinion {
  const scores = heads.map(({ weights, offset }) =>
    Object.entries(weights).reduce((sum, [map, direction]) => sum + dot(direction, picture[map]!), offset),
  );
  const p = probability(calibration, mean(scores));
  const each = scores.map((score) => probability(calibration, score));
  const middle = mean(each);
  return { p, spread: Math.sqrt(mean(each.map((q) => (q - middle) ** 2))) };
}

/** Whether it tells good from bad at least so well, its standard error taken off. */
export const tells = ({ auc, aucError }: VoteModel, atLeast: number): boolean => auc - aucError >= atLeast;

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function dot(a: Float32Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
