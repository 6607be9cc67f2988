// What sessions of bench/brain/sessions.mts and hints.mjs have in common: the judge's votes, and how well a
// model tells pictures that nobody voted on.

import type { VoteModel } from '../../engine/io/vote-model.js';
import { weightedAuc } from '../../engine/learn/vote-model/auc.js';
import type { VoteExample } from '../../engine/learn/vote-model/fit.js';
import { type Opinion, scoreWith } from '../../engine/learn/vote-model/model.js';
import type { Rng } from '../../src/rng.js';
import { mean } from '../lib/table.mjs';
import type { Seen } from './pictures.mjs';

export interface Flipped extends VoteExample {
  /** It is not what the judge says. */
  flip: boolean;
}

/** Figure -> what it is without and with the system; null where the session has too few goods or bads. */
export type Figures = Record<string, { off: number; on: number }>;

/**
 * One session. `order`: pictures in the order in which they are shown; the last ones are never voted on.
 * `model` gives the randomness of a fit, the same one each time.
 */
export type System = (order: readonly Seen[], model: () => Rng, rng: Rng) => Figures | null;

const UNSEEN = 96;
export const unseenOf = (order: readonly Seen[]): Seen[] => order.slice(-UNSEEN);
export const voteOn = ({ features, good }: Pick<Seen, 'features' | 'good'>): VoteExample => ({
  features,
  label: good ? 1 : 0,
  weight: 1,
});
/** The judge's votes, a share of them turned round. */
export const flipped = (pictures: readonly Seen[], share: number, rng: Rng): Flipped[] =>
  pictures.map((picture) => {
    const flip = rng.uniform() < share;
    return { ...voteOn({ ...picture, good: picture.good !== flip }), flip };
  });
/** All of whose features are there, so that there is an opinion on each. */
export const opinionsOn = (model: VoteModel, pictures: readonly Pick<Seen, 'features'>[]): Opinion[] =>
  scoreWith(
    model,
    pictures.map(({ features }) => features),
  ) as Opinion[];
export const aucOn = (model: VoteModel, pictures: readonly Seen[]): number =>
  weightedAuc(
    opinionsOn(model, pictures).map(({ p }) => p),
    pictures.map(voteOn),
  );
/**
 * Of pairs of unseen pictures that the judge tells clearly apart, the share that the model puts in the same
 * order.
 */
export function pairsOn(model: VoteModel, pictures: readonly Seen[]): number {
  const p = opinionsOn(model, pictures).map((opinion) => opinion.p);
  let [right, all] = [0, 0];
  for (let i = 0; i < pictures.length; i++)
    for (let k = 0; k < i; k++) {
      const apart = pictures[i]!.score - pictures[k]!.score;
      if (Math.abs(apart) < 1) continue;
      all++;
      if (apart > 0 === p[i]! > p[k]!) right++;
    }
  return right / all;
}
/** Both models, or null. */
type Model = VoteModel | null;
export const both = (
  off: Model,
  on: Model,
  figures: (off: VoteModel, on: VoteModel) => Figures,
): Figures | null => (off && on ? figures(off, on) : null);
export const compare = (off: VoteModel, on: VoteModel, unseen: readonly Seen[]) => ({
  off: aucOn(off, unseen),
  on: aucOn(on, unseen),
});

/** Sessions' figures side by side. */
export const together =
  (...parts: readonly System[]): System =>
  (order, model, rng) => {
    const figures = parts.map((part) => part(order, model, rng));
    return figures.every(Boolean) ? Object.assign({}, ...figures) : null;
  };

/** Rows less their mean, by column brought to deviation 1, then to length 1: what sets each picture apart. */
export function unitRows(rows: readonly ArrayLike<number>[]): Float64Array[] {
  const out = rows.map((row) => Float64Array.from(row));
  for (let j = 0; j < out[0]!.length; j++) {
    const column = out.map((row) => row[j]!);
    const middle = mean(column);
    const deviation = Math.sqrt(mean(column.map((x) => (x - middle) ** 2)));
    for (const row of out) row[j] = deviation > 0 ? (row[j]! - middle) / deviation : 0;
  }
  return out.map((row) => {
    const length = Math.hypot(...row);
    return length > 0 ? row.map((x) => x / length) : row;
  });
}
