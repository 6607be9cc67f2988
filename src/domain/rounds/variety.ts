/**
 * Whether what people like has become alike, by the figure that learning from a round tells
 * (Learned.variety), and what a moderator can do about it: more variety from the next round on, or back to a
 * round whose good pictures were varied.
 */

import type { Session } from '../state/model.js';
import type { Round } from '../state/round.js';

/**
 * Share of the base model's variety below which good pictures are called alike; the default learner kept .89
 * and more (bench/README.md).
 */
export const ALIKE_BELOW = 0.75;

/**
 * Share of the sampling steps, from the noisy end, in which what was learned is on: the base model paints the
 * rest.
 */
const UNTIL = 0.5;

/** Learners that can be on in a part of the steps. */
const inPart: ReadonlySet<string> = new Set(['acclaim', 'papa']);

/** What people like of the round has become alike: below ALIKE_BELOW of the base model's variety. */
export const isAlike = ({ learned }: Pick<Round, 'learned'>): boolean =>
  learned?.variety !== undefined && learned.variety.kept < ALIKE_BELOW;

/** The newest of these rounds that was learned and is not alike; 0 = the base model. */
export function variedRound(rounds: readonly Round[]): number {
  return rounds.findLast((round) => round.state === 'done' && !isAlike(round))?.number ?? 0;
}

type Drawn = Pick<Session, 'learner' | 'rules'>;

/** What a session is to be drawn and learned by for more variety; null where nothing is left to set. */
export function moreVariety({ learner, rules }: Drawn): Drawn | null {
  const until = typeof learner.until === 'number' ? learner.until : 1;
  const less = inPart.has(learner.name) && until > UNTIL;
  if (!less && !rules.picks) return null;
  return { learner: less ? { ...learner, until: UNTIL } : learner, rules: { ...rules, picks: false } };
}
