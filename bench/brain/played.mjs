// What sessions of bench/brain/sessions.mjs and hints.mjs have in common: the judge's votes, and how well a
// model tells pictures that nobody voted on.

import { mean } from '../../dist/bench/lib/table.mjs';
import { weightedAuc } from '../../dist/engine/learn/vote-model/auc.js';
import { scoreWith } from '../../dist/engine/learn/vote-model/model.js';

const UNSEEN = 96;
export const unseenOf = (order) => order.slice(-UNSEEN);
export const voteOn = ({ features, good }) => ({ features, label: good ? 1 : 0, weight: 1 });
/** The judge's votes, a share of them turned round. */
export const flipped = (pictures, share, rng) =>
  pictures.map((picture) => {
    const flip = rng.uniform() < share;
    return { ...voteOn({ ...picture, good: picture.good !== flip }), flip };
  });
export const opinionsOn = (model, pictures) =>
  scoreWith(
    model,
    pictures.map(({ features }) => features),
  );
export const aucOn = (model, pictures) =>
  weightedAuc(
    opinionsOn(model, pictures).map(({ p }) => p),
    pictures.map(voteOn),
  );
/**
 * Of pairs of unseen pictures that the judge tells clearly apart, the share that the model puts in the same
 * order.
 */
export function pairsOn(model, pictures) {
  const p = opinionsOn(model, pictures).map((opinion) => opinion.p);
  let [right, all] = [0, 0];
  for (let i = 0; i < pictures.length; i++)
    for (let k = 0; k < i; k++) {
      const apart = pictures[i].score - pictures[k].score;
      if (Math.abs(apart) < 1) continue;
      all++;
      if (apart > 0 === p[i] > p[k]) right++;
    }
  return right / all;
}
/** Both models, or null. */
export const both = (off, on, figures) => (off && on ? figures(off, on) : null);
export const compare = (off, on, unseen) => ({ off: aucOn(off, unseen), on: aucOn(on, unseen) });

/** Sessions' figures side by side. */
export const together =
  (...parts) =>
  (order, model, rng) => {
    const figures = parts.map((part) => part(order, model, rng));
    return figures.every(Boolean) ? Object.assign({}, ...figures) : null;
  };

/** Rows less their mean, by column brought to deviation 1, then to length 1: what sets each picture apart. */
export function unitRows(rows) {
  const out = rows.map((row) => Float64Array.from(row));
  for (let j = 0; j < out[0].length; j++) {
    const column = out.map((row) => row[j]);
    const middle = mean(column);
    const deviation = Math.sqrt(mean(column.map((x) => (x - middle) ** 2)));
    for (const row of out) row[j] = deviation > 0 ? (row[j] - middle) / deviation : 0;
  }
  return out.map((row) => {
    const length = Math.hypot(...row);
    return length > 0 ? row.map((x) => x / length) : row;
  });
}
