/**
 * Who of the page's voters counts: invites that somebody redeems, and where a person stands. Nothing is kept
 * of who redeemed one.
 */
import type { Account } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import { voterCode } from '../../src/domain/state/ids.js';
import { page } from '../../src/domain/state/platforms.js';
import { INVITE_DAYS, inviteLink } from '../../src/network/invite-link.js';
import { newInvite } from '../../src/store/invites.js';
import type { Store } from '../../src/store/store.js';
import type { Platforms } from '../effects/platforms.js';
import type { People } from '../sessions/people.js';

export interface CrowdParts {
  store: Store;
  clock: Clock;
  people: People;
  platforms: Platforms;
}

/** Asked by the page, and by a command for an invite. */
export class Crowd {
  constructor(private readonly parts: CrowdParts) {}

  /** One that nobody used yet; null where there is no page. */
  invite(): string | null {
    const { store, clock, platforms } = this.parts;
    const address = platforms.get(page)?.address?.();
    if (address === undefined) return null;
    return inviteLink(address, newInvite(store.secret, clock.now() + INVITE_DAYS * 86_400_000));
  }

  /** True for an invite that is good, which is used up by this. */
  redeem(code: string): Promise<boolean> {
    return this.parts.store.useInvite(code, this.parts.clock.now());
  }

  /** Of somebody who has not agreed yet: as it will be. A linked account that counts is enough. */
  async standing(account: Account): Promise<{ waits: boolean; code: string }> {
    const { key, waits = false } = this.parts.people.seen(account);
    const accounts = await this.parts.store.accountsOf(key);
    const all = accounts.length > 0 ? accounts.map((one) => one.waits === true) : [waits];
    return { waits: all.every(Boolean), code: voterCode(key) };
  }
}
