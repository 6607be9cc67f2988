/**
 * What HERO's embedding is taught: the best is the anchor of every triplet, this round's other goods and bads
 * are its ends. And what it says before that: which good is the best, where nobody named one.
 */
import { expect, it } from 'vitest';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import type { Round } from '../../../engine/io/round.js';
import { splitLabels } from '../../../engine/learn/feedback.js';
import type { LearnContext } from '../../../engine/learn/learner.js';
import { hero } from '../../../engine/learn/learners/hero.js';
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
  const run = async (feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> => {
    const fed = [...asFloat(feeds.latents, 'latents').data];
    if (!feeds.anchor) return { features: features(fed) };
    latents = fed;
    for (const [name, rows] of Object.entries(seen))
      for (const [at, one] of asFloat(feeds[name], name).data.entries())
        if (one === 1) rows.add(at % (COUNT + 1));
    return { 'grad.E.0.weight': f32([1]) };
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
  const sorted = Object.entries(seen).map(([name, rows]) => [name, [...rows].sort((a, b) => a - b)]);
  return { best: latents[0], ...Object.fromEntries(sorted) };
}

it.each([
  ['one named in this round is no positive of itself', [1, 1, 0, 1, 0, 0], 1, 21, [1, 4], [3, 5, 6]],
  ['it is, where nothing else was good', [0, 1, 0, 0, 0, 0], 1, 21, [0], [1, 3, 4, 5, 6]],
  ['one of an earlier round hides no good of this one', [1, 1, 0, 1, 0, 0], null, 13, [1, 2, 4], [3, 5, 6]],
])('the best: %s', async (_, labels, best, latent, positive, negative) => {
  expect(await taught(labels, best)).toEqual({ best: latent, anchor: [0], positive, negative });
});

it('the best, where there is none yet, is the good in the middle of the goods as the embedding sees them', async () => {
  const { best, positive } = await taught([1, 1, 1, 0, 0, 0], null, false);
  expect([best, positive]).toEqual([22, [1, 2]]);
});
