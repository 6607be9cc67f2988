/**
 * Replay weighted by reward (HIVE 2303.09618, the reward-weighted loss): a good counts in proportion to exp(p
 * / T), p = P(good) as the vote model says of it. A vote that others contradict counts less, at the price of
 * fewer goods that are really heard. Ask heads that did not see the vote (`crossFittedOf`): others repeat it.
 * `learner.replayTemperature`; bench/README.md says what it brings.
 */

import type { VoteModel } from '../../io/vote-model.js';
import { beatsChance, type Opinion } from './model.js';

/** Of the goods in order; their mean is 1. Nothing is known of a null: it counts as an even chance. */
export function replayWeights(
  opinions: readonly (Pick<Opinion, 'p'> | null)[],
  temperature: number,
): number[] {
  const rewards = opinions.map((opinion) => (opinion?.p ?? 0.5) / temperature);
  const most = Math.max(...rewards);
  const weights = rewards.map((reward) => Math.exp(reward - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (weight * weights.length) / total);
}

/** How many goods of equal weight vary as little: (sum w)^2 / sum w^2 (Kish 1965, 8.2). */
export function effectiveCount(weights: readonly number[]): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum ** 2 / weights.reduce((total, weight) => total + weight ** 2, 0);
}

/**
 * Of goods that heads who did not see them say `p` of; all equal where T is 0, or the model may tell no more
 * than chance.
 */
export const replayWeightsBy = (
  model: VoteModel | null,
  p: readonly (number | null)[],
  temperature: number,
): number[] =>
  temperature > 0 && beatsChance(model)
    ? replayWeights(
        p.map((one) => (one === null ? null : { p: one })),
        temperature,
      )
    : p.map(() => 1);
