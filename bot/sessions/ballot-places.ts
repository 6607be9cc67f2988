/** Which ballot a message is, of sessions that are held. */

import type { Binding, SessionState } from '../../src/domain/state/model.js';
import type { Ballot } from '../../src/domain/state/round.js';

/** A ballot, and the session that it is of. */
export interface BallotPlace {
  session: string;
  ballot: Ballot;
}

/** By platform, address and message. */
export class BallotPlaces {
  private readonly places = new Map<string, BallotPlace>();

  at(platform: Binding['platform'], address: string, message: string): BallotPlace | undefined {
    return this.places.get(placeKey(platform, address, message));
  }

  /** A ballot without a message is nowhere yet. */
  set(state: SessionState, ballot: Ballot): void {
    const key = placeOf(state, ballot);
    if (key !== null) this.places.set(key, { session: state.session.id, ballot });
  }

  /** All of a session's. */
  drop(state: SessionState): void {
    for (const ballot of state.ballots.values()) {
      const key = placeOf(state, ballot);
      if (key !== null) this.places.delete(key);
    }
  }
}

/** Null while it has no message. */
function placeOf({ bindings }: SessionState, { channel, platform, message }: Ballot): string | null {
  const binding = bindings.find((b) => b.channel === channel);
  return message === null || !binding ? null : placeKey(platform, binding.address, message);
}

function placeKey(platform: string, address: string, message: string): string {
  return JSON.stringify([platform, address, message]);
}
