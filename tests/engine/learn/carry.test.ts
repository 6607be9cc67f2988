/**
 * What is carried from round to round (best, goods, replay), how feedback is read, and how goods are drawn.
 */
import { describe, expect, it } from 'vitest';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import type { Round } from '../../../engine/io/round.js';
import type { VoteModel } from '../../../engine/io/vote-model.js';
import { carryBest, carryBestFaithfully, reelected } from '../../../engine/learn/best.js';
import { splitLabels } from '../../../engine/learn/feedback.js';
import { stratified } from '../../../engine/learn/guided-fit.js';
import { parseParams } from '../../../engine/learn/hyperparameters.js';
import { mergeReplay, newReplay, stateFor } from '../../../engine/learn/learner.js';
import { fittedGoods, ownLabels, weighed } from '../../../engine/learn/learners/acclaim.js';
import { learners } from '../../../engine/learn/learners/table.js';
import { mostSteps, stepsOf } from '../../../engine/learn/steps.js';
import { diversity } from '../../../engine/measures/diversity.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import type { AcclaimParams } from '../../../src/config/learners.js';
import { Rng } from '../../../src/rng.js';

/** A round of five images whose latents and noises tell round and index: 10 r + i, and minus that. */
function roundOf(round: number): Round {
  const values = Array.from({ length: 5 }, (_, i) => 10 * round + i);
  const fill = (sign: 1 | -1) =>
    f32(
      [5, 1, 1, 2],
      values.flatMap((v) => [sign * v, sign * v]),
    );
  return {
    manifest: { round, count: 5 } as Round['manifest'],
    latents: fill(1),
    noise: fill(-1),
    trajectory: null,
  };
}

const label = (goods: readonly number[], best: number | null = null) =>
  splitLabels(
    {
      images: [0, 1, 2, 3, 4].map((index) => ({ index, good: goods.includes(index) ? 1 : 0, weight: 1 })),
      best,
    },
    5,
  );
const features = [0, 1, 2, 3, 4].map((i) => Float32Array.of(Math.cos(i / 3), Math.sin(i / 3)));
const first = (list: readonly Float32Array[]) => list.map((z) => z[0]);

describe('the best', () => {
  it('is the one named, with its latent and its noise; the other goods give their noises', () => {
    const { best, positives } = carryBest(roundOf(1), label([1, 3, 4], 3), null, features);
    expect([best!.latent[0], best!.noise[0], best!.round, best!.index]).toEqual([13, -13, 1, 3]);
    expect(first(positives)).toEqual([-11, -14]);
  });

  it('persists while nobody names another, also through a round without a good one', () => {
    const one = carryBest(roundOf(1), label([1, 3], 3), null, features);
    const two = carryBest(roundOf(2), label([0, 3]), one, features);
    expect(two.best).toEqual(one.best);
    expect(first(two.positives)).toEqual([-20, -23]); // index 3 of another round is no longer the best
    const three = carryBest(roundOf(3), label([]), two, features);
    expect(three).toEqual(two);
  });

  it('is the good nearest to the mean of goods where none was ever named, and nothing without a good', () => {
    expect(carryBest(roundOf(1), label([0, 1, 2]), null, features).best!.index).toBe(1);
    expect(carryBest(roundOf(1), label([]), null, features)).toEqual({ best: null, positives: [] });
  });

  it('in faithful mode is another image from the second round on: its rank taken for an index', () => {
    const one = carryBestFaithfully(roundOf(1), label([1, 3], 3), null, features);
    expect(one.best!.index).toBe(3);
    // Candidates: 2, 4, then the carried best. 4 has rank 1, so image 1 is kept.
    expect(carryBestFaithfully(roundOf(2), label([2, 4], 4), one, features).best).toMatchObject({
      round: 2,
      index: 1,
    });
    // The carried best has rank 2, so it is lost to image 2.
    expect(carryBestFaithfully(roundOf(2), label([2, 4]), one, features).best).toMatchObject({
      round: 2,
      index: 2,
    });
  });
});

