/**
 * Posts and edits by key on whichever platform a channel is. A card's first showing posts it, later ones edit
 * it. The reference is remembered only while this process lives: after a restart posting the same key adopts
 * the old message.
 */
import type { Card, ChatPlatform, MessageRef } from '../../src/chat/port.js';
import type { Binding } from '../../src/domain/state/model.js';
import { FirstWords } from './first-words.js';
import type { Platforms } from './platforms.js';

/** A channel on its platform. */
export type Address = Pick<Binding, 'platform' | 'address'>;

/** Knows under which message a card hangs. */
export class Messenger {
  private readonly refs = new Map<string, MessageRef>();
  private resumed = false;
  readonly firstWords = new FirstWords();

  /** Which language a channel's messages are in; English until somebody says. */
  private languages: ((to: Address) => Promise<string | undefined>) | null = null;

  constructor(readonly platforms: Platforms) {}

  /** Registered once the server's settings are there. */
  speakAs(languages: (to: Address) => Promise<string | undefined>): void {
    this.languages = languages;
  }

  /**
   * Sessions were there before this process: a message that is adopted may show what was true then, and is
   * edited.
   */
  setResumed(resumed: boolean): void {
    this.resumed = resumed;
  }

  /** Throws `platform-unreachable`. */
  platform(name: string): ChatPlatform {
    return this.platforms.need(name);
  }

  ref({ platform, address }: Address, message: string): MessageRef {
    return { platform, channel: address, message };
  }

  async post({ platform, address }: Address, card: Card): Promise<MessageRef> {
    const words = await this.inLanguage({ platform, address }, card);
    const ref = await this.platform(platform).post(address, words);
    this.refs.set(refKey({ platform, address }, card.key), ref);
    return ref;
  }

  /** The newest content of a card, under the message that it already has or a new one. */
  async show(to: Address, card: Card): Promise<void> {
    const known = this.refs.get(refKey(to, card.key));
    const ref = known ?? (await this.post(to, card));
    if (!known && !this.resumed) return;
    await this.platform(to.platform).edit(ref, await this.inLanguage(to, card));
  }

  /** The card as its channel reads it. */
  private async inLanguage(to: Address, card: Card): Promise<Card> {
    // Whatever cannot be asked now keeps no message back.
    const language = await this.languages?.(to).catch(() => undefined);
    return language === undefined ? card : { ...card, language };
  }

  shown(to: Address, key: string): boolean {
    return this.refs.has(refKey(to, key));
  }
}

function refKey({ platform, address }: Address, key: string): string {
  return JSON.stringify([platform, address, key]);
}
