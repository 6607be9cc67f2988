/**
 * Forgetting a person everywhere. The ledger swaps the key for pseudonyms, and those of linked accounts; what is held in
 * memory follows before anything else is decided. First go the platforms' own notes, and what still hangs on notices is
 * marked as no consent: once the keys are gone nobody could tell whose they are.
 */
import type { ChatPlatform, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import { forgetIn } from '../../src/domain/state/forgotten.js';
import type { Store } from '../../src/store/store.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Consents } from './consents.js';
import type { Proposals } from './proposals.js';

export interface ForgettingParts {
  store: Store;
  clock: Clock;
  sessions: Sessions;
  platforms: ReadonlyMap<string, ChatPlatform>;
  consents: Consents;
  proposals: Proposals;
}

export async function forgetVoter(parts: ForgettingParts, voter: string): Promise<void> {
  const { store, clock, sessions, platforms, consents, proposals } = parts;
  const accounts = await store.accountsOf(voter);
  const keys = new Set([voter, ...accounts.map(({ key }) => key)]);
  await consents.decline(accounts);
  for (const platform of platforms.values())
    await platform.forget?.((id) => keys.has(store.voterKey(platform.name, id)));
  const found = await store.marksOf([...keys]);
  await sessions.hold(async () => {
    const gone = await store.forget(voter, clock.now(), found);
    return forgetIn(sessions.holding(), gone);
  });
  await proposals.load();
  // Where no mark hangs there is nothing to remember; on platforms where they have no account none does.
  const theirs = new Set<string>(accounts.map(({ platform }) => platform));
  for (const name of platforms.keys()) if (theirs.has(name)) await consents.readIfThere(name as PlatformName);
}
