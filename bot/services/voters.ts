/** What is known of voters, by the keyed hashes of their accounts. */
import type { Account } from '../../src/chat/port.js';
import type { Seen } from '../../src/domain/state/events.js';
import type { PersonalData } from '../../src/store/personal.js';
import type { Store } from '../../src/store/store.js';
import type { People } from '../sessions/people.js';
import type { Sessions } from '../sessions/sessions.js';

export interface VoterParts {
  store: Store;
  sessions: Sessions;
  people: People;
}

/** Reads alone. */
export class Voters {
  constructor(private readonly parts: VoterParts) {}

  /** The account as the ledger knows it. */
  seen(account: Account): Seen {
    return this.parts.people.seen(account);
  }

  /** Voter key of an account of a platform. */
  key(platform: string, account: string): string {
    return this.parts.people.key(platform, account);
  }

  /** Agreed to be known here: only then is it written down who did what. */
  async isKnown(voter: string | null): Promise<boolean> {
    const { sessions, store } = this.parts;
    return voter !== null && (sessions.knows(voter) || (await store.lookups.agreed(voter)));
  }

  /** Keys of all accounts of the person. */
  async accounts(voter: string): Promise<string[]> {
    return (await this.parts.store.accountsOf(voter)).map(({ key }) => key);
  }

  /** Ids of the sessions in which some accounts have ever left a mark. */
  votedIn(voters: readonly string[]): Promise<string[]> {
    return this.parts.store.lookups.votedIn(voters);
  }

  /** All that is held about a voter. */
  personal(voter: string): Promise<PersonalData> {
    return this.parts.store.personalData(voter);
  }
}
