/**
 * The one decision function: (state, event) -> rows + effects, pure. It dispatches to the rules, one file a subject.
 * Rows and effects are committed together before anything is carried out; then `apply` makes the next state.
 */
import type { Decision } from './decision.js';
import type { Event } from './events.js';
import type { SessionState } from './model.js';

export function decide(_state: SessionState, _event: Event): Decision {
  return { rows: [], effects: [], refusal: null };
}
