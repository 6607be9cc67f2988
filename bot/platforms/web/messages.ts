/**
 * What stands on the page: posted cards, each person's own marks, who consented. Other platforms keep these
 * on their side; here the platform is ours, so it keeps them in a journal. Every change of a message has the
 * next number of one sequence, which is what a reconnecting page resumes from. Ids and keys survive restarts:
 * post is exactly once by key.
 */
import { randomBytes } from 'node:crypto';
import type { Card } from '../../../src/chat/port.js';
import { Journal } from '../../../src/files/journal.js';

export interface Message {
  id: string;
  channel: string;
  card: Card;
  at: number;
  editedAt: number | null;
  /** Sequence number of its last change. */
  seq: number;
  primed: string[];
}

type Line =
  | { t: 'epoch'; epoch: string; seq: number; next: number }
  | { t: 'message'; message: Message }
  | { t: 'gone'; id: string; seq: number }
  | { t: 'mark'; id: string; who: string; emoji: string; present: boolean }
  | { t: 'consent'; who: string; given: boolean; at: number };

/** A line as it is kept: a preview is only for those who watch. */
function lasting(line: Line): Line {
  if (line.t !== 'message' || line.message.card.preview === undefined) return line;
  const { preview: _, ...card } = line.message.card;
  return { ...line, message: { ...line.message, card } };
}

const startsEmpty = 'Move the file away: the page starts empty, votes and rounds are kept in the database.';

/** Removed messages that a page may still have to hear of. */
const tombstones = 500;

/** Messages, marks and consents of the page, over its journal. */
export class Messages {
  /** Names this store's life: a page that knows another one starts afresh. */
  epoch = randomBytes(6).toString('hex');
  seq = 0;
  private next = 1;
  private lines = 0;
  private readonly messages = new Map<string, Message>();
  private readonly byKey = new Map<string, string>();
  private readonly gone = new Map<string, number>();
  /** Message -> person -> emoji. */
  private readonly marks = new Map<string, Map<string, Set<string>>>();
  private readonly consents = new Map<string, number>();
  private readonly posting = new Map<string, Promise<Message>>();

  private constructor(private readonly journal: Journal) {}

  static async open(file: string): Promise<Messages> {
    const { journal, lines } = await Journal.open(file, startsEmpty);
    const messages = new Messages(journal);
    for (const line of lines) messages.apply(line as Line);
    messages.lines = lines.length;
    await messages.compact();
    return messages;
  }

  list(): Message[] {
    return [...this.messages.values()];
  }

  get(id: string): Message | undefined {
    return this.messages.get(id);
  }

  /** Messages changed, and ids removed, after sequence number `seq`; in order. */
  since(seq: number): { messages: Message[]; removed: string[] } {
    const messages = this.list().filter((m) => m.seq > seq);
    messages.sort((a, b) => a.seq - b.seq);
    return { messages, removed: [...this.gone].filter(([, at]) => at > seq).map(([id]) => id) };
  }

  /** Adopts the message of the same key in the channel, also one that is being posted right now. */
  post(channel: string, card: Card, at: number): Promise<{ message: Message; fresh: boolean }> {
    const key = keyOf(channel, card.key);
    const known = this.byKey.get(key);
    const earlier = this.posting.get(key) ?? (known === undefined ? undefined : this.messages.get(known));
    if (earlier) return Promise.resolve(earlier).then((message) => ({ message, fresh: false }));
    const message: Message = {
      id: `m${this.next++}`,
      channel,
      card,
      at,
      editedAt: null,
      seq: ++this.seq,
      primed: [...card.reactions],
    };
    const posted = this.write({ t: 'message', message })
      .then(() => message)
      .finally(() => this.posting.delete(key));
    this.posting.set(key, posted);
    return posted.then(() => ({ message, fresh: true }));
  }

  async edit(id: string, card: Card, at: number): Promise<Message | undefined> {
    const old = this.messages.get(id);
    if (!old) return undefined;
    const primed = [...new Set([...card.reactions, ...old.primed])];
    const message = { ...old, card: { ...card, key: old.card.key }, editedAt: at, seq: ++this.seq, primed };
    // Progress is repeated within seconds: losing the last step to a crash costs nothing.
    await this.write({ t: 'message', message }, card.kind !== 'progress');
    return message;
  }

  async remove(id: string): Promise<boolean> {
    if (!this.messages.has(id)) return false;
    await this.write({ t: 'gone', id, seq: ++this.seq });
    return true;
  }

