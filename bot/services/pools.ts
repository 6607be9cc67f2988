/**
 * What a pool needs beside the decision to join: a place for the channel, its people loaded, the first words there. A
 * process killed in between loses none of it: what was decided is loaded at the next start, which says the words too.
 */
import type { Account } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Seen } from '../../src/domain/state/events.js';
import type { Place, SessionState } from '../../src/domain/state/model.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { AcclaimError } from '../../src/errors.js';
import { codeHash } from '../../src/store/codes.js';
import type { Store } from '../../src/store/store.js';
import type { Sessions } from '../sessions/sessions.js';

export interface PoolParts {
  clock: Clock;
  store: Store;
  sessions: Sessions;
  /** Throws where another session runs in the channel. */
  placeFor(session: string, account: Account, channel: string): Place;
  /** Makes the channel's row. */
  ensurePlace(place: Place, state: SessionState): Promise<void>;
  /** What makes a quorum there by the configuration. */
  quorum(platform: Account['platform']): Pick<Rules, 'quorum' | 'quorumBy'>;
  /** Whether the channel is marked or guarded for adult content. */
  guarded(place: Place): Promise<boolean>;
  welcome(state: SessionState): Promise<void>;
}

/** Binds the channel to the session that the code is of; throws `not-allowed` with what is wrong. */
export async function joinPool(
  parts: PoolParts,
  code: string,
  from: { account: Account; by: Seen; channel: string },
): Promise<SessionState> {
  const { clock, store, sessions } = parts;
  const hash = codeHash(store.secret, 'join', code);
  const state = sessions.live().find(({ session }) => session.invites.some((one) => one.code === hash));
  if (!state)
    throw new AcclaimError(
      'not-allowed',
      'This code is not good (any more).',
      'Ask the side that founded the session for a new one.',
    );
  const { id } = state.session;
  const place = parts.placeFor(id, from.account, from.channel);
  await parts.ensurePlace(place, state);
  const quorum = parts.quorum(place.platform);
  const nsfw = await parts.guarded(place);
  const act = { name: 'join', code: hash, place, nsfw, quorum } as const;
  const event = { kind: 'command', act, by: from.by, from: place.channel, at: clock.now() } as const;
  const refusal = await sessions.dispatch(id, event);
  if (refusal) throw new AcclaimError('not-allowed', refusal.message, refusal.mend);
  // The people of the new side, who may vote in no other session here.
  await sessions.hold(() => store.loadSettled());
  const joined = sessions.get(id)!;
  await parts.welcome(joined);
  return joined;
}
