/**
 * What the routes ask and the adapter tells: marks, buttons, commands, consent, live lines. A mark goes to the sink
 * first; only once that has made it durable is it kept here and answered, so what a voter saw accepted is in the ledger.
 * Whoever has not consented leaves no trace: their marks wait in the browser.
 */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import { mayRun, usage } from '../../../src/chat/commands.js';
import type { Account, Card, ChatEvent } from '../../../src/chat/port.js';
import type { Turnout } from '../../../src/domain/voting/turnout.js';
import { AcclaimError } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';
import { type Care, needsCare } from './care.js';
import {
  type buttonBody,
  type commandBody,
  type completeBody,
  type consentBody,
  decodeMark,
  earlierStars,
  flagged,
  type reactBody,
  refOf,
} from './decode.js';
import { type Frame, type Live, opening } from './live.js';
import type { Message, Messages } from './messages.js';
import type { SessionStatus, StatusBody, WebOptions } from './options.js';
import { type PageMessage, pictureFiles, renderMessage, renderReply } from './render.js';
import type { Holder } from './streams.js';

/** A file behind an address of the page. */
export interface Shown {
  file: string;
  /** Blurred unless its reader asked for it clear. */
  veiled: boolean;
}

/** What stands here, as JSON for a document and as the first bytes of a line. */
interface Shared {
  id: string;
  text: string;
  bytes: Buffer;
}

/** A private answer that is awaited: while the request lasts it goes into its response, later over the live line. */
interface Asked {
  visitor: string;
  channel: string;
  collected: PageMessage[] | null;
}

const maxAsked = 500;
const statusMs = 250;
/** States change without a message too; the sidebar follows within this. */
const statusEveryMs = 2000;

export class Desk {
  sink: (event: ChatEvent) => Promise<void> = async () => {};
  private readonly asked = new Map<string, Asked>();
  private statusTimer: NodeJS.Timeout | null = null;
  private lastStatus = '';
  /** Pictures of private answers: whose, and their files. */
  private readonly answered = new Map<string, { visitor: string; channel: string; card: Card }>();
  private readonly statusEvery: NodeJS.Timeout;
  private readonly fault = (error: unknown): void => this.options.onError?.(error);
  /** What a page is sent that opens, for holders of a token and for others. */
  private readonly histories = new Map<boolean, Shared>();

  constructor(
    private readonly options: WebOptions,
    private readonly messages: Messages,
    private readonly live: Live,
    private readonly care: Care,
  ) {
    this.statusEvery = setInterval(
      safely(() => this.sendStatus(), this.fault),
      statusEveryMs,
    );
    this.statusEvery.unref();
  }

  now(): number {
    return this.options.now();
  }

  /** True for an invite that is good, which is used up by this. */
  async redeem(code: string): Promise<boolean> {
    return (await this.options.crowd?.redeem(code)) ?? false;
  }

  /** Somebody vouched for the person. Of those who agreed it is written down; others say so when they agree. */
  async vouched(who: Account): Promise<void> {
    if (!this.messages.consented(who.id)) return;
    await this.sink({ kind: 'consent', channel: '', account: who, given: true, at: this.options.now() });
  }

  async me(who: Account): Promise<object> {
    const standing = await this.options.crowd?.standing(who);
    return {
      name: who.displayName,
      waits: standing?.waits ?? false,
      code: standing?.code ?? '',
      role: who.role,
      consented: this.messages.consented(who.id),
      tokenGuarded: this.options.accessToken !== null,
      commands: this.options.commands.map((spec) => ({
        words: spec.path.join(' '),
        usage: usage(spec),
        help: spec.help,
        allowed: mayRun(who.role, spec),
        options: spec.options.map(({ name, help, type }) => ({
          name,
          help,
          choices: choicesOf(type),
          number: type === 'integer' || type === 'number',
        })),
        args: spec.args.map(({ name }) => name),
        choices: spec.args[0] ? choicesOf(spec.args[0].type) : [],
        offers: spec.args[1]?.offers ?? {},
      })),
    };
  }

  async status(holder: boolean, admin: boolean): Promise<StatusBody> {
    return this.seen(await this.options.status(), holder, admin);
  }

