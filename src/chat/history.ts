/**
 * Which messages of ours stand in a channel, by key. Read once from the channel when first asked for, kept by
 * what is posted and told, and read on from the newest known message after a gap or a post of unknown end. So
 * a message that any process ever posted is found before a second one is sent.
 */

/** A message of ours as it stands. */
export interface Standing {
  id: string;
  key: string;
}

interface Book<Known> {
  byId: Map<string, Known>;
  byKey: Map<string, string>;
  newest: string | null;
  scanned: boolean;
  stale: boolean;
  reading: Promise<void> | null;
}

/** `Raw` is a message as the platform has it; each platform says how its messages are read. */
export abstract class History<Raw, Known extends Standing> {
  private readonly books = new Map<string, Book<Known>>();

  protected abstract idOf(message: Raw): string | undefined;
  /** Undefined for a message that is not ours or carries no key. */
  protected abstract recognise(message: Raw): Known | undefined;
  protected abstract newer(a: string, b: string): boolean;
  /** The channel's recent messages, and whatever else may hold ours. */
  protected abstract back(channel: string): AsyncIterable<Raw>;
  /** All after the message `newest`. */
  protected abstract on(channel: string, newest: string): AsyncIterable<Raw>;

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

  known(channel: string, id: string): Known | undefined {
    return this.books.get(channel)?.byId.get(id);
  }

  all(channel: string): Known[] {
    return [...(this.books.get(channel)?.byId.values() ?? [])];
  }

  /** A message that was posted, edited or read; others' only move the place where reading goes on. */
  note(channel: string, message: Raw): void {
    const id = this.idOf(message);
    if (id === undefined) return;
    const book = this.book(channel);
    if (book.newest === null || this.newer(id, book.newest)) book.newest = id;
    this.enter(book, message);
  }

  /** A single message that was looked up: between it and where reading goes on others may be unknown. */
  noteAlone(channel: string, message: Raw): void {
    this.enter(this.book(channel), message);
  }

  forget(channel: string, id: string): void {
    const book = this.books.get(channel);
    const known = book?.byId.get(id);
    if (!book || !known) return;
    book.byId.delete(id);
    if (book.byKey.get(known.key) === id) book.byKey.delete(known.key);
  }

  /** There may be messages of ours that nobody told us of. */
  stale(channel?: string): void {
    for (const [name, book] of this.books) if (channel === undefined || name === channel) book.stale = true;
  }

  private enter(book: Book<Known>, message: Raw): void {
    const found = this.recognise(message);
    if (!found) return;
    book.byId.set(found.id, found);
    const first = book.byKey.get(found.key);
    // Should there ever be two, the first one counts: it is the one that people found.
    if (first === undefined || this.newer(first, found.id)) book.byKey.set(found.key, found.id);
  }

  private book(channel: string): Book<Known> {
    const found = this.books.get(channel);
    if (found) return found;
    const empty = { newest: null, scanned: false, stale: false, reading: null };
    const book = { byId: new Map(), byKey: new Map(), ...empty };
    this.books.set(channel, book);
    return book;
  }

  private async read(channel: string, book: Book<Known>): Promise<void> {
    book.stale = false;
    const on = book.scanned && book.newest !== null ? book.newest : null;
    const messages = on === null ? this.back(channel) : this.on(channel, on);
    try {
      for await (const message of messages) this.note(channel, message);
      book.scanned = true;
    } catch (error) {
      book.stale = true;
      throw error;
    }
  }
}
