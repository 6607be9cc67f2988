/**
 * The best picture of a session, elected again whenever the vote model changes (PEBBLE 2106.05091, section
 * 4.1: all that was seen is judged anew by the reward of today): the picture that people called good of which
 * the model says so most surely.
 */

import type { VoteModel } from '../../io/vote-model.js';
import type { VoteExample } from './fit.js';
import type { GhostVote } from './ghosts.js';
import { scoreWith } from './model.js';

/**
 * Place in `history`; null where nothing is called good by people, or nothing that the model can read. The
 * earliest of equals.
 */
export function electBest(model: VoteModel, history: readonly (VoteExample | GhostVote)[]): number | null {
  const opinions = scoreWith(
    model,
    history.map(({ features }) => features),
  );
  let best: number | null = null;
  for (const [i, vote] of history.entries()) {
    const p = opinions[i]?.p;
    if (p === undefined || vote.label <= 0.5 || vote.weight <= 0 || 'ghost' in vote) continue;
    if (best === null || p > opinions[best]!.p) best = i;
  }
  return best;
}
