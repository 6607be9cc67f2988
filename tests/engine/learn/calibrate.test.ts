/** How scores are told and made into probabilities: against plain references over random votes. */
import { describe, expect, it } from 'vitest';
import { aucError, calibrationError, type Voted, weightedAuc } from '../../../engine/learn/vote-model/auc.js';
import { calibrate, crossEntropy, probability } from '../../../engine/learn/vote-model/calibrate.js';
import { fitVoteModel } from '../../../engine/learn/vote-model/fit.js';
import { meansOf } from '../../../engine/learn/vote-model/means.js';
import { fitRidge, standardise } from '../../../engine/learn/vote-model/ridge.js';
import { Rng } from '../../../src/rng.js';

/** Votes of several weights, soft and plain, on scores that lean their way, some of them ties. */
function session(seed: number, count = 24) {
  const r = new Rng(seed, 0, 'calibrate');
  const votes = Array.from({ length: count }, (_, i): Voted => {
    return { label: i % 5 === 0 ? r.uniform() : i % 2, weight: 0.5 + r.uniform() };
  });
  const scores = votes.map(({ label }) => 3 + Math.round(4 * (label + r.normal())) / 4);
  return { votes, scores };
}
const seeds = [1, 2, 3, 4, 5];

it.each(seeds)('AUC: of all pairs of a good and a bad one the share in order, ties half (%i)', (seed) => {
  const { votes, scores } = session(seed);
  let [won, pairs] = [0, 0];
  for (const [i, good] of votes.entries())
    for (const [j, bad] of votes.entries()) {
      const weight = good.weight * good.label * bad.weight * (1 - bad.label);
      pairs += weight;
      won += weight * (scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0);
    }
  expect(weightedAuc(scores, votes)).toBeCloseTo(won / pairs, 12);
});

it('its error is that of Hanley and McNeil, weights counting as so many pictures', () => {
  // Their example's form, by hand: A = .8 of 2 goods and 3 bads; Q1 = .8 / 1.2, Q2 = 1.28 / 1.8.
  const votes = [1, 1, 0, 0].map((label, i) => ({ label, weight: i === 3 ? 2 : 1 }));
  const variance = (0.8 * 0.2 + (0.8 / 1.2 - 0.64) + 2 * (1.28 / 1.8 - 0.64)) / 6;
  expect(aucError(0.8, votes)).toBeCloseTo(Math.sqrt(variance), 12);
});

describe('calibration', () => {
  it.each(seeds)('no other line fits the votes better, kept half a vote from certainty (%i)', (seed) => {
    const { votes, scores } = session(seed);
    const goods = votes.reduce((sum, { label, weight }) => sum + weight * label, 0);
    const bads = votes.reduce((sum, { label, weight }) => sum + weight * (1 - label), 0);
    const [high, low] = [(goods + 0.5) / (goods + 1), 0.5 / (bads + 1)];
    const targets = votes.map((vote) => ({ ...vote, label: low + (high - low) * vote.label }));
    const { slope, offset } = calibrate(scores, votes);
    expect(slope).toBeGreaterThan(0);
    // Both slopes of the loss are zero there.
    const loss = (a: number, b: number) => crossEntropy({ slope: a, offset: b }, scores, targets);
    const h = 1e-4;
    expect((loss(slope + h, offset) - loss(slope - h, offset)) / h).toBeCloseTo(0, 6);
    expect((loss(slope, offset + h) - loss(slope, offset - h)) / h).toBeCloseTo(0, 6);
  });

  it('of scores that say the opposite everybody’s share of goods is said of each', () => {
    const votes = [1, 1, 1, 0].map((label) => ({ label, weight: 1 }));
    const found = calibrate([-1, -2, -3, 1], votes);
    expect(found).toEqual({ slope: 0, offset: Math.log(3.5 / 1.5) });
    expect(probability(found, 99)).toBeCloseTo(0.7, 12);
  });

  it('is off by the mean distance of groups, by weight', () => {
    const votes = [0, 1, 1, 1].map((label, i) => ({ label, weight: i === 0 ? 2 : 1 }));
    // Two groups: 2 (.2 - 0) + (.4 - 1) = -.2, and (.8 - 1) + (.9 - 1) = -.3; of 5.
    expect(calibrationError([0.2, 0.4, 0.8, 0.9], votes, 2)).toBeCloseTo(0.1, 12);
  });
});

it('an even vote is neither a good nor a bad one: with too few of these there is no model', () => {
  const r = new Rng(9, 0, 'even');
  const votes = (labels: readonly number[]) =>
    labels.map((label) => ({ features: { told: r.normals(3).map((x) => x + label) }, label, weight: 1 }));
  const fitted = (labels: readonly number[]) => fitVoteModel(votes(labels), new Rng(1, 0, 'votes'));
  expect(fitted([1, 1, 0, 0])).not.toBeNull();
  expect(fitted([1, 0.5, 0.5, 0, 0])).toBeNull();
  expect(fitted([1, 1, 0.5, 0.5, 0])).toBeNull();
});

it.each(seeds)('each head of the ridge says of its fold what a fit without that fold says (%i)', (seed) => {
  const r = new Rng(seed, 0, 'ridge');
  const votes = Array.from({ length: 7 }, () => {
    return { row: r.normals(4), label: r.uniform(), weight: 0.5 + r.uniform() };
  });
  const { kernel, n } = standardise(votes);
  const folds = [
    [0, 3],
    [1, 4, 6],
    [2, 5],
  ];
  const { heldOut, heads } = fitRidge({ kernel, n }, votes, 0.4, folds);
  for (const [f, fold] of folds.entries()) {
    const others = votes.map((_, i) => i).filter((i) => !fold.includes(i));
    // (K + ridge / weight) alpha + b = y, and the alphas sum to 0.
    const rows = others.map((i) => [
      ...others.map((j) => kernel[i * n + j]! + (i === j ? 0.4 / votes[i]!.weight : 0)),
      1,
      2 * votes[i]!.label - 1,
    ]);
    const solved = eliminated([...rows, [...others.map(() => 1), 0, 0]]);
    expect(heads[f]!.offset).toBeCloseTo(solved.at(-1)!, 8);
    for (const i of fold) {
      const score = others.reduce((sum, j, k) => sum + kernel[i * n + j]! * solved[k]!, solved.at(-1)!);
      expect(heldOut[i]).toBeCloseTo(score, 8);
    }
  }
});

/** x of a linear system whose rows end in their right side, by Gauss with pivots. */
function eliminated(system: number[][]): number[] {
  const rows = system.map((row) => [...row]);
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows.slice(k).reduce((a, b) => (Math.abs(a[k]!) >= Math.abs(b[k]!) ? a : b));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(k, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const by = row[k]! / pivot[k]!;
      for (let j = 0; j < row.length; j++) row[j]! -= by * pivot[j]!;
    }
  }
  return rows.map((row, k) => row.at(-1)! / row[k]!);
}

it('a map that a picture lacks stands for the mean of those that have it', () => {
  const item = (features?: Record<string, number[]>) =>
    ({ features }) as unknown as Parameters<typeof meansOf>[0][number];
  const means = meansOf([item({ a: [1, 2] }), item(), item({ a: [3, 6], b: [5] })]);
  expect(Object.entries(means).map(([map, row]) => [map, Array.from(row)])).toEqual([
    ['a', [2, 4]],
    ['b', [5]],
  ]);
});