describe('the best, elected again', () => {
  /** P(good) = 1 / (1 + exp(-slope x)) of a picture [x]. */
  const surest = (slope: number, auc = 0.9): VoteModel => ({
    maps: { told: 1 },
    votes: 10,
    auc,
    aucError: 0.1,
    heads: [{ weights: { told: Float32Array.of(1) }, offset: 0 }],
    calibration: { slope, offset: 0 },
  });
  const withFeatures = (round: number) => ({
    ...roundOf(round),
    features: { told: f32([5, 1], [0, 1, 2, 3, 4]) },
  });
  const one = { round: withFeatures(1), judged: label([1, 3], 3), state: null };
  const state = carryBest(one.round, one.judged, null, features);
  const two = { round: withFeatures(2), judged: label([0, 2]), state };
  const carried = carryBest(two.round, two.judged, state, features);
  const old = newReplay(one.round, one.judged, true);
  const replay = mergeReplay(old, newReplay(two.round, two.judged, true), 2);

  it('is the good of any round that the model is surest of today, with its latent and noise', () => {
    expect(reelected(carried, two, surest(1), replay)).toEqual(carried); // 3 of round 1
    const { best, positives } = reelected(carried, two, surest(-1), replay);
    expect([best!.latent[0], best!.noise[0], best!.round, best!.index]).toEqual([20, -20, 2, 0]);
    expect(first(positives)).toEqual([-22]);
  });

  it('stays where people named one in this round, the model may tell no more than chance, or no source was kept', () => {
    const named = { ...two, judged: label([0, 2], 2) };
    const theirs = carryBest(named.round, named.judged, state, features);
    expect(reelected(theirs, named, surest(-1), replay)).toBe(theirs);
    expect(reelected(carried, two, null, replay)).toBe(carried);
    expect(reelected(carried, two, surest(-1, 0.55), replay)).toBe(carried);
    const without = replay.map(({ source: _, ...item }) => item);
    expect(reelected(carried, two, surest(-1), without)).toBe(carried);
    expect(newReplay(one.round, one.judged).some((item) => 'source' in item)).toBe(false);
    // Only what was called good may become the best.
    const sourced = newReplay(one.round, one.judged, true).filter((item) => 'source' in item);
    expect(sourced.map(({ label }) => label)).toEqual([1, 1]);
    const even = splitLabels({ images: [{ index: 0, good: 0.5, weight: 1 }], best: null }, 5);
    expect(newReplay(one.round, even, true)[0]).not.toHaveProperty('source');
  });
});

describe('replay', () => {
  it('keeps every vote of the session; a round learned again replaces itself', () => {
    const one = mergeReplay([], newReplay(roundOf(1), label([1])), 1);
    const two = mergeReplay(one, newReplay(roundOf(2), label([0])), 2);
    expect(two.map((item) => item.latent[0])).toEqual([10, 11, 12, 13, 14, 20, 21, 22, 23, 24]);
    expect(mergeReplay(two, newReplay(roundOf(2), label([4])), 2).filter((i) => i.label > 0.5)).toHaveLength(
      2,
    );
  });
});

describe('what is remembered of a picture', () => {
  it('is how good, how heavy, what was wrong with it, who drew it, and whether votes had a part in its being shown', () => {
    const round = roundOf(2);
    const images = [
      { index: 0, good: 0.9, weight: 0.5 },
      { index: 1, good: 0, weight: 2, faults: { few: 1 } },
    ];
    round.manifest.images = [
      { origin: 'tuned', pick: 'liked' },
      { origin: 'base', pick: 'unpicked' },
    ] as NonNullable<Round['manifest']['images']>;
    const latent = (i: number) => Float32Array.of(20 + i, 20 + i);
    expect(newReplay(round, splitLabels({ images, best: null }, 5))).toEqual([
      { latent: latent(0), label: 0.9, weight: 0.5, round: 2, origin: 'tuned', chosen: true },
      { latent: latent(1), label: 0, weight: 2, round: 2, origin: 'base', faults: { few: 1 } },
    ]);
  });

  it('is left behind of drift where a learner fits none', () => {
    const state = { drift: { lambda: 0.5 } } as unknown as LearnerState;
    const [fits, other] = [learners.acclaim, learners.ddpo].map((learner) => stateFor(learner, state));
    expect([fits!.drift, other!.drift]).toEqual([{ lambda: 0.5 }, undefined]);
  });
});

