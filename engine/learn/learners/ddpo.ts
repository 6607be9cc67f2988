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
import { type Method, untrained } from '../learner.js';
import { policyGradient } from '../policy-gradient.js';
import { advantages } from '../reward.js';

export const ddpo: Method<DdpoParams> = {
  async learn(context) {
    const { round, judged, params } = context;
    const before = carryOver(context);
    // 1.
    const rewards = judged.labels.map(({ good }) => good);
    if (new Set(rewards).size < 2)
      return untrained(
        before,
        say('All votes were alike, and this learner compares good with bad: the round is passed by.'),
      );
    // 2. Images without a label pull nowhere.
    const A = new Array<number>(round.manifest.count).fill(0);
    for (const [i, value] of advantages(rewards, params.advantageClamp).entries())
      A[judged.labels[i]!.index] = value * Math.min(1, judged.labels[i]!.weight);
    // 3.
    return policyGradient(context, before, A);
  },

  noise: (_state, count, size, _params, rng) => plainNoise(count, size, rng),
};