  /** Takes all of a channel out of the file, not only off the page. Resolves with what stood there. */
  async removeChannel(channel: string): Promise<string[]> {
    const ids = this.list().flatMap((message) => (message.channel === channel ? [message.id] : []));
    for (const id of ids) this.apply({ t: 'gone', id, seq: ++this.seq });
    await this.compact();
    return ids;
  }

  async prime(id: string, emoji: string): Promise<Message | undefined> {
    const old = this.messages.get(id);
    if (!old || old.primed.includes(emoji)) return old;
    const message = { ...old, primed: [...old.primed, emoji], seq: ++this.seq };
    await this.write({ t: 'message', message });
    return message;
  }

  async mark(id: string, who: string, emoji: string, present: boolean): Promise<void> {
    await this.write({ t: 'mark', id, who, emoji, present });
  }

  marksOf(id: string, who: string): string[] {
    return [...(this.marks.get(id)?.get(who) ?? [])];
  }

  /** Whether any mark of the person stands here. */
  marked(who: string): boolean {
    for (const people of this.marks.values()) if ((people.get(who)?.size ?? 0) > 0) return true;
    return false;
  }

  /** Emoji -> people, in the order they marked. */
  reactions(id: string): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const [who, emojis] of this.marks.get(id) ?? []) {
      for (const emoji of emojis) found.set(emoji, [...(found.get(emoji) ?? []), who]);
    }
    return found;
  }

  consented(who: string): boolean {
    return this.consents.has(who);
  }

  /** Everyone who agreed. */
  known(): string[] {
    return [...this.consents.keys()];
  }

  /** Withdrawing consent forgets the person: the file is rewritten without them. */
  async consent(who: string, given: boolean, at: number): Promise<void> {
    // Nothing stands here of somebody who did not agree.
    if (!given && !this.consents.has(who)) return;
    this.apply({ t: 'consent', who, given, at });
    if (given) await this.journal.append({ t: 'consent', who, given, at });
    else await this.journal.rewrite(() => this.snapshot());
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private async write(line: Line, durable = true): Promise<void> {
    this.apply(line);
    await this.journal.append(lasting(line), durable);
    this.lines += 1;
    if (this.lines > 4000 && this.lines > 4 * this.snapshotSize()) await this.compact();
  }

  private async compact(): Promise<void> {
    await this.journal.rewrite(() => this.snapshot());
    this.lines = this.snapshotSize();
  }

  private snapshotSize(): number {
    return 1 + this.messages.size + this.gone.size + this.consents.size;
  }

  private snapshot(): Line[] {
    const lines: Line[] = [{ t: 'epoch', epoch: this.epoch, seq: this.seq, next: this.next }];
    for (const message of this.messages.values()) lines.push(lasting({ t: 'message', message }));
    for (const [id, seq] of [...this.gone].slice(-tombstones)) lines.push({ t: 'gone', id, seq });
    for (const [who, at] of this.consents) lines.push({ t: 'consent', who, given: true, at });
    for (const [id, people] of this.marks) {
      for (const [who, emojis] of people) {
        for (const emoji of emojis) lines.push({ t: 'mark', id, who, emoji, present: true });
      }
    }
    return lines;
  }

  private apply(line: Line): void {
    switch (line.t) {
      case 'epoch':
        this.epoch = line.epoch;
        this.seq = line.seq;
        this.next = line.next;
        return;
      case 'message': {
        const { message } = line;
        this.messages.set(message.id, message);
        this.byKey.set(keyOf(message.channel, message.card.key), message.id);
        this.seq = Math.max(this.seq, message.seq);
        this.next = Math.max(this.next, Number(message.id.slice(1)) + 1);
        return;
      }
      case 'gone': {
        const message = this.messages.get(line.id);
        if (message) this.byKey.delete(keyOf(message.channel, message.card.key));
        this.messages.delete(line.id);
        this.marks.delete(line.id);
        this.gone.set(line.id, line.seq);
        this.seq = Math.max(this.seq, line.seq);
        return;
      }
      case 'mark': {
        const people = this.marks.get(line.id) ?? new Map<string, Set<string>>();
        const emojis = people.get(line.who) ?? new Set<string>();
        if (line.present) emojis.add(line.emoji);
        else emojis.delete(line.emoji);
        this.marks.set(line.id, people.set(line.who, emojis));
        return;
      }
      case 'consent':
        if (line.given) this.consents.set(line.who, line.at);
        else {
          this.consents.delete(line.who);
          for (const people of this.marks.values()) people.delete(line.who);
        }
    }
  }
}

function keyOf(channel: string, key: string): string {
  return `${channel}\n${key}`;
}
