/**
 * What HERO's embedding is taught: the best is the anchor of every triplet, this round's other goods and bads
 * are its ends. What it says before that: which good is the best, where nobody named one. And what it says
 * after: how much each picture is like the best.
 */
import { describe, expect, it } from 'vitest';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import type { Round } from '../../../engine/io/round.js';
import { splitLabels } from '../../../engine/learn/feedback.js';
import type { LearnContext } from '../../../engine/learn/learner.js';
import { advantagesBy, hero } from '../../../engine/learn/learners/hero.js';
import { learners } from '../../../engine/learn/learners/table.js';
import { asFloat } from '../../../engine/runtime/named-tensors.js';
import { f32, type Tensor } from '../../../engine/runtime/tensor.js';
import type { HeroParams } from '../../../src/config/learners.js';
import { Rng } from '../../../src/rng.js';

const COUNT = 6;
const round: Round = {
  manifest: { round: 2, count: COUNT, latent: [1, 1, 1] } as unknown as Round['manifest'],
  latents: f32([COUNT, 1, 1, 1], [20, 21, 22, 23, 24, 25]),
  noise: f32([COUNT, 1, 1, 1]),
  trajectory: null,
};
/** What the embedding makes of a latent: directions, of which that of 22 lies between those of 20 and 21. */
const features = (latents: readonly number[]) =>
  f32(
    [latents.length, 2],
    latents.flatMap((value) => {
      const angle = { 20: 0, 21: 1.4, 22: 0.6 }[value] ?? 3;
      return [Math.cos(angle), Math.sin(angle)];
    }),
  );
const weights = { 'E.0.weight': f32([1], [1]) };

/** The rows of latents that stood as anchor, positive and negative in any triplet; row 0 is the best. */
async function taught(labels: readonly number[], best: number | null, carried = true) {
  const seen: Record<'anchor' | 'positive' | 'negative', Set<number>> = {
    anchor: new Set(),
    positive: new Set(),
    negative: new Set(),
  };
  let latents: number[] = [];
  /** What the embedding was asked about, and by which weights. */
  const seenBy: { latents: number[]; weight: number }[] = [];
  const run = async (feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> => {
    const fed = [...asFloat(feeds.latents, 'latents').data];
    if (!feeds.anchor) {
      seenBy.push({ latents: fed, weight: asFloat(feeds['E.0.weight'], 'weight').data[0]! });
      return { features: features(fed) };
    }
    latents = fed;
    for (const [name, rows] of Object.entries(seen))
      for (const [at, one] of asFloat(feeds[name], name).data.entries())
        if (one === 1) rows.add(at % (COUNT + 1));
    return { 'grad.E.0.weight': f32([1], [1]) };
  };
  const state: LearnerState = {
    adapter: { w: f32([1]) },
    optimiser: { step: 0, m: {}, v: {} },
    embedding: {
      spec: { latent: [1, 1, 1], widen: 2 },
      params: weights,
      optimiser: { step: 0, m: { 'E.0.weight': f32([1]) }, v: { 'E.0.weight': f32([1]) } },
    },
    best: carried ? { latent: Float32Array.of(13), noise: Float32Array.of(-13), round: 1, index: 3 } : null,
    positives: [],
    replay: [],
  };
  const images = labels.map((good, index) => ({ index, good, weight: 1 }));
  const context = {
    round,
    judged: splitLabels({ images, best }, COUNT),
    params: { ...learners.hero.params.parse({}), embeddingSteps: 20 },
    state,
    cache: { get: async () => ({ run }) },
    rng: (name: string) => new Rng(1, 2, name),
    signal: new AbortController().signal,
    progress: () => {},
  } as unknown as LearnContext<HeroParams>;
  // There is no network to train after it.
  await expect(hero.learn(context)).rejects.toThrow();
  const sorted = (rows: Set<number>) => [...rows].sort((a, b) => a - b);
  const [anchor, positive, negative] = [seen.anchor, seen.positive, seen.negative].map(sorted);
  return { seenBy, best: latents[0], anchor, positive, negative };
}

it.each([
  ['one named in this round is no positive of itself', [1, 1, 0, 1, 0, 0], 1, 21, [1, 4], [3, 5, 6]],
  ['it is, where nothing else was good', [0, 1, 0, 0, 0, 0], 1, 21, [0], [1, 3, 4, 5, 6]],
  ['one of an earlier round hides no good of this one', [1, 1, 0, 1, 0, 0], null, 13, [1, 2, 4], [3, 5, 6]],
])('the best: %s', async (_, labels, best, latent, positive, negative) => {
  expect(await taught(labels, best)).toMatchObject({ best: latent, anchor: [0], positive, negative });
});

it('the embedding as it was says which is the best, as it is after that how much the others are like it', async () => {
  const { seenBy } = await taught([1, 1, 0, 1, 0, 0], null);
  const images = [20, 21, 22, 23, 24, 25];
  expect(seenBy.map(({ latents }) => latents)).toEqual([images, [...images, 13]]);
  expect(seenBy[0]!.weight).toBe(1);
  expect(seenBy[1]!.weight).toBeLessThan(1);
});

describe('the advantage of a picture', () => {
  // E of three images and of the best, which lies with the last of them; the goods are the first two.
  const E = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [-2, 0],
  ].map((row) => Float32Array.from(row));
  const said = { goods: [0, 1].map((index) => ({ index, good: 1, weight: 1 })) };
  const rounded = (value: number) => Number(value.toFixed(4));
  const A = (reward: 'best' | 'goods', judged = said, advantageClamp = 5) =>
    advantagesBy(E, judged, { reward, advantageClamp }).map(rounded);

  it('is how much more it is like the best than the others are, in deviations', () => {
    // r = 0, 1/2, 1: mean 1/2, deviation sqrt(1/6).
    expect(A('best')).toEqual([-1.2247, 0, 1.2247]);
    expect(A('best', said, 0.5)).toEqual([-0.5, 0, 0.5]);
  });

  it('is by all goods where that is asked for, and there are any', () => {
    // Mean cosines 1/2, 1/2, -1/2.
    expect(A('goods')).toEqual([Math.SQRT1_2, Math.SQRT1_2, -Math.SQRT2].map(rounded));
    expect(A('goods', { goods: [] })).toEqual(A('best'));
  });
});

it('the best, where there is none yet, is the good in the middle of the goods as the embedding sees them', async () => {
  const { best, positive } = await taught([1, 1, 1, 0, 0, 0], null, false);
  expect([best, positive]).toEqual([22, [1, 2]]);
});
