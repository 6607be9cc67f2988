/**
 * A ghost voter (GUIDE 2410.15181): of pictures that nobody saw the vote model says what people would have
 * said. Only a model that is known to tell more than chance may, and of at most two pictures for each that
 * people voted on, so that what is learned stays theirs. A ghost never names the best: `electBest` passes its
 * votes by.
 */

import type { VoteModel } from '../../io/vote-model.js';
import type { VoteExample } from './fit.js';
import { type PictureFeatures, scoreWith } from './model.js';

/**
 * Standard errors by which the cross-validated AUC is to stand above chance. Votes that err pull it down (a
 * fifth of them turned round: to .75 of a model that tells good from bad with .95), while what it is sure of
 * stays right: of P(good) >= .8 nine in ten are. So surety is asked of each picture, and of the model only
 * that it tells something.
 */
const ERRORS_ABOVE_CHANCE = 2;
/** Pictures that ghosts vote on for each that people voted on. */
const PER_VOTED = 2;

export interface GhostVote extends VoteExample {
  readonly ghost: true;
}

/** Whether a ghost may say anything. */
export const mayVote = (model: VoteModel | null): model is VoteModel =>
  model !== null && model.auc - ERRORS_ABOVE_CHANCE * model.aucError > 0.5;

/**
 * Of the newest `pictures`, in their order; none where the model may not. `voted`: pictures that people voted
 * on so far.
 */
export function ghostVotes(
  model: VoteModel | null,
  pictures: readonly PictureFeatures[],
  voted: number,
): GhostVote[] {
  const most = PER_VOTED * voted;
  if (!mayVote(model) || most === 0) return [];
  const asked = pictures.slice(-most);
  return scoreWith(model, asked).flatMap((opinion, i) => {
    if (!opinion) return [];
    // A vote that could as well be the other one says nothing.
    const weight = Math.abs(2 * opinion.p - 1);
    return weight > 0 ? [{ features: asked[i]!, label: opinion.p, weight, ghost: true as const }] : [];
  });
}
