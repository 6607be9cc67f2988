/**
 * Which messages of ours stand in a channel, by mark. Read once from the channel (its recent history and its pins) when
 * first asked for, kept by what the gateway tells, and read on from the newest known message after a gap or a post of
 * unknown end. So a message that any process ever posted is found before a second one is sent.
 */
import type { APIMessage } from 'discord.js';
import { customIds, parseCustomId, readMark } from './mark.js';
import { madeAt, newer } from './snowflake.js';

export interface HistoryApi {
  messages(channel: string, bound: { before?: string; after?: string }): Promise<APIMessage[]>;
  pins(channel: string): Promise<APIMessage[]>;
}

interface Book {
  byMark: Map<string, string>;
  /** Messages with a button to consent: reactions on them are no votes. */
  notices: Set<string>;
  /** Messages that show pictures as spoilers. */
  spoilers: Set<string>;
  newest: string | null;
  scanned: boolean;
  stale: boolean;
  reading: Promise<void> | null;
}

export class History {
  private readonly books = new Map<string, Book>();
  /** Set when we are known to Discord. */
  self = '';

  constructor(
    private readonly api: HistoryApi,
    private readonly now: () => number,
    /** ms */
    private readonly depth: number,
  ) {}

  async find(channel: string, mark: string): Promise<string | undefined> {
    const book = this.book(channel);
    if (!book.byMark.has(mark)) await this.load(channel);
    return book.byMark.get(mark);
  }

  /** The channel as it is, read where something may be unknown. */
  async load(channel: string): Promise<void> {
    const book = this.book(channel);
    if (book.scanned && !book.stale) return;
    book.reading ??= this.read(channel, book).finally(() => {
      book.reading = null;
    });
    await book.reading;
  }

  markFor(channel: string, message: string): string | undefined {
    for (const [mark, id] of this.books.get(channel)?.byMark ?? []) if (id === message) return mark;
    return undefined;
  }

  /** A message that was posted, edited or read; others' are only looked at for their age. */
  note(channel: string, message: APIMessage): void {
    const book = this.book(channel);
    if (book.newest === null || newer(message.id, book.newest)) book.newest = message.id;
    if (message.author.id !== this.self) return;
    const mark = readMark(message);
    if (mark === undefined) return;
    const known = book.byMark.get(mark);
    // Should there ever be two, the first one counts: it is the one that people found.
    if (known === undefined || newer(known, message.id)) book.byMark.set(mark, message.id);
    const consents = customIds(message).some((id) => parseCustomId(id)?.button === 'consent');
    if (consents) book.notices.add(message.id);
    if (message.attachments.some((file) => file.filename.startsWith('SPOILER_')))
      book.spoilers.add(message.id);
    else book.spoilers.delete(message.id);
  }

  forget(channel: string, message: string): void {
    const book = this.books.get(channel);
    if (!book) return;
    for (const [mark, id] of book.byMark) if (id === message) book.byMark.delete(mark);
    book.notices.delete(message);
    book.spoilers.delete(message);
  }

  isNotice(channel: string, message: string): boolean {
    return this.books.get(channel)?.notices.has(message) ?? false;
  }

  spoilers(channel: string): string[] {
    return [...(this.books.get(channel)?.spoilers ?? [])];
  }

  /** There may be messages of ours that nobody told us of. */
  stale(channel?: string): void {
    for (const [name, book] of this.books) if (channel === undefined || name === channel) book.stale = true;
  }

  private book(channel: string): Book {
    let book = this.books.get(channel);
    if (!book) {
      book = {
        byMark: new Map(),
        notices: new Set(),
        spoilers: new Set(),
        newest: null,
        scanned: false,
        stale: false,
        reading: null,
      };
      this.books.set(channel, book);
    }
    return book;
  }

  private async read(channel: string, book: Book): Promise<void> {
    book.stale = false;
    try {
      if (book.scanned && book.newest !== null) await this.readOn(channel, book.newest);
      else await this.readBack(channel);
      book.scanned = true;
    } catch (error) {
      book.stale = true;
      throw error;
    }
  }

  private async readBack(channel: string): Promise<void> {
    const since = this.now() - this.depth;
    for (const message of await this.api.pins(channel)) this.note(channel, message);
    for (let before = ''; ; ) {
      const page = await this.api.messages(channel, before === '' ? {} : { before });
      for (const message of page) this.note(channel, message);
      const oldest = page.at(-1)?.id;
      if (page.length < 100 || oldest === undefined || madeAt(oldest) < since) return;
      before = oldest;
    }
  }

  private async readOn(channel: string, newest: string): Promise<void> {
    for (let after = newest; ; ) {
      const page = await this.api.messages(channel, { after });
      for (const message of page) this.note(channel, message);
      if (page.length < 100) return;
      after = page.reduce((id, message) => (newer(message.id, id) ? message.id : id), after);
    }
  }
}