  /** What only holders of a token may know of is not there for others. */
  admit(at: { message: string } | { channel: string }, holder: boolean): void {
    const channel = 'channel' in at ? at.channel : this.messages.get(at.message)?.channel;
    if (channel !== undefined && !this.care.sees(channel, holder)) throw notHere;
  }

  /** Opens a line. Whoever has no marks here is sent the same bytes as everybody else. */
  follow(
    who: Omit<Holder, 'known'>,
    line: { response: ServerResponse; headers: Record<string, string> },
    lastEventId: string | undefined,
  ): void {
    const { visitor, holder } = who;
    const [epoch, seq] = lastEventId?.split('-') ?? [];
    const resumed = epoch === this.messages.epoch && /^\d+$/.test(seq ?? '');
    const known = visitor !== undefined && this.messages.consented(visitor);
    const own = resumed || (known && this.messages.marked(visitor));
    const first = own ? this.history(who, resumed ? Number(seq) : null) : this.shared(holder).bytes;
    this.live.listen({ ...who, known }, line.response, line.headers, first);
    // A page that opens has no status yet: the next one is sent even if nothing changed.
    this.lastStatus = '';
    this.statusSoon();
  }

  /** What a page begins with that has not opened its line yet, as JSON: all that stands here, with the visitor's marks. */
  async first(account: Account, who: { holder: boolean; admin: boolean }): Promise<string> {
    const me = JSON.stringify(await this.me(account));
    const { sessions } = await this.status(who.holder, who.admin);
    const marked = this.messages.consented(account.id) && this.messages.marked(account.id);
    const stands = marked
      ? JSON.stringify(this.standing({ visitor: account.id, holder: who.holder }))
      : this.shared(who.holder).text;
    const id = JSON.stringify(this.eventId());
    return `{"me":${me},"sessions":${JSON.stringify(sessions)},"id":${id},"messages":${stands}}`;
  }

  /** Somebody logged out: their lines end, and those of a log-in that stands no more; later answers reach nobody. */
  loggedOut(visitor: string | undefined): void {
    if (visitor !== undefined)
      for (const [key, asked] of this.asked) if (asked.visitor === visitor) this.asked.delete(key);
    this.live.review((one) => one.holder && visitor !== undefined && one.visitor === visitor);
  }

  /** What all see who have no marks here: made once. */
  private shared(holder: boolean): Shared {
    const id = this.eventId();
    const made = this.histories.get(holder);
    if (made?.id === id) return made;
    const list = this.standing({ visitor: undefined, holder });
    const bytes = opening({ event: 'history', id, data: { reset: true, messages: list, removed: [] } });
    const shared = { id, text: JSON.stringify(list), bytes };
    this.histories.set(holder, shared);
    return shared;
  }

  /** All that stands here, or what changed after a number; with the visitor's marks. */
  private history({ visitor, holder }: Pick<Holder, 'visitor' | 'holder'>, after: number | null): Buffer {
    const { removed } = this.messages.since(after ?? 0);
    const data = {
      reset: after === null,
      messages: this.standing({ visitor, holder }, after ?? 0),
      removed: after === null ? [] : removed,
    };
    return opening({ event: 'history', id: this.eventId(), data });
  }

  private standing({ visitor, holder }: Pick<Holder, 'visitor' | 'holder'>, after = 0): PageMessage[] {
    return this.messages
      .since(after)
      .messages.filter(({ channel }) => this.care.sees(channel, holder))
      .map((message) => this.render(message, visitor));
  }

  /** The person's marks on the message afterwards. */
  async mark(who: Account, { message: id, marks }: z.infer<typeof reactBody>): Promise<string[]> {
    const message = this.find(id);
    if (!this.messages.consented(who.id)) throw noConsent;
    if (message.card.data?.open === false) {
      throw new AcclaimError('round-closed', 'This round has closed.', 'The next one opens by itself.');
    }
    for (const { emoji, present } of marks) {
      const stars = present
        ? earlierStars(message, emoji, this.messages.list(), (m) => this.messages.marksOf(m, who.id))
        : [];
      for (const star of stars) await this.setMark(who, star.message, star.emoji, false);
      await this.setMark(who, message, emoji, present);
    }
    const mine = this.mine(who, id);
    this.live.broadcast((v) => (v === who.id ? { event: 'marks', data: { id, mine } } : undefined));
    return mine;
  }

