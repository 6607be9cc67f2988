/**
 * What the guards of votes do in a round, by name, each of which a moderator can lift from it: `hands`
 * (accounts counted as one), `newcomers` (capped), `trust` (counting less), `best` (a picture held back from
 * being it). docs/votes.md says how each works.
 */
import type { GuardAct, Round } from '../state/round.js';
import type { GuardWork } from './taste/labels.js';
import type { Vote } from './vote.js';

/** In the order in which people are told of them. */
export const guardActs = ['hands', 'newcomers', 'trust', 'best'] as const satisfies readonly GuardAct[];

/** Trusted less than this somebody is said to count less. */
export const HARDLY_LESS = 0.95;

/** Those that changed something for whoever voted in the round. */
export function actsOf(votes: readonly Vote[], work: GuardWork | undefined): GuardAct[] {
  if (!work) return [];
  const here = new Set(votes.map(({ voter }) => voter));
  const sizes = new Map<string, number>();
  for (const [voter, hand] of work.hands) if (here.has(voter)) sizes.set(hand, (sizes.get(hand) ?? 0) + 1);
  const done: Record<GuardAct, boolean> = {
    hands: [...sizes.values()].some((size) => size > 1),
    newcomers: [...work.capped].some((voter) => here.has(voter)),
    trust: [...work.trust].some(([voter, trust]) => here.has(voter) && trust < HARDLY_LESS),
    best: work.withheld !== null,
  };
  return guardActs.filter((act) => done[act]);
}

/** A moderator took it from the round. */
export const isLifted = ({ lifted = [] }: Pick<Round, 'lifted'>, guard: GuardAct): boolean =>
  lifted.includes(guard);