describe('what is fitted', () => {
  const item = (good: number, origin: 'base' | 'tuned') => ({
    latent: Float32Array.of(good),
    label: good,
    weight: 1,
    round: 1,
    origin,
  });
  const [own, tuned, bad] = [item(0.9, 'base'), item(0.8, 'tuned'), item(0.1, 'base')];

  it('is the goods that the base model drew, all goods where it drew none, or all when asked', () => {
    expect(fittedGoods([own, tuned, bad], { replay: 'base' })).toEqual([own]);
    expect(fittedGoods([tuned, bad], { replay: 'base' })).toEqual([tuned]);
    expect(fittedGoods([own, tuned, bad], { replay: 'all' })).toEqual([own, tuned]);
  });

  it('is heard by how good, how heavy, and how sure others than its own votes are, under its own round', () => {
    const goods = [own, { ...tuned, weight: 0.5, round: 3 }];
    const replay = [bad, ...goods];
    const model = { auc: 0.9, aucError: 0.1 } as VoteModel;
    const items = (replayTemperature: number) =>
      weighed({ params: { replayTemperature }, crossFitted: () => [0, 0.9, 0.4] }, model, replay, goods);
    // As they are called: .9, and .8 of half a vote.
    expect(items(0)).toEqual([
      { latent: own.latent, weight: 0.9, round: 1 },
      { latent: tuned.latent, weight: 0.4, round: 3 },
    ]);
    // Said to be good by .9 and .4: exp(.5 / .5) times as much, 1 on average.
    const e = Math.E;
    expect(items(0.5).map(({ weight }) => weight)).toEqual([
      expect.closeTo((0.9 * 2 * e) / (e + 1), 10),
      expect.closeTo((0.4 * 2) / (e + 1), 10),
    ]);
  });

  it('gets its steps by what the tuned model’s pictures were called, of a round that two drew', () => {
    const round = roundOf(2);
    const labels = label([0, 1]);
    expect(ownLabels(round, labels)).toEqual(labels.labels);
    const origins = ['tuned', 'base', 'base', 'tuned', 'base'] as const;
    round.manifest.images = origins.map((origin) => ({ origin }));
    expect(ownLabels(round, labels).map(({ index, good }) => [index, good])).toEqual([
      [0, 1],
      [3, 0],
    ]);
    // Of one that was picked, what those were called that nobody chose.
    const picks = ['liked', 'unpicked', 'unsure', 'unpicked', 'liked'] as const;
    const picked = { ...round, manifest: { ...round.manifest } };
    picked.manifest.images = picks.map((pick) => ({ origin: 'base' as const, pick }));
    expect(ownLabels(picked, labels).map(({ index }) => index)).toEqual([1, 3]);
    const params = { steps: 40, stepsPerGood: 6, fullUntil: 0.5, firstFactor: 1.8 } as AcclaimParams;
    const of = (goods: number[], first = false) => stepsOf(params, ownLabels(round, label(goods)), 10, first);
    expect([of([1]), of([0]), of([0, 3]), of([0, 1, 2, 4])]).toEqual([40, 40, 20, 40]);
    expect([of([1], true), of([0, 3], true)]).toEqual([60, 36]);
    expect(stepsOf(params, label([0, 1, 2, 3]).labels, 10, false)).toBe(23);
    expect([false, true].map((first) => stepsOf(params, label([0]).labels, 2, first))).toEqual([12, 12]);
    // Where somebody looks while it trains, approval says nothing.
    expect(stepsOf(params, null, 10, true)).toBe(60);
    // phi is never ahead of what the votes may ask for.
    expect([false, true].map((first) => mostSteps(params, first))).toEqual([40, 72]);
  });
});

describe('feedback', () => {
  it('leaves out what nobody judged', () => {
    const judged = splitLabels(
      {
        images: [
          { index: 2, good: 0.9, weight: 1 },
          { index: 0, good: null, weight: 1 },
          { index: 1, good: 0.1, weight: 0 },
          { index: 3, good: 0.2, weight: 0.5 },
        ],
        best: null,
      },
      5,
    );
    expect(judged.labels.map((l) => l.index)).toEqual([2, 3]);
    expect(judged.goods.map((l) => l.index)).toEqual([2]);
    expect(judged.bads.map((l) => l.index)).toEqual([3]);
  });

  it('hears what was wrong with a bad picture alone, and where anything was said', () => {
    const of = (good: number, faults: Record<string, number>) =>
      splitLabels({ images: [{ index: 0, good, weight: 1, faults }], best: null }, 5).labels[0];
    expect(of(0.2, { few: 1 })).toHaveProperty('faults', { few: 1 });
    for (const said of [of(0.2, {}), of(0.8, { few: 1 })]) expect(said).not.toHaveProperty('faults');
  });

  it.each([
    { images: [{ index: 5, good: 1, weight: 1 }], best: null },
    {
      images: [
        { index: 1, good: 1, weight: 1 },
        { index: 1, good: 0, weight: 1 },
      ],
      best: null,
    },
    { images: [], best: 7 },
  ])('refuses what is not of the round', (feedback) => {
    expect(() => splitLabels(feedback, 5)).toThrow(expect.objectContaining({ code: 'labels-invalid' }));
  });
});

describe('stratified', () => {
  it('takes each index floor or ceil of its share', () => {
    for (let seed = 0; seed < 200; seed++) {
      const weights = [0.5, 2, 0, 1.25, 0.25];
      const counts = [0, 0, 0, 0, 0];
      for (const i of stratified(weights, 32, new Rng(seed, 0, 's'))) counts[i]!++;
      for (const [i, w] of weights.entries()) {
        expect(counts[i]).toBeGreaterThanOrEqual(Math.floor((w / 4) * 32));
        expect(counts[i]).toBeLessThanOrEqual(Math.ceil((w / 4) * 32));
      }
    }
  });
});

describe('parameters', () => {
  it('have defaults for everything, and a key that is not there is refused by learner and name', () => {
    for (const learner of Object.values(learners)) {
      expect(parseParams(learner, { name: learner.name })).toMatchObject({ rank: 4 });
      expect(() => parseParams(learner, { stepz: 1 })).toThrow(
        expect.objectContaining({
          code: 'config-invalid',
          message: expect.stringMatching(`${learner.name}.*stepz`),
        }),
      );
    }
  });
});

describe('diversity', () => {
  it('is about 1 for standard noise, less for what is alike', () => {
    const rng = new Rng(1, 0, 'd');
    const noise = Array.from({ length: 30 }, () => rng.normals(1024));
    expect(diversity(noise)).toBeCloseTo(1, 1);
    expect(diversity(noise.map((z) => z.map((x) => x / 2)))).toBeCloseTo(0.5, 1);
    expect(diversity([noise[0]!, noise[0]!])).toBe(0);
  });
});
