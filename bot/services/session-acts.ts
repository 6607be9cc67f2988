/** What people ask of a session by a command: put to it as an event, which it decides. */
import type { Clock } from '../../src/clock.js';
import type { Refusal } from '../../src/domain/state/decision.js';
import type { Act, Seen } from '../../src/domain/state/events.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Sessions } from '../sessions/sessions.js';

/** Whose act it is. `channel`: address where it was asked for, one of the session's. */
export interface Actor {
  by: Seen;
  channel: string;
}

/** The one way from a command to a decision. */
export class SessionActs {
  constructor(private readonly parts: { clock: Clock; sessions: Sessions }) {}

  /** Resolves when it is durable, with the refusal where it cannot be. Throws `session-not-found`. */
  async act(session: string, act: Act, { by, channel }: Actor): Promise<Refusal | null> {
    const { clock, sessions } = this.parts;
    const bindings = (await sessions.find(session))?.bindings ?? [];
    const from = bindings.find(
      (row) => row.platform === by.platform && row.address === channel && row.leftAt === null,
    );
    if (!from) throw new AcclaimError('session-not-found', say('This channel is not in that session.'), '');
    return sessions.dispatch(session, { kind: 'command', act, by, from: from.channel, at: clock.now() });
  }
}
