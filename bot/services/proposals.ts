/**
 * Proposals: kept in the store until they are decided, each with one card in the channel where it was asked
 * for. The asker is told by a private answer while one can be given, and by that card always. A kill in
 * between repeats nothing: the card is found again by its key, and a session opens in the same commit that
 * ends its proposal.
 */
import type { Account, Card, PlatformName } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import { isRefusal, type Proposal, toDecide, tooMany } from '../../src/domain/moderation/proposals.js';
import { AcclaimError } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Store } from '../../src/store/store.js';
import { say, type Text } from '../../src/words/text.js';
import type { Messenger } from '../effects/messenger.js';
import { replyCard } from '../views/notice.js';
import { decidedCard, proposalCard } from '../views/proposal.js';
import type { CatchingUp } from './catching-up.js';

/** A moderator, and the server where they are one. */
export interface Decider {
  server: string;
  role: Account['role'];
}

export interface ProposalParts {
  store: Store;
  messenger: Messenger;
  log: Log;
  catchingUp: CatchingUp;
}

/** Proposals that wait, and their cards. */
export class Proposals {
  private waiting: Proposal[] = [];
  /** Number -> where its asker can still be answered. */
  private readonly askers = new Map<number, string>();
  private readonly deciding = new Set<number>();
  private readonly unshown = new Map<number, { proposal: Proposal; make: () => Card | null }>();
  private showing: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ProposalParts) {}

  /** Also after people were forgotten or a server's data purged. */
  async load(): Promise<void> {
    this.waiting = await this.parts.store.proposals();
  }

  /** Cards that a crash kept from being posted are posted now, beside everything else. */
  async start(): Promise<void> {
    await this.load();
    for (const proposal of this.waiting)
      this.show(proposal, () => (this.waits(proposal) ? proposalCard(proposal) : null)).catch(() => {});
  }

  /** Those that wait on a server. */
  of(server: string): Proposal[] {
    return this.waiting.filter((one) => one.server === server);
  }

  /** Keeps it and shows its card. Throws `not-allowed` where too many wait. */
  async ask(asked: Omit<Proposal, 'number'>, replyTo: string): Promise<Proposal> {
    const refused = tooMany(this.waiting, asked.server, asked.by);
    if (refused) throw new AcclaimError('not-allowed', refused.message, refused.hint);
    const proposal = { ...asked, number: await this.parts.store.propose(asked) };
    this.waiting.push(proposal);
    this.askers.set(proposal.number, replyTo);
    await this.show(proposal, () => proposalCard(proposal));
    return proposal;
  }

  /** Throws `not-allowed` where it is not there to be decided by this person. */
  find(number: number, who: Decider): Proposal {
    const found = toDecide(this.waiting, number, who);
    if (isRefusal(found)) throw new AcclaimError('not-allowed', found.message, found.hint);
    return found;
  }

  /**
   * `work` takes it out of the store; until it has, nobody else decides. Then everyone is told what `work`
   * says.
   */
  async decide(
    number: number,
    who: Decider,
    work: (proposal: Proposal) => Promise<{ opened: boolean; reason: Text }>,
  ): Promise<void> {
    const proposal = this.find(number, who);
    if (this.deciding.has(number))
      throw new AcclaimError(
        'not-allowed',
        say('Proposal {number} is being decided.', { number }),
        say('Look again in a moment.'),
      );
    this.deciding.add(number);
    try {
      const { opened, reason } = await work(proposal);
      await this.decided(proposal, opened, reason);
    } finally {
      this.deciding.delete(number);
    }
  }

  private async decided(proposal: Proposal, opened: boolean, reason: Text): Promise<void> {
    const { number, platform } = proposal;
    this.waiting = this.waiting.filter((one) => one.number !== number);
    const card = decidedCard(number, opened, reason);
    await this.show(proposal, () => card);
    const replyTo = this.askers.get(number);
    this.askers.delete(number);
    if (replyTo === undefined) return;
    const { title, text } = card;
    // An answer that cannot be given any more changes nothing: the card in the channel says the same.
    await this.parts.messenger
      .platform(platform)
      .reply(replyTo, replyCard(`reply.${replyTo}.${number}`, { title, text }))
      .catch(() => {});
  }

  private waits({ number }: Proposal): boolean {
    return this.waiting.some((one) => one.number === number);
  }

  /**
   * One after the other, so that the last word on a card is the last that was said; null: there is nothing to
   * show any more.
   */
  private show(proposal: Proposal, make: () => Card | null): Promise<void> {
    this.showing = this.showing.then(() => this.showNow(proposal, make));
    return this.showing;
  }

  /** A channel that takes no posts keeps nobody from deciding by the command. */
  private async showNow(proposal: Proposal, make: () => Card | null): Promise<void> {
    const { platform, channel, number } = proposal;
    const { messenger, log, catchingUp } = this.parts;
    this.unshown.delete(number);
    try {
      const card = make();
      if (card) await messenger.show({ platform, address: channel }, card);
    } catch (error) {
      log.warn({ proposal: number, error: String(error) }, 'no card');
      if (!isUnreachable(error)) return;
      this.unshown.set(number, { proposal, make });
      // It waits until the platform gives an answer.
      catchingUp.soon(platform);
    }
  }

  /**
   * Cards that met a platform that gave no answer, by their newest words. Throws while there is none still.
   */
  async showUnshown(platform: PlatformName): Promise<void> {
    const waiting = () => [...this.unshown.values()].filter(({ proposal }) => proposal.platform === platform);
    for (const { proposal, make } of waiting()) await this.show(proposal, make);
    if (waiting().length > 0) throw new Error('cards of proposals are not shown yet');
  }
}
