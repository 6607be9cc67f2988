/**
 * Decides an event, a crowd's round in slices: where the event makes a large round ready to be judged, the
 * judging is done beforehand, step by step, and the same event is decided again with its result. Whoever asks
 * must let no other event change the session until then, so that what was judged is what is closed.
 */

import { decide } from '../../src/domain/decide.js';
import type { Elsewhere } from '../../src/domain/state/budgets.js';
import type { Decision } from '../../src/domain/state/decision.js';
import type { Event } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import { type Judgement, judgeRound, judging } from '../../src/domain/voting/feedback.js';
import { spread, turn } from './time-slices.js';

/** Marks of a session up to which a round is judged at once: some milliseconds' work. */
const AT_ONCE = 1000;

/** Thrown out of `decide`, which has then decided nothing. */
class Unjudged extends Error {
  constructor(
    readonly state: SessionState,
    readonly round: Round,
    readonly at: number,
  ) {
    super('the round has to be judged first');
  }
}

/** `state` gives the session's newest: its voters may have changed meanwhile. */
export function decided(
  state: () => SessionState,
  event: Event,
  elsewhere: Elsewhere,
): Decision | Promise<Decision> {
  try {
    return decide(state(), event, atOnce, elsewhere);
  } catch (error) {
    if (!(error instanceof Unjudged)) throw error;
    // Deciding has taken its time already.
    const judged = turn().then(() => spread(judging(error.state, error.round, error.at)));
    return judged.then((judgement) => decide(state(), event, () => judgement, elsewhere));
  }
}

function atOnce(state: SessionState, round: Round, at: number): Judgement {
  let marks = 0;
  for (const facts of state.facts.values()) marks += facts.length;
  if (marks > AT_ONCE) throw new Unjudged(state, round, at);
  return judgeRound(state, round, at);
}
