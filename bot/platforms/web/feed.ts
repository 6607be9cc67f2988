/**
 * The journal's messages as open pages follow them: all that stands when one opens, or what changed since it
 * was last here, and then each change. Whoever has no marks is sent the same bytes as everybody else.
 */
import type { ServerResponse } from 'node:http';
import type { Turnout } from '../../../src/domain/voting/turnout.js';
import { firstBatch } from './batches.js';
import { type Frame, type Live, opening } from './live.js';
import type { Message, Messages } from './messages.js';
import type { NsfwChannels } from './nsfw.js';
import { type PageMessage, renderMessage } from './render.js';
import type { Holder } from './streams.js';

/** What stands here, for a document. */
export interface Standing {
  /** Of the event after which a line goes on. */
  id: string;
  /** Messages as JSON. */
  text: string;
  /** Address of the pictures that the page asks for first. */
  batch: string | null;
}

/** The same, and as the first bytes of a line. */
interface Shared extends Standing {
  bytes: Buffer;
}

type Reader = Pick<Holder, 'visitor' | 'holder' | 'language'>;

/** What a page hears of messages. */
export class Feed {
  /** What a page is sent that opens, in each language, for holders of a token and for others. */
  private readonly histories = new Map<string, Shared>();

  constructor(
    private readonly messages: Messages,
    private readonly live: Live,
    private readonly nsfw: NsfwChannels,
  ) {}

  /** Opens a line. Throws `limited`, where there are as many as may be. */
  open(
    who: Omit<Holder, 'known'>,
    line: { response: ServerResponse; headers: Record<string, string> },
    lastEventId: string | undefined,
  ): void {
    const { visitor, holder, language } = who;
    const [epoch, seq] = lastEventId?.split('-') ?? [];
    const resumed = epoch === this.messages.epoch && /^\d+$/.test(seq ?? '');
    const known = visitor !== undefined && this.messages.consented(visitor);
    const own = resumed || (known && this.messages.marked(visitor));
    const first = own ? this.history(who, resumed ? Number(seq) : null) : this.shared(holder, language).bytes;
    this.live.listen({ ...who, known }, line.response, line.headers, first);
  }

  /** A message that was posted or edited. */
  show(message: Message): void {
    const id = this.eventId(message.seq);
    const made = (language: string, visitor?: string): Frame => ({
      event: 'message',
      id,
      data: this.render(message, visitor, language),
    });
    const plain = new Map<string, Frame>();
    this.live.broadcast((visitor, holder, _, language) => {
      if (!this.nsfw.sees(message.channel, holder)) return undefined;
      const own = visitor !== undefined && this.messages.marksOf(message.id, visitor).length > 0;
      if (own) return made(language, visitor);
      const known = plain.get(language) ?? made(language);
      plain.set(language, known);
      return known;
    });
  }

  /** Counts of people alone: whoever sees the channel sees them. */
  turnout(channel: string, told: Turnout & { session: string }): void {
    const frame = { event: 'turnout', data: told };
    this.live.broadcast((_, holder) => (this.nsfw.sees(channel, holder) ? frame : undefined));
  }

  /** A message that was removed. */
  gone(message: string): void {
    const removed = { event: 'removed', id: this.eventId(), data: { id: message } };
    this.live.broadcast(() => removed);
  }

  /** A person's marks on a message, to their own pages. */
  marks(who: string, id: string, mine: readonly string[]): void {
    this.live.broadcast((visitor) => (visitor === who ? { event: 'marks', data: { id, mine } } : undefined));
  }

  /** All that stands here, with the visitor's marks. */
  stands(visitor: string, holder: boolean, language: string): Standing {
    const marked = this.messages.consented(visitor) && this.messages.marked(visitor);
    if (!marked) return this.shared(holder, language);
    return forDocument(this.eventId(), this.standing({ visitor, holder, language }));
  }

  /** What all see who have no marks here: made once. */
  private shared(holder: boolean, language: string): Shared {
    const id = this.eventId();
    const of = `${language} ${holder}`;
    const made = this.histories.get(of);
    if (made?.id === id) return made;
    const list = this.standing({ visitor: undefined, holder, language });
    const bytes = opening({ event: 'history', id, data: { reset: true, messages: list, removed: [] } });
    const shared = { ...forDocument(id, list), bytes };
    this.histories.set(of, shared);
    return shared;
  }

  /** All that stands here, or what changed after a number; with the visitor's marks. */
  private history(reader: Reader, after: number | null): Buffer {
    const { removed } = this.messages.since(after ?? 0);
    const data = {
      reset: after === null,
      messages: this.standing(reader, after ?? 0),
      removed: after === null ? [] : removed,
    };
    return opening({ event: 'history', id: this.eventId(), data });
  }

  private standing({ visitor, holder, language }: Reader, after = 0): PageMessage[] {
    return this.messages
      .since(after)
      .messages.filter(({ channel }) => this.nsfw.sees(channel, holder))
      .map((message) => this.render(message, visitor, language));
  }

  private render(message: Message, visitor: string | undefined, language: string): PageMessage {
    const mine = visitor === undefined ? [] : this.messages.marksOf(message.id, visitor);
    return renderMessage(message, mine, language);
  }

  private eventId(seq = this.messages.seq): string {
    return `${this.messages.epoch}-${seq}`;
  }
}

const forDocument = (id: string, list: PageMessage[]): Standing => ({
  id,
  text: JSON.stringify(list),
  batch: firstBatch(list),
});
