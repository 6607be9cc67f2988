/**
 * A ghost voter (GUIDE 2410.15181): where people stop voting, the vote model says of pictures what they would have said. Only a model
 * that is known to tell well may, and at most two such rounds for each that people voted on, so that what is learned stays
 * theirs. A ghost never names the best: `electBest` passes its votes by. Off: bench/README.md says what it brings.
 */
import type { VoteExample } from './fit.js';
import { type PictureFeatures, scoreWith, tells, type VoteModel } from './model.js';

/** Cross-validated AUC, its standard error taken off, from which on a ghost may vote. */
const LEAST_AUC = 0.8;
/** Ghost rounds for each round that people voted on. */
const PER_VOTED = 2;

export interface GhostVote extends VoteExample {
  readonly ghost: true;
}

/** Of pictures without votes; none where the model may not. `rounds`: those that people and ghosts voted on so far. */
export function ghostVotes(
  model: VoteModel | null,
  pictures: readonly PictureFeatures[],
  rounds: { voted: number; ghosts: number },
): GhostVote[] {
  if (!model || !tells(model, LEAST_AUC) || rounds.ghosts >= PER_VOTED * rounds.voted) return [];
  return scoreWith(model, pictures).flatMap((opinion, i) => {
    if (!opinion) return [];
    // A vote that could as well be the other one says nothing.
    const weight = Math.abs(2 * opinion.p - 1);
    return weight > 0 ? [{ features: pictures[i]!, label: opinion.p, weight, ghost: true as const }] : [];
  });
}
