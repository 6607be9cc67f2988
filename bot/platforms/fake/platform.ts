/**
 * A chat platform in memory: posts, reactions, private replies. `simulate` runs whole sessions on it and the
 * tests use it; it passes the same contract suite as the real ones. Messages outlive `stop`, as on a real
 * platform.
 */
import type {
  Account,
  Capabilities,
  Card,
  ChatEvent,
  ChatPlatform,
  MessageRef,
  ToldCard,
} from '../../../src/chat/port.js';
import { AcclaimError } from '../../../src/errors.js';
import { told } from '../../../src/words/tell.js';

export interface FakeMessage {
  ref: MessageRef;
  card: ToldCard;
  /** Emoji -> account id -> account; the bot's own priming is not in here. */
  reactions: Map<string, Map<string, Account>>;
  primed: string[];
  edits: number;
}

/** People are played by its methods; `outage` cuts it off. */
export class FakePlatform implements ChatPlatform {
  readonly name = 'fake';
  readonly capabilities: Capabilities;
  readonly messages: FakeMessage[] = [];
  /** Channel -> server, for channels that are on one. */
  readonly homes = new Map<string, string>();
  readonly replies: { replyTo: string; card: ToldCard }[] = [];
  /** Channel -> ids of those who see it, for channels that not everybody does. */
  readonly closed = new Map<string, ReadonlySet<string>>();
  /** Channels where pictures that are NSFW may be shown. */
  readonly guarded = new Set<string>();
  /** While it is set nobody is answered. */
  outage: Error | null = null;
  /** Calls that met it. */
  refused = 0;
  /** Called after every post and edit; simulated voters look here for ballots. */
  onPost: (message: FakeMessage) => void = () => {};
  private sink: ((event: ChatEvent) => Promise<void>) | null = null;
  private next = 1;
  private clock = 0;

  constructor(options: { sweeps?: boolean; asksConsent?: boolean; invited?: boolean } = {}) {
    this.capabilities = {
      sweeps: options.sweeps ?? true,
      editsOldMessages: true,
      privateReplies: true,
      spoilers: true,
      maxPictures: 10,
      maxFileBytes: 10 * 1024 * 1024,
      asksConsent: options.asksConsent ?? false,
      invited: options.invited ?? false,
    };
  }

  async start(sink: (event: ChatEvent) => Promise<void>): Promise<void> {
    this.sink = sink;
  }

  async stop(): Promise<void> {
    this.sink = null;
  }

  async post(channel: string, card: Card): Promise<MessageRef> {
    this.answer();
    await this.careFor(channel, card);
    // From here on nothing waits, so that the same key asked for twice at once finds the first.
    const known = this.messages.find((m) => m.ref.channel === channel && m.card.key === card.key);
    if (known) return known.ref;
    const ref: MessageRef = { platform: 'fake', channel, message: String(this.next++) };
    const words = told(card, card.language);
    const message = { ref, card: words, reactions: new Map(), primed: [], edits: 0 };
    this.messages.push(message);
    this.onPost(message);
    return ref;
  }

  async edit(ref: MessageRef, card: Card): Promise<void> {
    this.answer();
    const message = this.find(ref);
    if (!message) return;
    await this.careFor(ref.channel, card);
    message.card = told(card, card.language);
    message.edits += 1;
    this.onPost(message);
  }

  async remove(ref: MessageRef): Promise<void> {
    this.answer();
    const index = this.messages.findIndex((m) => m.ref.message === ref.message);
    if (index >= 0) this.messages.splice(index, 1);
  }

  async react(ref: MessageRef, emoji: string): Promise<void> {
    this.answer();
    const message = this.find(ref);
    if (message && !message.primed.includes(emoji)) message.primed.push(emoji);
  }

  async fetchReactions(ref: MessageRef): Promise<Map<string, Account[]>> {
    this.answer();
    const found = this.find(ref)?.reactions ?? new Map<string, Map<string, Account>>();
    return new Map([...found].map(([emoji, people]) => [emoji, [...people.values()]]));
  }

