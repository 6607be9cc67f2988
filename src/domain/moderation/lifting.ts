/** What a guard of votes did in a closed round, taken back by a moderator and put in force again. */
import { say } from '../../words/text.js';
import type { Draft } from '../state/draft.js';
import type { Act } from '../state/events.js';
import type { Round } from '../state/round.js';
import { recount } from '../voting/counted-again.js';
import { isLifted } from '../voting/guard-acts.js';

type Lift = Pick<Extract<Act, { name: 'lift' }>, 'round' | 'guard'>;

/** A closed round is told anew without one of them. What was learned from it stays. */
export function lift(draft: Draft, { round: number, guard }: Lift): void {
  const round = counted(draft, number);
  if (!round)
    draft.refuse('unknown', say('No such round has been counted yet.'), say('Name a closed round.'));
  else if (isLifted(round, guard))
    draft.refuse('unknown', say('That is lifted already.'), say('**/acclaim undo** puts it in force again.'));
  else {
    draft.setRound(round, { lifted: [...(round.lifted ?? []), guard] });
    recount(draft);
  }
}

/** The guard works in the round again; false where it was not lifted. */
export function unlift(draft: Draft, { round: number, guard }: Record<string, unknown>): boolean {
  const round = counted(draft, Number(number));
  if (!round?.lifted?.some((one) => one === guard)) return false;
  draft.setRound(round, { lifted: round.lifted.filter((one) => one !== guard) });
  recount(draft);
  return true;
}

const counted = ({ state }: Draft, number: number): Round | undefined =>
  state.rounds.find((round) => round.number === number && round.outcome !== null && round.closedAt !== null);
