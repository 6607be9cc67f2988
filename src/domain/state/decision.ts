/**
 * What `decide` answers: rows to write, effects to carry out, and a refusal where a person asked for
 * something that cannot be. A row change names the whole new row (upsert), appends one (fact, act), or ends
 * an effect.
 */

import type { Text } from '../../words/text.js';
import type { Effect } from './effects.js';
import type { Fact } from './facts.js';
import type { Act, Binding, Platform, Session, SessionState, Voter } from './model.js';
import type { Ballot, Image, Job, Round } from './round.js';

export type RowChange =
  | { table: 'session'; row: Session }
  | { table: 'binding'; row: Binding }
  | { table: 'round'; row: Round }
  | { table: 'image'; row: Image }
  | { table: 'ballot'; row: Ballot }
  | { table: 'voter'; row: Voter }
  | { table: 'job'; row: Job }
  | { table: 'fact'; row: Fact }
  | { table: 'act'; row: Act }
  /** The account is excluded whatever becomes of its row, or no longer. */
  | { table: 'exclusion'; voter: string; platform: Platform; on: boolean }
  /** The proposal of this number is decided. */
  | { table: 'proposal'; done: number }
  /** The effect of this key is carried out or no longer wanted. */
  | { table: 'outbox'; done: string };

export interface Refusal {
  code: 'not-allowed' | 'round-closed' | 'session-ended' | 'nothing-to-close' | 'unknown' | 'no-consent';
  message: Text;
  hint: Text;
}

export interface Decision {
  rows: RowChange[];
  effects: Effect[];
  /** The state with the rows folded in. */
  state: SessionState;
  /** Said to whoever asked; null when all went as asked. */
  refusal: Refusal | null;
}
