/**
 * What every platform a network away does alike: it connects and says when it cannot, its calls tell of
 * messages and channels that turn out to be gone, and what its people do is handed on in order. What a
 * platform says, and how, is its adapter's.
 */
import { Gone } from '../../../src/chat/gone.js';
import type { RemoteOptions } from '../../../src/chat/options.js';
import { Spaced } from '../../../src/chat/pace.js';
import type {
  Account,
  Capabilities,
  Card,
  ChatEvent,
  ChatPlatform,
  MessageRef,
  PlatformName,
  ToldCard,
} from '../../../src/chat/port.js';
import { dropRefusedMark, notConnected, unreachable } from '../../../src/chat/refusals.js';
import type { AcclaimError } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';
import { told } from '../../../src/words/tell.js';
import { type Change, type Looked, LostChannels } from './lost-channels.js';
import { type Mark, Marks } from './marks.js';

/** What exists between start and stop, of any platform. */
export interface Connected {
  sink: (event: ChatEvent) => Promise<void>;
  /** `self`: our own user id. */
  history: { self: string; forget(channel: string, message: string): void; stale(): void };
  messages: {
    post(channel: string, card: ToldCard): Promise<MessageRef>;
    edit(ref: MessageRef, card: ToldCard): Promise<void>;
    remove(ref: MessageRef): Promise<void>;
    takeDown(channel: string): Promise<void>;
  };
  interactions: { reply(replyTo: string, card: ToldCard): Promise<void> };
}

/**
 * What was decoded; `twin`: a mark made in a way (a super reaction, a skin tone) that may stand beside the
 * plain one.
 */
export interface Heard {
  event: ChatEvent;
  twin: boolean;
}

/** Waits, ms. */
interface ShellPace {
  /** Between two reactions of ours. */
  prime: number;
  /** Before what got no answer is asked again; doubled each time. */
  again: number;
}

type Consent = Extract<ChatEvent, { kind: 'consent' }>;

/**
 * A ChatPlatform whose adapter fills in the abstract methods. `C`: what a connection consists of; `O`: what
 * it is handed.
 */
export abstract class RemotePlatform<C extends Connected, O extends RemoteOptions> implements ChatPlatform {
  abstract readonly name: PlatformName;
  abstract readonly capabilities: Capabilities;
  protected running: C | null = null;
  protected readonly lost: LostChannels;
  /** Channel -> the language of its newest card. */
  private readonly spoken = new Map<string, string | undefined>();
  protected readonly languageOf = (channel: string): string | undefined => this.spoken.get(channel);
  private readonly gone = new Gone((ref) => this.tellGone(ref));
  private readonly marks = new Marks();
  private readonly primings: Spaced;

  constructor(
    protected readonly options: O,
    pace: ShellPace,
  ) {
    this.primings = new Spaced(pace.prime);
    this.lost = new LostChannels({
      again: pace.again,
      fault: this.fault,
      look: (channel) => this.look(channel),
      tell: (channel, change) => this.tellChannel(channel, change),
    });
  }

  /** Makes what a connection consists of; nothing is delivered yet. */
  protected abstract prepare(sink: Connected['sink']): C | Promise<C>;
  /** Resolves when events come and posts are taken. */
  protected abstract connect(running: C): Promise<void>;
  protected abstract disconnect(running: C): Promise<void>;
  /** Why it could not be connected, as a coded error where the platform said so. */
  protected abstract refused(error: unknown): unknown;
  /** Why no events come; null = they do. */
  protected abstract troubleOf(running: C): string | null;
  /**
   * How a reaction is called there; undefined for one without a look of its own (`star-3`), which is said by
   * command.
   */
  protected abstract lookOf(emoji: string): string | undefined;
  /** Sets a reaction of ours. */
  protected abstract prime(ref: MessageRef, look: string): Promise<void>;
  /** What our reactions are spaced by. */
  protected abstract laneOf(ref: MessageRef): string;
  /** Who reacted with what, the bot left out. */
  protected abstract read(ref: MessageRef): Promise<Map<string, Account[]>>;
  /** Does the person still have the mark, one way or the other? */
  protected abstract stillThere(mark: Mark): Promise<boolean>;
  /** Does a channel where posts were refused take them now? Asked of the platform. */
  protected abstract look(channel: string): Promise<Looked>;
  abstract mustGuard(channel: string): Promise<void>;

  async start(sink: Connected['sink']): Promise<void> {
    const running = await this.prepare(sink);
    this.running = running;
    try {
      await this.connect(running);
    } catch (error) {
      await this.stop();
      throw this.refused(error);
    }
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = null;
    this.lost.clear();
    if (running) await this.disconnect(running);
  }

  trouble(): string | null {
    return this.running ? this.troubleOf(this.running) : 'not connected';
  }

  async post(channel: string, card: Card): Promise<MessageRef> {
    const words = this.inLanguage(channel, card);
    return this.unlessLost(channel, () => this.here.messages.post(channel, words));
  }

