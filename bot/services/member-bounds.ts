/**
 * What people may open. A member asks for no more than the host lets members ask for, and has a few sessions
 * at a time; those who have not agreed to be known have a few together, since nobody can tell whose theirs
 * are. A server has its share. Moderators have some times as much. Pure.
 */
import type { Account } from '../../src/chat/port.js';
import type { Config } from '../../src/config/schema.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { atLeast } from '../../src/domain/state/roles.js';
import { personOf } from '../../src/domain/voting/people.js';
import { AcclaimError } from '../../src/errors.js';
import { counted, say, type Text } from '../../src/words/text.js';
import type { StartRequest } from './requests.js';

/** As configured. */
export type MemberBounds = Pick<Config['limits'], 'sessions' | 'asked' | 'moderators'>;

/** Who would open what. */
export interface Opener {
  account: Pick<Account, 'role'>;
  /** Voter key. */
  by: string | null;
  /** Agreed to be known here. */
  known: boolean;
  asked: Pick<StartRequest, 'images' | 'rounds'>;
}

/**
 * `here`: sessions that go on, on the server where it is asked for; `all`: wherever. Throws `not-allowed`.
 */
export function mayOpen(
  bounds: MemberBounds,
  { account, by, known, asked }: Opener,
  { here, all }: { here: readonly SessionState[]; all: readonly SessionState[] },
): void {
  if (account.role === 'operator') return;
  const moderates = atLeast(account.role, 'moderator');
  if (!moderates) mayAsk(bounds.asked, asked);
  const wider = moderates ? bounds.moderators : 1;
  const own = all.filter(({ session, voters }) => {
    const { createdBy } = session;
    return createdBy !== null && by !== null && personOf(voters, createdBy) === personOf(voters, by);
  });
  const nobodys = here.filter(({ session }) => session.createdBy === null);
  if (!moderates && !known && nobodys.length >= bounds.sessions.strangers)
    throw no(
      nobodys.length === 1
        ? say("A session goes on here that is nobody's.")
        : say("{sessions} go on here that are nobody's.", { sessions: counted(nobodys.length, 'session') }),
      say('Agree to vote here first, then ask again: after that they are yours.'),
    );
  if (own.length >= bounds.sessions.person * wider)
    throw no(
      own.length === 1
        ? say('A session of yours goes on already.')
        : say('{sessions} of yours go on already.', { sessions: counted(own.length, 'session') }),
      say('Ask again once one of them has ended.'),
    );
  if (here.length >= bounds.sessions.server * wider)
    throw no(
      here.length === 1
        ? say('A session goes on here already.')
        : say('{sessions} go on here already.', { sessions: counted(here.length, 'session') }),
      say('Ask again once some have ended, or ask a moderator.'),
    );
}

function mayAsk(most: MemberBounds['asked'], { images, rounds }: Opener['asked']): void {
  if ((images ?? 0) > most.images)
    throw no(
      say('Members may ask for up to {images} a round.', { images: counted(most.images, 'image') }),
      say('Ask a moderator for more.'),
    );
  if ((rounds ?? 0) > most.rounds)
    throw no(
      say('Members may ask for up to {rounds}.', { rounds: counted(most.rounds, 'round') }),
      say('Ask a moderator for more.'),
    );
}

const no = (message: Text, hint: Text) => new AcclaimError('not-allowed', message, hint);