  mine(who: Account, id: string): string[] {
    return this.messages.marksOf(id, who.id);
  }

  async press(
    who: Account,
    { message: id, button, value }: z.infer<typeof buttonBody>,
  ): Promise<PageMessage[]> {
    const message = this.find(id);
    // What is pressed on a ballot is a vote; a moderator's word is none.
    if (message.card.kind === 'ballot' && !this.messages.consented(who.id)) throw noConsent;
    const ref = refOf(message);
    return this.ask(who, message.channel, (replyTo, at) =>
      this.sink({ kind: 'button', ref, account: who, button, value, at, replyTo }),
    );
  }

  async command(who: Account, { channel, text }: z.infer<typeof commandBody>): Promise<PageMessage[]> {
    return this.ask(who, channel, (replyTo, at) =>
      this.sink({ kind: 'command', channel, account: who, text, at, replyTo }),
    );
  }

  /** Withdrawing consent also forgets the person's marks here. */
  async consent(who: Account, { channel, given }: z.infer<typeof consentBody>): Promise<void> {
    const at = this.options.now();
    await this.sink({ kind: 'consent', channel, account: who, given, at });
    if (given) await this.messages.consent(who.id, true, at);
    else await this.forget(who.id);
  }

  /** Consent and marks leave the journal; open pages of the person show none any more. */
  async forget(who: string): Promise<void> {
    const marked = this.messages
      .list()
      .filter((message) => this.messages.marksOf(message.id, who).length > 0);
    await this.messages.consent(who, false, this.options.now());
    for (const { id } of marked) {
      this.live.broadcast((visitor) =>
        visitor === who ? { event: 'marks', data: { id, mine: [] } } : undefined,
      );
    }
  }

  /** A posted picture, or one of a private answer for its asker; undefined for any other address or person. */
  picture(id: string, index: number, visitor: string | undefined, holder: boolean): Shown | undefined {
    const own = this.answered.get(id);
    const found = own && own.visitor === visitor ? own : this.messages.get(id);
    const file = found && pictureFiles(found.card)[index];
    if (!found || file === undefined || !this.care.sees(found.channel, holder)) return undefined;
    const veiled = found.card.pictures[index]?.spoiler ?? found.card.data?.blurred === true;
    return veiled && !this.care.guards(found.channel) ? undefined : { file, veiled };
  }

  adapter(...asked: Parameters<WebOptions['adapter']>): ReturnType<WebOptions['adapter']> {
    return this.options.adapter(...asked);
  }

  /** What could complete an option of a command that the person may run. */
  async complete(account: Account, typing: z.infer<typeof completeBody>): Promise<readonly string[]> {
    const spec = this.options.commands.find((one) => one.path.join(' ') === typing.words);
    if (!spec || !mayRun(account.role, spec)) return [];
    const { name, channel } = typing;
    return (await this.options.complete?.({ path: spec.path, name, channel, account })) ?? [];
  }

  // What the adapter tells.

  show(message: Message): void {
    const id = this.eventId(message.seq);
    const made = (visitor?: string): Frame => ({ event: 'message', id, data: this.render(message, visitor) });
    const plain = made();
    this.live.broadcast((visitor, holder) => {
      if (!this.care.sees(message.channel, holder)) return undefined;
      const own = visitor !== undefined && this.messages.marksOf(message.id, visitor).length > 0;
      return own ? made(visitor) : plain;
    });
    this.statusSoon();
  }

  /** Counts of people alone: whoever sees the channel sees them. */
  turnout(channel: string, told: Turnout & { session: string }): void {
    const frame = { event: 'turnout', data: told };
    this.live.broadcast((_, holder) => (this.care.sees(channel, holder) ? frame : undefined));
  }

  gone(message: string): void {
    const removed = { event: 'removed', id: this.eventId(), data: { id: message } };
    this.live.broadcast(() => removed);
    this.statusSoon();
  }

  answer(replyTo: string, card: Card): void {
    const asked = this.asked.get(replyTo);
    if (!asked) return;
    this.keepFlag(asked, card).catch(this.fault);
    const id = `r${randomBytes(8).toString('hex')}`;
    const data = renderReply(id, asked.channel, card, this.options.now());
    if (card.pictures.length > 0) this.keep(id, { visitor: asked.visitor, channel: asked.channel, card });
    if (asked.collected) asked.collected.push(data);
    else this.live.broadcast((visitor) => (visitor === asked.visitor ? { event: 'reply', data } : undefined));
  }

