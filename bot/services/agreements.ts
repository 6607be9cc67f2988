/**
 * Somebody agrees to be known. Consent holds for the whole community: it is one row, which one session
 * decides and all are told. Where no session is held that could hear of it there is nothing to decide, only
 * to remember.
 */
import type { Account } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { ConsentChanged, Seen } from '../../src/domain/state/events.js';
import { communityOn, consentedRow } from '../../src/domain/voting/people.js';
import type { Store } from '../../src/store/store.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sweeps } from '../effects/sweeps.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Admission } from './admission.js';
import type { DeclinedMarks } from './declined-marks.js';
import type { Voters } from './voters.js';

export interface AgreementParts {
  clock: Clock;
  store: Store;
  sessions: Sessions;
  voters: Voters;
  admission: Admission;
  declined: DeclinedMarks;
  platforms: Platforms;
  sweeps: Sweeps;
}

/** Consent as it is given, and what is said with it. */
export class Agreements {
  constructor(private readonly parts: AgreementParts) {}

  /** `at`: when they did, epoch ms. Resolves when it is durable. Throws `Limited`. */
  async agree(account: Account, channel: string, at: number): Promise<void> {
    const { store, sessions, voters, admission, declined, platforms, sweeps } = this.parts;
    const voter = voters.seen(account);
    const known = await voters.isKnown(voter.key);
    await admission.admit('agreement', account, channel, known);
    const excluded = await store.excluded(voter.key);
    const event = { kind: 'consent', voter, given: true, excluded, at } as const;
    // One session of each community.
    const told = new Map<string, string>();
    for (const state of sessions.holding()) {
      const community = communityOn(state, account.platform);
      if (community !== undefined) told.set(community, state.session.id);
    }
    await Promise.all([...told.values()].map((id) => sessions.dispatch(id, event)));
    if (told.size === 0) await this.remember(event);
    await declined.accept(voter);
    // Their marks may hang on open ballots since before they agreed.
    if (platforms.need(account.platform).capabilities.sweeps) sweeps.soon(account.platform);
  }

  /** By which name they are thanked; null: by none. False where nothing is kept of the person. */
  async setName(voter: Seen, name: string | null): Promise<boolean> {
    const { clock, sessions, voters } = this.parts;
    // One row says it to every session of the community.
    const knows = sessions.holding().find((s) => s.voters.get(voter.key)?.consentAt != null);
    const event = { kind: 'consent', voter, given: true, name, at: clock.now() } as const;
    if (knows) await sessions.dispatch(knows.session.id, event);
    else if (await voters.isKnown(voter.key)) await this.remember(event);
    else return false;
    return true;
  }

  private async remember(event: ConsentChanged): Promise<void> {
    const { store, sessions } = this.parts;
    // Known from elsewhere: a linked account keeps its person, and nobody begins anew.
    const row = consentedRow(await store.voter(event.voter.key), event, event.voter.platform);
    const rows = [{ table: 'voter', row }] as const;
    sessions.told(rows);
    await store.commit(rows, []);
  }
}
