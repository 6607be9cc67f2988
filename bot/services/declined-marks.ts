/**
 * Check marks that say nothing any more. Somebody who was forgotten while their check mark hangs on a notice
 * is not taken to agree again by it: until it is off, a hash of its own (that no vote is stored under) says
 * so. It is made of the voter's key, so that it can be written for every linked account, in channels that
 * nobody reads now and on platforms that are away.
 */
import type { Voter } from '../../src/domain/state/model.js';
import type { Steps } from '../../src/domain/state/steps.js';
import type { Declined } from '../../src/store/places.js';
import type { Store } from '../../src/store/store.js';
import type { Address } from '../effects/messenger.js';
import type { Platforms } from '../effects/platforms.js';
import { spread } from '../sessions/time-slices.js';

type AccountKey = Pick<Voter, 'key' | 'platform'>;

/** Kept in the store, by channel. */
export class DeclinedMarks {
  constructor(private readonly parts: { store: Store; platforms: Platforms }) {}

  /** The check marks of these accounts say nothing any more, wherever they hang. */
  async decline(accounts: readonly AccountKey[]): Promise<void> {
    const marks = await Promise.all(accounts.map((account) => this.marksOf(account)));
    await this.parts.store.places.decline(marks.flat());
  }

  /** They agreed in so many words: their check marks count again. */
  async accept(account: AccountKey): Promise<void> {
    const { store } = this.parts;
    if (!(await store.places.anyDeclined())) return;
    await store.places.undecline(await this.marksOf(account));
  }

  /** Those of a channel, whose notice is being read. */
  async of(to: Address): Promise<DeclinedHere> {
    const { store } = this.parts;
    const place = placeOf(to);
    return new DeclinedHere(store, to, new Set(await store.places.declined(place)));
  }

  private async marksOf({ key, platform }: AccountKey): Promise<Declined[]> {
    const { store } = this.parts;
    const places = await this.everywhere(platform);
    const marks = function* (): Steps<Declined[]> {
      const all: Declined[] = [];
      for (const to of places) {
        all.push({ place: placeOf(to), hash: hashOf(store, to, key) });
        yield;
      }
      return all;
    };
    return spread(marks());
  }

  /**
   * Wherever a notice may hang: also where a session ended or left, and of a platform that is not connected
   * now.
   */
  private async everywhere(name: Voter['platform']): Promise<Address[]> {
    const { store, platforms } = this.parts;
    const asked = platforms.get(name)?.capabilities.asksConsent ?? true;
    const addresses = asked ? await store.lookups.addresses(name) : [];
    return addresses.map((address) => ({ platform: name, address }));
  }
}

/** Declined marks of one channel, while its notice is read. */
export class DeclinedHere {
  constructor(
    private readonly store: Store,
    private readonly to: Address,
    private readonly left: Set<string>,
  ) {}

  /** True for a voter whose mark hangs there and says nothing. */
  has(voter: string): boolean {
    return this.left.delete(hashOf(this.store, this.to, voter));
  }

  /** Marks that were not met are off by now: there is nothing left to remember of them. */
  async forgetRest(): Promise<void> {
    const place = placeOf(this.to);
    await this.store.places.undecline([...this.left].map((hash) => ({ place, hash })));
  }
}

const placeOf = ({ platform, address }: Address) => `${platform} ${address}`;

function hashOf(store: Store, to: Address, voter: string): string {
  return store.voterKey(`declined ${placeOf(to)}`, voter);
}
