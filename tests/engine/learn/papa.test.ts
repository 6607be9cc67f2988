/** PAPA's weight of a timestep, and DiffusionNFT's rewards, against numbers worked out by hand. */
import { expect, it } from 'vitest';
import { rewardsOf } from '../../../engine/learn/learners/nft.js';
import { boundWeight } from '../../../engine/learn/learners/papa.js';

it('b_t = (1 - alpha_t) / (alpha_t (1 - abar_(t-1)))', () => {
  const abar = [0.9, 0.72, 0.36];
  // alpha_1 = .8, 1 - abar_0 = .1: .2 / (.8 * .1); alpha_2 = .5, 1 - abar_1 = .28: .5 / (.5 * .28).
  expect(boundWeight(abar, 1)).toBeCloseTo(2.5, 10);
  expect(boundWeight(abar, 2)).toBeCloseTo(1 / 0.28, 10);
  expect(boundWeight(abar, 0)).toBe(boundWeight(abar, 1));
});

it('r = 1/2 + 1/2 clamp((y - mean) / std, +-1)', () => {
  const labels = [1, 0, 0, 0, 0].map((good, index) => ({ index, good, weight: 1 }));
  // Mean .2, std .4: the good one lies two deviations above and is clamped, the others half of one below.
  const rewards = rewardsOf(labels);
  for (const [i, r] of [1, 0.25, 0.25, 0.25, 0.25].entries()) expect(rewards[i]).toBeCloseTo(r, 6);
});
