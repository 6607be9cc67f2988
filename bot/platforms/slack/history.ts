/**
 * Which messages of ours stand in a channel, by key. Read once from the channel's recent history when first asked for,
 * kept by what we post, and read on from the newest known message after a gap or a post of unknown end. So a message that
 * any process ever posted is found before a second one is sent.
 */
import type { SlackApi } from './api.js';
import { buttonsOf, keyOf, picturesOf, type SlackMessage } from './mark.js';
import { later, tsOf } from './timestamp.js';

/** A message of ours as it stands. */
export interface Known {
  ts: string;
  key: string;
  /** Picture's name -> file id. */
  files: Map<string, string>;
  buttons: Map<string, string>;
}

interface Book {
  byTs: Map<string, Known>;
  byKey: Map<string, string>;
  newest: string | null;
  scanned: boolean;
  stale: boolean;
  reading: Promise<void> | null;
}

export class History {
  private readonly books = new Map<string, Book>();
  /** Our user id, set when we are known to Slack. */
  self = '';

  constructor(
    private readonly api: Pick<SlackApi, 'history' | 'message'>,
    private readonly now: () => number,
    /** ms */
    private readonly depth: number,
  ) {}

  async find(channel: string, key: string): Promise<string | undefined> {
    const book = this.book(channel);
    if (!book.byKey.has(key)) await this.load(channel);
    return book.byKey.get(key);
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

  known(channel: string, ts: string): Known | undefined {
    return this.books.get(channel)?.byTs.get(ts);
  }

  all(channel: string): Known[] {
    return [...(this.books.get(channel)?.byTs.values() ?? [])];
  }

  /** A message that was posted, edited or read; others' only move the place where reading goes on. */
  note(channel: string, message: SlackMessage): void {
    const { ts, user } = message;
    if (ts === undefined) return;
    const book = this.book(channel);
    if (book.newest === null || later(ts, book.newest)) book.newest = ts;
    const key = keyOf(message);
    if (key === undefined || user !== this.self) return;
    book.byTs.set(ts, { ts, key, files: picturesOf(message), buttons: buttonsOf(message) });
    const known = book.byKey.get(key);
    // Should there ever be two, the first one counts: it is the one that people found.
    if (known === undefined || later(known, ts)) book.byKey.set(key, ts);
  }

  forget(channel: string, ts: string): void {
    const book = this.books.get(channel);
    const known = book?.byTs.get(ts);
    if (!book || !known) return;
    book.byTs.delete(ts);
    if (book.byKey.get(known.key) === ts) book.byKey.delete(known.key);
  }

  /** A message of ours of whatever age, read alone where it is not known. */
  async recognise(channel: string, ts: string): Promise<void> {
    if (this.known(channel, ts)) return;
    const message = await this.api.message(channel, ts);
    const { newest } = this.book(channel);
    if (message) this.note(channel, message);
    // Reading goes on where it was: between that place and this message others may be unknown.
    this.book(channel).newest = newest;
  }

  /** Reactions on a notice with a button to consent are no votes. */
  isNotice(channel: string, ts: string): boolean {
    return this.known(channel, ts)?.buttons.has('consent') ?? false;
  }

  /** There may be messages of ours that nobody told us of. */
  stale(channel?: string): void {
    for (const [name, book] of this.books) if (channel === undefined || name === channel) book.stale = true;
  }

  private book(channel: string): Book {
    const found = this.books.get(channel);
    if (found) return found;
    const book: Book = {
      byTs: new Map(),
      byKey: new Map(),
      newest: null,
      scanned: false,
      stale: false,
      reading: null,
    };
    this.books.set(channel, book);
    return book;
  }

  private async read(channel: string, book: Book): Promise<void> {
    book.stale = false;
    const oldest = book.scanned && book.newest !== null ? book.newest : tsOf(this.now() - this.depth);
    try {
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const page: Awaited<ReturnType<SlackApi['history']>> = await this.api.history(channel, {
          oldest,
          ...(cursor === '' ? {} : { cursor }),
        });
        for (const message of page.messages) this.note(channel, message);
        cursor = page.next;
      }
      book.scanned = true;
    } catch (error) {
      book.stale = true;
      throw error;
    }
  }
}