  async serverOf(channel: string): Promise<string | null> {
    return this.homes.get(channel) ?? null;
  }

  async sameServer(one: string, other: string): Promise<boolean> {
    return this.homes.get(one) === this.homes.get(other);
  }

  async sees({ id }: Account, channel: string): Promise<boolean> {
    return this.closed.get(channel)?.has(id) ?? true;
  }

  async servers(): Promise<ReadonlySet<string>> {
    this.answer();
    return new Set(this.homes.values());
  }

  /** The connection is there again after a break in which nobody was told anything. */
  async gap(): Promise<void> {
    await this.sink?.({ kind: 'gap', platform: 'fake', at: Date.now() });
  }

  /** The bot is taken off a server or invited again; nobody tells it while it is away. */
  async invite(channel: string, server: string, present: boolean, at = Date.now()): Promise<void> {
    if (present) this.homes.set(channel, server);
    else this.homes.delete(channel);
    await this.sink?.({ kind: 'server', platform: 'fake', server, present, at });
  }

  /** The bot is taken off wherever it is, by whoever does not say where that was. */
  async uninstall(): Promise<void> {
    await this.sink?.({ kind: 'server', platform: 'fake', server: null, present: false, at: Date.now() });
  }

  async reply(replyTo: string, card: Card): Promise<void> {
    this.replies.push({ replyTo, card: told(card, card.language) });
  }

  async mustGuard(channel: string): Promise<void> {
    this.answer();
    if (this.guarded.has(channel)) return;
    throw new AcclaimError('not-allowed', 'this channel is not guarded', 'Guard it, then resume.');
  }

  async takeDown(channel: string): Promise<void> {
    this.answer();
    for (const { ref, card } of this.messages)
      if (ref.channel === channel) card.pictures = card.pictures.filter((picture) => !picture.spoiler);
  }

  private async careFor(channel: string, card: Card): Promise<void> {
    if (card.pictures.some((picture) => picture.spoiler)) await this.mustGuard(channel);
  }

  /** A member sets or takes back a reaction; works while the bot is away, as on a real platform. */
  async mark(
    ref: MessageRef,
    account: Account,
    emoji: string,
    present = true,
    at = Date.now(),
  ): Promise<void> {
    const message = this.find(ref);
    if (!message) return;
    const people = message.reactions.get(emoji) ?? new Map<string, Account>();
    if (present) people.set(account.id, account);
    else people.delete(account.id);
    message.reactions.set(emoji, people);
    await this.sink?.({ kind: 'reaction', ref, account, emoji, present, at });
  }

  async press(
    ref: MessageRef,
    account: Account,
    button: string,
    value: string | null = null,
  ): Promise<string> {
    const replyTo = `interaction-${this.clock++}`;
    await this.sink?.({ kind: 'button', ref, account, button, value, at: Date.now(), replyTo });
    return replyTo;
  }

  async consent(channel: string, account: Account, given = true): Promise<void> {
    await this.sink?.({ kind: 'consent', channel, account, given, at: Date.now() });
  }

  /** A member types a command; resolves with what the bot answered. */
  async command(channel: string, account: Account, text: string): Promise<ToldCard | undefined> {
    const replyTo = `interaction-${this.clock++}`;
    await this.sink?.({ kind: 'command', channel, account, text, at: Date.now(), replyTo });
    return this.replies.find((r) => r.replyTo === replyTo)?.card;
  }

  private answer(): void {
    if (!this.outage) return;
    this.refused += 1;
    throw this.outage;
  }

  private find(ref: MessageRef): FakeMessage | undefined {
    return this.messages.find((m) => m.ref.message === ref.message && m.ref.channel === ref.channel);
  }
}

/** Somebody on it. */
export function fakeAccount(id: string, role: Account['role'] = 'member'): Account {
  return { platform: 'fake', id, displayName: id, bornAt: null, joinedAt: null, role };
}
