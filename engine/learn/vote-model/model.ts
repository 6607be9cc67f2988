/**
 * The model of the voters: a few heads, of which each did not see a share of the votes, and the way from
 * their scores to probabilities. A head adds up what each feature map tells, by as much as that map was found
 * to tell. Small and plain, so that it is refitted at every close.
 */
import type { FaultModels, VoteModel } from '../../io/vote-model.js';
import { probability } from './calibrate.js';

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
  const all = [model, ...Object.values(model.faults?.parts ?? {})];
  const maps = all.flatMap((one) => Object.keys(one.maps));
  return pictures.map((picture) => (maps.every((map) => picture[map]) ? opinion(model, picture) : null));
}

function opinion(model: VoteModel, picture: PictureFeatures): Opinion {
  const whole = headsOf(model, picture);
  const { p, each } = model.faults ? asItsWorstPart(whole, model.faults, picture) : whole;
  const middle = mean(each);
  return { p, spread: Math.sqrt(mean(each.map((q) => (q - middle) ** 2))) };
}

interface Heads {
  p: number;
  /** P by each head alone. */
  each: number[];
}

/**
 * Log of P(free of it) of the fault that is likeliest, times what all votes say, to the power of how well
 * they tell.
 */
export const worstPart = (whole: number, free: readonly number[], say: number): number =>
  log(Math.min(...free)) + say * log(whole);

/** P is never 0 but by rounding. */
const log = (p: number): number => Math.log(Math.max(p, 1e-12));

function asItsWorstPart(
  whole: Heads,
  { parts, say, calibration }: FaultModels,
  picture: PictureFeatures,
): Heads {
  const free = Object.values(parts).map((part) => headsOf(part, picture));
  const good = (q: number, of: (heads: Heads) => number) =>
    probability(calibration, worstPart(q, free.map(of), say));
  return {
    p: good(whole.p, (one) => one.p),
    each: whole.each.map((q, i) => good(q, ({ each }) => each[i % each.length]!)),
  };
}

function headsOf({ heads, calibration }: VoteModel, picture: PictureFeatures): Heads {
  const scores = heads.map(({ weights, offset }) =>
    Object.entries(weights).reduce((sum, [map, direction]) => sum + dot(direction, picture[map]!), offset),
  );
  return {
    p: probability(calibration, mean(scores)),
    each: scores.map((score) => probability(calibration, score)),
  };
}

/** Whether it tells good from bad at least so well, its standard error taken off. */
export const tells = ({ auc, aucError }: VoteModel, atLeast: number): boolean => auc - aucError >= atLeast;

/**
 * Whether it is known to tell more than chance. Votes that err make a model look poorer than it is, so this
 * is asked where being wrong costs little.
 */
export const beatsChance = (model: VoteModel | null): model is VoteModel =>
  model !== null && tells(model, 0.5);

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function dot(a: Float32Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
