/** A session begins: its row, its first channel, its first round under way. `seed` and `id` are handed in. */

import { emptyState } from './apply.js';
import type { Decision } from './decision.js';
import type { Binding, Session, SessionState } from './model.js';

export type SessionSpec = Pick<
  Session,
  | 'id'
  | 'community'
  | 'title'
  | 'prompt'
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

/** Commit the decision, then go on with `apply(state, decision.rows)`. */
export function openSession(
  spec: SessionSpec,
  binding: Omit<Binding, 'session' | 'ordinal' | 'canPost'>,
  at: number,
): { state: SessionState; decision: Decision } {
  const session: Session = {
    ...spec,
    state: 'active',
    pause: null,
    pausedAt: null,
    end: null,
    endedAt: null,
    head: null,
    origin: null,
    createdAt: at,
  };
  return {
    state: emptyState(session),
    decision: {
      rows: [
        { table: 'session', row: session },
        { table: 'binding', row: { ...binding, session: spec.id, ordinal: 0, canPost: true } },
      ],
      effects: [],
      refusal: null,
    },
  };
}
