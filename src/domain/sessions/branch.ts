/** A session that goes on from what another has learned: rows of the new one, as the other decides them. */
import type { Draft } from '../state/draft.js';
import type { Binding, Place, Session } from '../state/model.js';
import { begun } from './open.js';

/** Id, channel, and what is not as in the other. */
export interface BranchSpec extends Partial<Session> {
  id: string;
  place: Place;
}

/** From the checkpoint of `round`; 0 = what the other itself began with. */
export function openBranch(draft: Draft, round: number, { place, ...change }: BranchSpec): void {
  const parent = draft.session;
  const row: Session = {
    ...parent,
    community: place.community,
    ...begun(draft.at),
    origin: round === 0 ? parent.origin : { session: parent.id, round },
    evaluation: null,
    strengths: null,
    split: undefined,
    ...change,
  };
  const first: Binding = { ...place, session: row.id, ordinal: 0, canPost: true, leftAt: null };
  draft.put({ table: 'session', row }, { table: 'binding', row: first });
}
