/**
 * Consent beyond the decision: the standing notice of a channel, what its reactions say that nobody told of, and consent
 * where no session was ever opened. Somebody who was forgotten while their check mark hangs on is not taken to agree
 * again by it: until it is off, a hash of its own (that no vote is stored under) says so. It is made of the voter's key, so
 * that it can be written for every linked account, in channels that nobody reads now and on platforms that are away.
 */
import type { Account, PlatformName } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import type { Clock } from '../../src/clock.js';
import type { ConsentChanged } from '../../src/domain/state/events.js';
import type { SessionState, Voter } from '../../src/domain/state/model.js';
import type { Steps } from '../../src/domain/state/steps.js';
import { consentedRow } from '../../src/domain/voting/people.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import type { Declined } from '../../src/store/places.js';
import type { Store } from '../../src/store/store.js';
import type { Address, Messenger } from '../effects/messenger.js';
import { Limited } from '../inbound/limits.js';
import type { People } from '../sessions/people.js';
import type { Sessions } from '../sessions/sessions.js';
import { spread } from '../sessions/time-slices.js';
import { consentCard } from '../views/notice.js';

export interface ConsentParts {
  clock: Clock;
  log: Log;
  store: Store;
  sessions: Sessions;
  messenger: Messenger;
  people: People;
  /** Told in the notice. */
  purgeDays: number;
  /** Forgets a person with all linked accounts. */
  forget(voter: string): Promise<void>;
  /** As if it had been told when it happened. */
  agree(account: Account, channel: string, at: number): Promise<void>;
}

export class Consents {
  private readonly later = new Map<PlatformName, NodeJS.Timeout>();

  constructor(private readonly parts: ConsentParts) {}

  /** One notice a channel whatever sessions come and go, found again by its key; then whoever agreed by its reaction. */
  async ask(to: Address): Promise<void> {
    const { messenger, purgeDays } = this.parts;
    const platform = messenger.platform(to.platform);
    if (!platform.capabilities.asksConsent) return;
    const notice = consentCard(purgeDays);
    const ref = await messenger.post(to, notice);
    for (const emoji of notice.reactions) await platform.react(ref, emoji);
    await this.read(to);
  }

  /** The notices of a platform's channels, whose events were missed. Throws where the platform gives no answer. */
  async readAll(name: PlatformName): Promise<void> {
    for (const to of this.places(name))
      await this.read(to).catch((error) => {
        if (isUnreachable(error)) throw error;
        this.parts.log.warn({ error: String(error) }, 'consents were not read');
      });
  }

  /** Once for however many ask for it meanwhile. */
  readLater(name: PlatformName, inMs: number): void {
    if (this.later.has(name) || !this.parts.messenger.platform(name).capabilities.asksConsent) return;
    const read = () => {
      this.later.delete(name);
      return this.readAll(name);
    };
    const fault = (error: unknown) => this.parts.log.warn({ error: String(error) }, 'consents were not read');
    const timer = setTimeout(safely(read, fault), inMs);
    timer.unref();
    this.later.set(name, timer);
  }

  stop(): void {
    for (const timer of this.later.values()) clearTimeout(timer);
  }

  /** Somebody agreed in so many words. */
  async given(account: Account): Promise<void> {
    const { store, people } = this.parts;
    if (!(await store.places.anyDeclined())) return;
    const { key } = people.seen(account);
    await store.places.undecline(await this.marksOf({ key, platform: account.platform }));
  }

  /** Somebody was forgotten: what still hangs on the notice says nothing any more. */
  async withdrawn(account: Account): Promise<void> {
    await this.decline([this.parts.people.seen(account)]);
    await this.readIfThere(account.platform);
  }

  /** The same where it is no matter if the platform gives no answer: it is read when it does. */
  async readIfThere(name: PlatformName): Promise<void> {
    await this.readAll(name).catch((error) =>
      this.parts.log.warn({ error: String(error) }, 'consents were not read'),
    );
  }

  /** The check marks of these accounts say nothing any more, wherever they hang. */
  async decline(accounts: readonly Pick<Voter, 'key' | 'platform'>[]): Promise<void> {
    const marks = await Promise.all(accounts.map((account) => this.marksOf(account)));
    await this.parts.store.places.decline(marks.flat());
  }

  private async marksOf({ key, platform }: Pick<Voter, 'key' | 'platform'>): Promise<Declined[]> {
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

  /** Where no session that is held hears of it: there is nothing to decide, only to remember. */
  async beforeAll(event: ConsentChanged): Promise<void> {
    const { store, sessions, forget } = this.parts;
    const { key, platform } = event.voter;
    if (!event.given) return forget(key);
    // Known from elsewhere: a linked account keeps its person, and nobody begins anew.
    const row = consentedRow(await store.voter(key), event, platform);
    const rows = [{ table: 'voter', row }] as const;
    sessions.told(rows);
    await store.commit(rows, []);
  }

  private async read(to: Address): Promise<void> {
    const { messenger, store, people, clock, agree, purgeDays } = this.parts;
    const platform = messenger.platform(to.platform);
    const ref = await messenger.post(to, consentCard(purgeDays));
    const at = clock.now();
    const found = (await platform.fetchReactions(ref)).get('done') ?? [];
    const declined = new Set(await store.places.declined(placeOf(to)));
    for (const account of found) {
      const { key } = people.seen(account);
      if (declined.delete(hashOf(store, to, key)) || (await this.knows(key))) continue;
      // Their time comes; those behind them on the notice need not wait for it.
      await agree(account, to.address, at).catch((error) => {
        if (!(error instanceof Limited)) throw error;
      });
    }
    // Their marks are off by now: there is nothing left to remember.
    await store.places.undecline([...declined].map((hash) => ({ place: placeOf(to), hash })));
  }

  /** Channels of sessions that go on. */
  private places(name: PlatformName): Address[] {
    const { sessions, messenger } = this.parts;
    const all = channelsOf(sessions.live(), name);
    return all.length === 0 || !messenger.platform(name).capabilities.asksConsent ? [] : all;
  }

  /** Wherever a notice may hang: also where a session ended or left, and of a platform that is not connected now. */
  private async everywhere(name: Voter['platform']): Promise<Address[]> {
    const { store, messenger } = this.parts;
    const asked = !messenger.names().includes(name) || messenger.platform(name).capabilities.asksConsent;
    const addresses = asked ? await store.lookups.addresses(name) : [];
    return addresses.map((address) => ({ platform: name, address }));
  }

  private async knows(key: string): Promise<boolean> {
    return this.parts.sessions.knows(key) || this.parts.store.lookups.agreed(key);
  }
}

function channelsOf(states: readonly SessionState[], name: Voter['platform']): Address[] {
  const all = states.flatMap(({ bindings }) => bindings.filter(({ platform }) => platform === name));
  return [...new Map(all.map((to) => [to.address, to])).values()];
}

const placeOf = ({ platform, address }: Address) => `${platform} ${address}`;

function hashOf(store: Store, to: Address, voter: string): string {
  return store.voterKey(`declined ${placeOf(to)}`, voter);
}
