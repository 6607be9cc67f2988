/**
 * Forgetting a person everywhere. The ledger swaps the key for pseudonyms, and those of linked accounts; what
 * is held in memory follows before anything else is decided. First go the platforms' own notes, and what
 * still hangs on notices is marked as no consent: once the keys are gone nobody could tell whose they are.
 */
import type { Clock } from '../../src/clock.js';
import { forgetIn } from '../../src/domain/state/forgotten.js';
import type { Store } from '../../src/store/store.js';
import type { ForgetsPeople } from '../effects/handlers.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import type { DeclinedMarks } from './declined-marks.js';
import type { Notices } from './notices.js';
import type { Proposals } from './proposals.js';

export interface ForgettingParts {
  store: Store;
  clock: Clock;
  sessions: Sessions;
  platforms: Platforms;
  declined: DeclinedMarks;
  notices: Notices;
  proposals: Proposals;
}

/** Carries out what a withdrawal, or an effect of one, asks for. */
export class Forgetting implements ForgetsPeople {
  /** Who leaves -> every session has heard of it. */
  private readonly leaving = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: ForgettingParts) {}

  /**
   * Sessions are being told that the voter leaves: their marks are taken back before they can no longer be
   * told to be theirs.
   */
  after(voter: string, told: Promise<unknown>): void {
    this.leaving.set(voter, told);
    const over = () => {
      if (this.leaving.get(voter) === told) this.leaving.delete(voter);
    };
    told.then(over, over);
  }

  /** Resolves when nothing leads to the voter, nor to linked accounts. Nobody is told: see Withdrawals. */
  async forget(voter: string): Promise<void> {
    const { store, clock, sessions, platforms, declined, notices, proposals } = this.parts;
    await this.leaving.get(voter)?.catch(() => {});
    const accounts = await store.accountsOf(voter);
    const keys = new Set([voter, ...accounts.map(({ key }) => key)]);
    await declined.decline(accounts);
    for (const platform of platforms)
      await platform.forget?.((id) => keys.has(store.voterKey(platform.name, id)));
    const found = await store.marksOf([...keys]);
    await sessions.hold(async () => {
      const gone = await store.forget(voter, clock.now(), found);
      return forgetIn(sessions.holding(), gone);
    });
    await proposals.load();
    // Where no mark hangs there is nothing to remember; on platforms where they have no account none does.
    const theirs = new Set(accounts.map(({ platform }) => platform));
    for (const name of platforms.names()) if (theirs.has(name)) await notices.readIfThere(name);
  }
}
