/**
 * Private answers: while the request lasts they go into its response, later over the live line, and their
 * pictures are served to whoever asked alone. The oldest are forgotten.
 */
import { randomBytes } from 'node:crypto';
import type { Card } from '../../../src/chat/port.js';
import type { Live } from './live.js';
import { isNsfw, type NsfwChannels } from './nsfw.js';
import { type PageMessage, renderReply } from './render.js';

/** Who asked, and where. */
export interface Asked {
  visitor: string;
  channel: string;
}

/** Answers are collected while the request lasts; null: it is over. */
interface Open extends Asked {
  collected: PageMessage[] | null;
}

/** An answer with pictures. */
interface Answered extends Asked {
  card: Card;
}

const most = 500;

export interface RepliesParts {
  live: Live;
  nsfw: NsfwChannels;
  /** Epoch ms. */
  now(): number;
}

/** Who asked for what, and what they were answered. */
export class Replies {
  private readonly asked = new Map<string, Open>();
  private readonly answered = new Map<string, Answered>();

  constructor(private readonly parts: RepliesParts) {}

  /** Acts, and resolves with what was answered meanwhile. */
  async ask(asked: Asked, act: (replyTo: string, at: number) => Promise<void>): Promise<PageMessage[]> {
    const replyTo = `web-${randomBytes(12).toString('hex')}`;
    const open: Open = { ...asked, collected: [] };
    keep(this.asked, replyTo, open);
    try {
      await act(replyTo, this.parts.now());
      return open.collected ?? [];
    } finally {
      open.collected = null;
    }
  }

  /** Who waits for the answer; undefined: nobody. */
  asker(replyTo: string): Asked | undefined {
    return this.asked.get(replyTo);
  }

  /** Into the response, or to the asker's open pages; dropped where nobody waits for it. */
  answer(replyTo: string, card: Card): void {
    const asked = this.asked.get(replyTo);
    if (!asked) return;
    const { live, now } = this.parts;
    const { visitor, channel, collected } = asked;
    const id = `r${randomBytes(8).toString('hex')}`;
    const data = renderReply(id, channel, card, now());
    if (card.pictures.length > 0) this.keepPictures(id, { visitor, channel, card });
    if (collected) collected.push(data);
    else live.broadcast((one) => (one === visitor ? { event: 'reply', data } : undefined));
  }

  /** The answer of that id with pictures, for its asker; undefined for anybody else. */
  pictured(id: string, visitor: string | undefined): Answered | undefined {
    const own = this.answered.get(id);
    return own?.visitor === visitor ? own : undefined;
  }

  /** Later answers reach nobody. */
  drop(visitor: string): void {
    for (const [key, asked] of this.asked) if (asked.visitor === visitor) this.asked.delete(key);
  }

  private keepPictures(id: string, answer: Answered): void {
    if (isNsfw(answer.card)) this.parts.nsfw.mustGuard(answer.channel);
    keep(this.answered, id, answer);
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > most && !oldest.done) map.delete(oldest.value);
}
