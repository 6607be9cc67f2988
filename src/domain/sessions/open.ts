/** A session begins: its row, its first channel, its first round under way. Id and seed are handed in. */

import { beginRound } from '../rounds/rounds.js';
import { emptyState } from '../state/apply.js';
import { type Elsewhere, nowhereElse } from '../state/budgets.js';
import type { Decision } from '../state/decision.js';
import { Draft } from '../state/draft.js';
import type { Place, Session } from '../state/model.js';
import { judgeRound } from '../voting/feedback.js';

export type SessionSpec = Pick<
  Session,
  | 'id'
  | 'community'
  | 'title'
  | 'prompt'
  | 'prompts'
  | 'criterion'
  | 'reading'
  | 'negative'
  | 'model'
  | 'learner'
  | 'sampler'
  | 'width'
  | 'height'
  | 'seed'
  | 'rules'
  | 'nsfw'
  | 'createdBy'
>;

/** What every session begins with, opened or branched. */
export const begun = (at: number) =>
  ({
    state: 'active',
    pause: null,
    pausedAt: null,
    end: null,
    endedAt: null,
    head: null,
    createdAt: at,
    invites: [],
  }) satisfies Partial<Session>;

/**
 * Commit the decision; the state is then `apply(emptyState(session), decision.rows)`, which `load` gives as
 * well.
 */
export function openSession(
  spec: SessionSpec,
  place: Place,
  at: number,
  elsewhere: Elsewhere = nowhereElse,
): { session: Session; decision: Decision } {
  const session: Session = {
    ...spec,
    ...begun(at),
    origin: null,
  };
  const draft = new Draft(emptyState(session), at, judgeRound, elsewhere);
  draft.put(
    { table: 'session', row: session },
    { table: 'binding', row: { ...place, session: spec.id, ordinal: 0, canPost: true, leftAt: null } },
  );
  beginRound(draft);
  return { session, decision: draft.decision() };
}
