/**
 * The standing notice of a channel by which people agree: posted once, and read for those of whose reaction
 * nobody told.
 */
import type { Account, PlatformName } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import type { Clock } from '../../src/clock.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import type { Address, Messenger } from '../effects/messenger.js';
import type { Sessions } from '../sessions/sessions.js';
import { consentCard } from '../views/notice.js';
import type { Agreements } from './agreements.js';
import type { DeclinedMarks } from './declined-marks.js';
import { Limited } from './limits.js';
import type { Voters } from './voters.js';

export interface NoticeParts {
  clock: Clock;
  log: Log;
  sessions: Sessions;
  messenger: Messenger;
  voters: Voters;
  agreements: Agreements;
  declined: DeclinedMarks;
  /** Told in the notice: days from the bot's removal from a server to the purge of its data. */
  purgeDays: number;
}

/** Posts and reads them. */
export class Notices {
  private readonly later = new Map<PlatformName, NodeJS.Timeout>();

  constructor(private readonly parts: NoticeParts) {}

  /**
   * One notice a channel whatever sessions come and go, found again by its key; then whoever agreed by its
   * reaction.
   */
  async ask(to: Address): Promise<void> {
    const { messenger, purgeDays } = this.parts;
    const platform = messenger.platform(to.platform);
    if (!platform.capabilities.asksConsent) return;
    const notice = consentCard(purgeDays);
    const ref = await messenger.post(to, notice);
    for (const emoji of notice.reactions) await platform.react(ref, emoji);
    await this.read(to);
  }

  /**
   * The notices of a platform's channels, whose events were missed. Throws where the platform gives no
   * answer.
   */
  async readAll(name: PlatformName): Promise<void> {
    for (const to of this.places(name))
      await this.read(to).catch((error) => {
        if (isUnreachable(error)) throw error;
        this.unread(error);
      });
  }

  /** The same where it is no matter if the platform gives no answer: it is read when it does. */
  async readIfThere(name: PlatformName): Promise<void> {
    await this.readAll(name).catch((error) => this.unread(error));
  }

  /**
   * Somebody agreed who could not be heard: it is read again then. Once for however many ask for it
   * meanwhile.
   */
  readLater(name: PlatformName, inMs: number): void {
    if (this.later.has(name) || !this.parts.messenger.platform(name).capabilities.asksConsent) return;
    const read = () => {
      this.later.delete(name);
      return this.readAll(name);
    };
    const timer = setTimeout(
      safely(read, (error) => this.unread(error)),
      inMs,
    );
    timer.unref();
    this.later.set(name, timer);
  }

  /** Somebody was forgotten: what still hangs on the notice says nothing any more. */
  async withdrawn(account: Account): Promise<void> {
    await this.parts.declined.decline([this.parts.voters.seen(account)]);
    await this.readIfThere(account.platform);
  }

  stop(): void {
    for (const timer of this.later.values()) clearTimeout(timer);
  }

  private async read(to: Address): Promise<void> {
    const { messenger, voters, clock, agreements, declined, purgeDays } = this.parts;
    const platform = messenger.platform(to.platform);
    const ref = await messenger.post(to, consentCard(purgeDays));
    const at = clock.now();
    const found = (await platform.fetchReactions(ref)).get('done') ?? [];
    const declinedHere = await declined.of(to);
    for (const account of found) {
      const { key } = voters.seen(account);
      if (declinedHere.has(key) || (await voters.isKnown(key))) continue;
      await agreements.agree(account, to.address, at).catch((error) => {
        if (!(error instanceof Limited)) throw error;
        // Their time comes; those behind them on the notice need not wait for it.
        this.readLater(to.platform, error.seconds * 1000);
      });
    }
    await declinedHere.forgetRest();
  }

  private unread(error: unknown): void {
    this.parts.log.warn({ error: String(error) }, 'consents were not read');
  }

  /** Channels of sessions that go on. */
  private places(name: PlatformName): Address[] {
    const { sessions, messenger } = this.parts;
    const all = channelsOf(sessions.live(), name);
    return all.length === 0 || !messenger.platform(name).capabilities.asksConsent ? [] : all;
  }
}

function channelsOf(states: readonly SessionState[], name: PlatformName): Address[] {
  const all = states.flatMap(({ bindings }) => bindings.filter(({ platform }) => platform === name));
  return [...new Map(all.map((to) => [to.address, to])).values()];
}