  async edit(ref: MessageRef, card: Card): Promise<void> {
    const words = this.inLanguage(ref.channel, card);
    const edit = () => this.here.messages.edit(ref, words);
    return this.unlessLost(ref.channel, () => this.gone.unlessGone(ref, edit));
  }

  async remove(ref: MessageRef): Promise<void> {
    this.gone.removing(ref);
    const remove = () => this.here.messages.remove(ref);
    return this.unlessLost(ref.channel, () => this.gone.unlessGone(ref, remove));
  }

  async react(ref: MessageRef, emoji: string): Promise<void> {
    const look = this.lookOf(emoji);
    if (look === undefined) return;
    const set = () => this.prime(ref, look);
    return this.gone.unlessGone(ref, () => this.primings.run(this.laneOf(ref), set));
  }

  /** An empty answer would withdraw every vote: a ballot that is gone is news, not a sweep. */
  async fetchReactions(ref: MessageRef): Promise<Map<string, Account[]>> {
    return this.unlessLost(ref.channel, () => this.gone.telling(ref, () => this.read(ref)));
  }

  async reply(replyTo: string, card: Card): Promise<void> {
    return this.here.interactions.reply(replyTo, told(card, card.language));
  }

  async takeDown(channel: string): Promise<void> {
    return this.here.messages.takeDown(channel);
  }

  watch(channel: string): void {
    this.lost.watch(channel);
  }

  /** The card in the language of its channel, which is kept for what is said there without a card. */
  private inLanguage(channel: string, card: Card): ToldCard {
    this.spoken.set(channel, card.language);
    return told(card, card.language);
  }

  protected get here(): C {
    if (!this.running) throw notConnected(this.name);
    return this.running;
  }

  /**
   * What was decoded, handed on: a person's marks on a message in their order, and a mark with a twin
   * withdrawn with the last of them.
   */
  protected async hand({ event, twin }: Heard, running: C): Promise<void> {
    switch (event.kind) {
      case 'message-gone':
        running.history.forget(event.ref.channel, event.ref.message);
        return this.gone.isNews(event.ref) ? running.sink(event) : undefined;
      case 'cleared':
        return this.marks.all(event.ref.message, () => running.sink(event));
      case 'consent':
        return this.marks.one(`consent ${event.channel}`, event.account.id, () =>
          this.agree(event, running).catch(dropRefusedMark),
        );
      case 'reaction':
        return this.marks.one(event.ref.message, event.account.id, async () => {
          if (await this.marks.stands(event, twin, () => this.stillThere(event))) return;
          await running.sink(event).catch(dropRefusedMark);
        });
      default:
        return running.sink(event);
    }
  }

  /** A consent by reaction, handed on. */
  protected agree(event: Consent, { sink }: C): Promise<void> {
    return sink(event);
  }

  /** An event that the platform itself did not tell; nobody waits until it is stored. */
  protected tell(event: ChatEvent): void {
    const { running } = this;
    if (running) this.aside(running.sink(event));
  }

  /** Events may have been missed. */
  protected async gap({ history, sink }: C): Promise<void> {
    history.stale();
    await sink({ kind: 'gap', platform: this.name, at: this.options.now() });
  }

  /** Told to who watches: why the line is away; null: it is there. */
  protected link(why: unknown): void {
    this.options.onLink?.(why === null ? null : unreachable(this.name, why));
  }

  /** Work that nobody waits for. */
  protected aside(job: Promise<unknown>): void {
    job.catch(this.fault);
  }

  /** Later, unless it was stopped meanwhile. */
  protected later(running: C, wait: number, act: () => Promise<void>): void {
    const again = () => (this.running === running ? act() : undefined);
    setTimeout(safely(again, this.fault), wait).unref();
  }

  protected readonly fault = (error: unknown): void => this.options.onError?.(error);

  /** It cannot go on: everything is put away, and whoever runs it hears why. */
  protected fatal(error: AcclaimError): void {
    const { running } = this;
    if (!running) return;
    this.aside(this.stop());
    const last = this.lastWord(error);
    // Stored before the process ends.
    if (last) this.aside(running.sink(last).finally(() => this.options.onFatal(error)));
    else this.options.onFatal(error);
  }

  /** What such an end says of the servers that the bot was on. */
  protected lastWord(_error: AcclaimError): ChatEvent | null {
    return null;
  }

  /** Does the refusal mean that the channel was deleted, and not only shut? */
  protected isDeleted(_error: unknown): boolean {
    return false;
  }

  private unlessLost<T>(channel: string, job: () => Promise<T>): Promise<T> {
    return this.lost.unlessLost(channel, job, (error) => this.isDeleted(error));
  }

  private tellChannel(channel: string, { canPost, nsfw = false, gone = false }: Change): void {
    const at = this.options.now();
    this.tell({ kind: 'channel', platform: this.name, channel, canPost, gone, nsfw, at });
  }

  private tellGone(ref: MessageRef): void {
    this.running?.history.forget(ref.channel, ref.message);
    this.tell({ kind: 'message-gone', ref, at: this.options.now() });
  }
}
