/**
 * What a pool needs beside the decision to join: a place for the channel, its people loaded, the first words
 * there. A process killed in between loses none of it: what was decided is loaded at the next start, which
 * says the words too.
 */
import type { Clock } from '../../src/clock.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { AcclaimError } from '../../src/errors.js';
import { codeHash, newCode } from '../../src/store/codes.js';
import type { Store } from '../../src/store/store.js';
import { say } from '../../src/words/text.js';
import type { Guards } from '../effects/nsfw-guard.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Admission } from './admission.js';
import type { Opening } from './opening.js';
import type { Plans } from './plans.js';
import type { Asker } from './requests.js';
import type { SessionPlaces } from './session-places.js';

export interface PoolParts {
  clock: Clock;
  store: Store;
  sessions: Sessions;
  admission: Admission;
  places: SessionPlaces;
  opening: Opening;
  plans: Plans;
  guards: Guards;
}

/** Codes for other channels, and joining by one. */
export class Pools {
  constructor(private readonly parts: PoolParts) {}

  /** A code for another channel to join by: told once, kept as its hash. */
  newCode(goodForMs: number): { code: string; hash: string; until: number } {
    const { store, clock } = this.parts;
    const code = newCode();
    return { code, hash: codeHash(store.secret, 'join', code), until: clock.now() + goodForMs };
  }

  /**
   * Binds the channel to the session that the code is of. Throws `Limited`, and `not-allowed` with what is
   * wrong.
   */
  async join(code: string, from: Asker): Promise<SessionState> {
    const { clock, store, sessions, admission, places, opening, plans, guards } = this.parts;
    await admission.tryCode(from.account, from.by.key);
    const hash = codeHash(store.secret, 'join', code);
    const state = sessions.live().find(({ session }) => session.invites.some((one) => one.code === hash));
    if (!state)
      throw new AcclaimError(
        'not-allowed',
        say('This code is not good (any more).'),
        say('Ask the side that founded the session for a new one.'),
      );
    const { id } = state.session;
    // A channel joins where it is.
    const place = places.placeFor(id, from, false);
    await opening.ensurePlace(place, state.session);
    const quorum = plans.quorum(place.platform);
    const nsfw = await guards.allows(place);
    const act = { name: 'join', code: hash, place, nsfw, quorum } as const;
    const event = { kind: 'command', act, by: from.by, from: place.channel, at: clock.now() } as const;
    return opening.join(place, async () => {
      const refusal = await sessions.dispatch(id, event);
      if (refusal) throw new AcclaimError('not-allowed', refusal.message, refusal.hint);
      // The people of the new side, who may vote in no other session here.
      await sessions.hold(() => store.loadSettled());
      return sessions.get(id)!;
    });
  }
}