  /** A report that an answer tells of stands beside its reporter's own marks, so that the page shows it. */
  private async keepFlag({ visitor, channel }: Asked, { data }: Card): Promise<void> {
    const found = flagged(data, this.messages.list(), channel);
    if (!found || !this.messages.consented(visitor)) return;
    const { id, emoji, on } = found;
    await this.messages.mark(id, visitor, emoji, on);
    const mine = this.messages.marksOf(id, visitor);
    this.live.broadcast((one) => (one === visitor ? { event: 'marks', data: { id, mine } } : undefined));
  }

  stop(): void {
    clearInterval(this.statusEvery);
    if (this.statusTimer) clearTimeout(this.statusTimer);
  }

  private async setMark(who: Account, message: Message, emoji: string, present: boolean): Promise<void> {
    const event = decodeMark(message, who, { emoji, present }, this.options.now());
    if (!event)
      throw new AcclaimError('usage', 'This ballot has no such mark.', 'Reload the page and try again.');
    await this.sink(event);
    await this.messages.mark(message.id, who.id, emoji, present);
  }

  private async ask(
    who: Account,
    channel: string,
    act: (replyTo: string, at: number) => Promise<void>,
  ): Promise<PageMessage[]> {
    const replyTo = `web-${randomBytes(12).toString('hex')}`;
    const asked: Asked = { visitor: who.id, channel, collected: [] };
    this.asked.set(replyTo, asked);
    const oldest = this.asked.keys().next();
    if (this.asked.size > maxAsked && !oldest.done) this.asked.delete(oldest.value);
    try {
      await act(replyTo, this.options.now());
      return asked.collected ?? [];
    } finally {
      asked.collected = null;
    }
  }

  private keep(id: string, answer: { visitor: string; channel: string; card: Card }): void {
    if (needsCare(answer.card)) this.care.mustGuard(answer.channel);
    this.answered.set(id, answer);
    const oldest = this.answered.keys().next();
    if (this.answered.size > maxAsked && !oldest.done) this.answered.delete(oldest.value);
  }

  /** Sessions of other platforms hang in channels that nobody here can be looked up in: the host's own people know them anyway. */
  private seen({ sessions }: StatusBody, holder: boolean, admin: boolean): StatusBody {
    const sees = ({ channel, onPage = true }: SessionStatus) =>
      onPage ? this.care.sees(channel, holder) : admin;
    return { sessions: sessions.filter(sees) };
  }

  private find(id: string): Message {
    const message = this.messages.get(id);
    if (message) return message;
    throw notHere;
  }

  private render(message: Message, visitor: string | undefined): PageMessage {
    return renderMessage(message, visitor === undefined ? [] : this.messages.marksOf(message.id, visitor));
  }

  private eventId(seq = this.messages.seq): string {
    return `${this.messages.epoch}-${seq}`;
  }

  /** The sidebar follows: one status for any number of changes within a moment. */
  private statusSoon(): void {
    const send = () => {
      this.statusTimer = null;
      this.sendStatus();
    };
    this.statusTimer ??= setTimeout(safely(send, this.fault), statusMs);
    this.statusTimer.unref();
  }

  private sendStatus(): void {
    if (this.live.size === 0) return;
    Promise.resolve(this.options.status())
      .then((data) => {
        const text = JSON.stringify(data);
        if (text === this.lastStatus) return;
        this.lastStatus = text;
        const frame = (holder: boolean, admin: boolean) => ({
          event: 'status',
          data: this.seen(data, holder, admin),
        });
        const [all, marked, open] = [frame(true, true), frame(true, false), frame(false, false)];
        this.live.broadcast((_, holder, admin) => (admin ? all : holder ? marked : open));
      })
      .catch(this.fault);
  }
}

const notHere = new AcclaimError('file-not-found', 'That message is no longer here.', 'Reload the page.');

const noConsent = new AcclaimError(
  'not-allowed',
  'You have not agreed to vote here yet.',
  'Agree in the page first.',
);

function choicesOf(type: unknown): readonly string[] {
  return typeof type === 'object' && type !== null && 'choice' in type
    ? (type.choice as readonly string[])
    : [];
}
