/**
 * Prompt twins (only prompting, self-rewarding: 2409.17534): pictures from one noise by a good and by a bad wording of the same thing are a
 * first, weak opinion before anybody has voted. A wording is obeyed some of the time only, so a twin counts far less than a vote, and
 * less with each vote that there is. Off: bench/README.md says what it brings.
 */
import type { VoteExample } from './fit.js';
import type { PictureFeatures } from './model.js';

export interface Twins {
  readonly good: PictureFeatures;
  readonly bad: PictureFeatures;
}

/** Of a twin before any vote, as a share of a vote's weight. */
const WEIGHT = 0.2;
/** Votes after which it is half of that. */
const HALF = 8;

export const twinWeight = (votes: number): number => WEIGHT / (1 + votes / HALF);

/** To be fitted beside as many votes. */
export function twinVotes(twins: readonly Twins[], votes: number): VoteExample[] {
  const weight = twinWeight(votes);
  return twins.flatMap(({ good, bad }) => [
    { features: good, label: 1, weight },
    { features: bad, label: 0, weight },
  ]);
}
