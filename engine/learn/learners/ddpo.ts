/**
 * DDPO (arXiv 2305.13301) on the votes themselves: the reward of an image is its label, no embedding between.
 *   1. r_i = p(good)
 *   2. A from r over the round's labelled images
 *   3. the policy gradient, plain noise
 */
import type { DdpoParams } from '../../../src/config/learners.js';
import { say } from '../../../src/words/text.js';
import { plainNoise } from '../../diffusion/noise.js';
import { carryOver } from '../best.js';
import type { Label } from '../feedback.js';
import { type Method, untrained } from '../learner.js';
import { policyGradient } from '../policy-gradient.js';
import { advantages } from '../reward.js';

export const ddpo: Method<DdpoParams> = {
  async learn(context) {
    const { round, judged, params } = context;
    const before = carryOver(context);
    // 1.
    if (new Set(judged.labels.map(({ good }) => good)).size < 2)
      return untrained(
        before,
        say('All votes were alike, and this learner compares good with bad: the round is passed by.'),
      );
    // 2, 3.
    const A = advantagesOf(judged.labels, round.manifest.count, params.advantageClamp);
    return policyGradient(context, before, A);
  },

  noise: (_state, count, size, _params, rng) => plainNoise(count, size, rng),
};

/** 2. A of each of `count` images; those without a label pull nowhere. */
export function advantagesOf(labels: readonly Label[], count: number, clamp: number): number[] {
  const A = new Array<number>(count).fill(0);
  const rewards = labels.map(({ good }) => good);
  for (const [i, value] of advantages(rewards, clamp).entries())
    A[labels[i]!.index] = value * Math.min(1, labels[i]!.weight);
  return A;
}
