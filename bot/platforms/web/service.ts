/**
 * What the routes ask and the adapter tells: marks, buttons, commands, consent. A mark goes to the sink
 * first; only once that has made it durable is it kept here and answered, so what a voter saw accepted is in
 * the ledger. Whoever has not consented leaves no trace: their marks wait in the browser.
 */
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import { mayRun, usage } from '../../../src/chat/commands.js';
import type { Account, Card, ChatEvent } from '../../../src/chat/port.js';
import type { Turnout } from '../../../src/domain/voting/turnout.js';
import { AcclaimError } from '../../../src/errors.js';
import { tell } from '../../../src/words/tell.js';
import { say } from '../../../src/words/text.js';
import {
  type buttonBody,
  type commandBody,
  type completeBody,
  type consentBody,
  decodeMark,
  earlierMarks,
  flagged,
  type reactBody,
  refOf,
} from './decode.js';
import { Feed } from './feed.js';
import type { Live } from './live.js';
import type { Message, Messages } from './messages.js';
import type { NsfwChannels } from './nsfw.js';
import type { StatusBody, WebOptions } from './options.js';
import { type PageMessage, pictureFiles } from './render.js';
import { type Asked, Replies } from './replies.js';
import { StatusFeed } from './status.js';
import type { Holder } from './streams.js';

/** A file behind an address of the page. */
export interface Shown {
  file: string;
  /** Blurred unless its reader asked for it clear. */
  veiled: boolean;
}

export interface WebServiceParts {
  options: WebOptions;
  messages: Messages;
  live: Live;
  nsfw: NsfwChannels;
  sink(event: ChatEvent): Promise<void>;
}

/** The page's own doings, apart from HTTP. Stop it once made. */
export class WebService {
  private readonly options: WebOptions;
  private readonly messages: Messages;
  private readonly feed: Feed;
  private readonly replies: Replies;
  private readonly statuses: StatusFeed;

  constructor(private readonly parts: WebServiceParts) {
    const { options, messages, live, nsfw } = parts;
    this.options = options;
    this.messages = messages;
    this.feed = new Feed(messages, live, nsfw);
    this.replies = new Replies({ live, nsfw, now: options.now });
    this.statuses = new StatusFeed({ status: options.status, live, nsfw, fault: this.fault });
  }

  /** Epoch ms. */
  now(): number {
    return this.options.now();
  }

  /** True for an invite that is good, which is used up by this. */
  async redeem(code: string): Promise<boolean> {
    return (await this.options.crowd?.redeem(code)) ?? false;
  }

  /**
   * Somebody vouched for the person. Of those who agreed it is written down; others say so when they agree.
   */
  async vouched(who: Account): Promise<void> {
    if (!this.messages.consented(who.id)) return;
    await this.parts.sink({ kind: 'consent', channel: '', account: who, given: true, at: this.now() });
  }

  /** Body of `GET /api/me`. */
  async me(who: Account): Promise<object> {
    const { language } = who;
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
        help: tell(spec.help, language),
        allowed: mayRun(who.role, spec),
        options: spec.options.map(({ name, help, type }) => ({
          name,
          help: tell(help, language),
          choices: choicesOf(type),
          number: type === 'integer' || type === 'number',
        })),
        args: spec.args.map(({ name }) => name),
        choices: spec.args[0] ? choicesOf(spec.args[0].type) : [],
        offers: spec.args[1]?.offers ?? {},
      })),
    };
  }

  /** The sessions that they may know of. */
  status(holder: boolean, admin: boolean): Promise<StatusBody> {
    return this.statuses.of(holder, admin);
  }

  /** What only holders of a token may know of is not there for others. */
  admit(at: { message: string } | { channel: string }, holder: boolean): void {
    const channel = 'channel' in at ? at.channel : this.messages.get(at.message)?.channel;
    if (channel !== undefined && !this.parts.nsfw.sees(channel, holder)) throw notHere;
  }

  /** Opens a line. Throws `limited`, where there are as many as may be. */
  follow(
    who: Omit<Holder, 'known'>,
    line: { response: ServerResponse; headers: Record<string, string> },
    lastEventId: string | undefined,
  ): void {
    this.feed.open(who, line, lastEventId);
    this.statuses.opened();
  }

  /**
   * What a page begins with that has not opened its line yet: all that stands here, with the visitor's marks,
   * as JSON, and the address of the pictures that it asks for first.
   */
  async first(
    account: Account,
    who: { holder: boolean; admin: boolean },
  ): Promise<{ state: string; batch: string | null }> {
    const me = JSON.stringify(await this.me(account));
    const { sessions } = await this.status(who.holder, who.admin);
    const { id, text, batch } = this.feed.stands(account.id, who.holder, account.language ?? 'en');
    const state = `{"me":${me},"sessions":${JSON.stringify(sessions)},"id":${JSON.stringify(id)},"messages":${text}}`;
    return { state, batch };
  }

  /**
   * Somebody logged out: their lines end, and those of a log-in that stands no more; later answers reach
   * nobody.
   */
  loggedOut(visitor: string | undefined): void {
    if (visitor !== undefined) this.replies.drop(visitor);
    this.parts.live.review((one) => one.holder && visitor !== undefined && one.visitor === visitor);
  }

  /** The person's marks on the message afterwards. */
  async mark(who: Account, { message: id, marks }: z.infer<typeof reactBody>): Promise<string[]> {
    const message = this.find(id);
    if (!this.messages.consented(who.id)) throw noConsent;
    if (message.card.data?.open === false) {
      throw new AcclaimError(
        'round-closed',
        say('This round has closed.'),
        say('The next one opens by itself.'),
      );
    }
    for (const { emoji, present } of marks) {
      const earlier = present
        ? earlierMarks(message, emoji, this.messages.list(), (m) => this.messages.marksOf(m, who.id))
        : [];
      for (const one of earlier) await this.setMark(who, one.message, one.emoji, false);
      await this.setMark(who, message, emoji, present);
    }
    const mine = this.mine(who, id);
    this.feed.marks(who.id, id, mine);
    return mine;
  }

  /** The person's marks on a message. */
  mine(who: Account, id: string): string[] {
    return this.messages.marksOf(id, who.id);
  }

  /** Resolves with what is answered. */
  async press(
    who: Account,
    { message: id, button, value }: z.infer<typeof buttonBody>,
  ): Promise<PageMessage[]> {
    const message = this.find(id);
    // What is pressed on a ballot is a vote; a moderator's word is none.
    if (message.card.kind === 'ballot' && !this.messages.consented(who.id)) throw noConsent;
    const ref = refOf(message);
    return this.replies.ask({ visitor: who.id, channel: message.channel }, (replyTo, at) =>
      this.parts.sink({ kind: 'button', ref, account: who, button, value, at, replyTo }),
    );
  }

  /** Resolves with what is answered. */
  async command(who: Account, { channel, text }: z.infer<typeof commandBody>): Promise<PageMessage[]> {
    return this.replies.ask({ visitor: who.id, channel }, (replyTo, at) =>
      this.parts.sink({ kind: 'command', channel, account: who, text, at, replyTo }),
    );
  }

  /** Withdrawing consent also forgets the person's marks here. */
  async consent(who: Account, { channel, given }: z.infer<typeof consentBody>): Promise<void> {
    const at = this.now();
    await this.parts.sink({ kind: 'consent', channel, account: who, given, at });
    if (given) await this.messages.consent(who.id, true, at);
    else await this.forget(who.id);
  }

  /** Consent and marks leave the journal; open pages of the person show none any more. */
  async forget(who: string): Promise<void> {
    const marked = this.messages
      .list()
      .filter((message) => this.messages.marksOf(message.id, who).length > 0);
    await this.messages.consent(who, false, this.now());
    for (const { id } of marked) this.feed.marks(who, id, []);
  }

  /**
   * A posted picture, or one of a private answer for its asker; undefined for any other address or person.
   */
  picture(id: string, index: number, visitor: string | undefined, holder: boolean): Shown | undefined {
    const { nsfw } = this.parts;
    const found = this.replies.pictured(id, visitor) ?? this.messages.get(id);
    const file = found && pictureFiles(found.card)[index];
    if (!found || file === undefined || !nsfw.sees(found.channel, holder)) return undefined;
    const veiled = found.card.pictures[index]?.spoiler ?? found.card.data?.blurred === true;
    return veiled && !nsfw.guards(found.channel) ? undefined : { file, veiled };
  }

  /** What a session taught, as a file; null when it is not there. */
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

  /** A message that was posted or edited. */
  show(message: Message): void {
    this.feed.show(message);
    this.statuses.soon();
  }

  /** Counts of people alone: whoever sees the channel sees them. */
  turnout(channel: string, told: Turnout & { session: string }): void {
    this.feed.turnout(channel, told);
  }

  /** A message that was removed. */
  gone(message: string): void {
    this.feed.gone(message);
    this.statuses.soon();
  }

  /** Dropped where nobody waits for it. */
  answer(replyTo: string, card: Card): void {
    const asked = this.replies.asker(replyTo);
    if (!asked) return;
    this.keepFlag(asked, card).catch(this.fault);
    this.replies.answer(replyTo, card);
  }

  stop(): void {
    this.statuses.stop();
  }

  /** A report that an answer tells of stands beside its reporter's own marks, so that the page shows it. */
  private async keepFlag({ visitor, channel }: Asked, { data }: Card): Promise<void> {
    const found = flagged(data, this.messages.list(), channel);
    if (!found || !this.messages.consented(visitor)) return;
    const { id, emoji, on } = found;
    await this.messages.mark(id, visitor, emoji, on);
    this.feed.marks(visitor, id, this.messages.marksOf(id, visitor));
  }

  private async setMark(who: Account, message: Message, emoji: string, present: boolean): Promise<void> {
    const event = decodeMark(message, who, { emoji, present }, this.now());
    if (!event)
      throw new AcclaimError(
        'usage',
        say('This ballot has no such mark.'),
        say('Reload the page and try again.'),
      );
    await this.parts.sink(event);
    await this.messages.mark(message.id, who.id, emoji, present);
  }

  private find(id: string): Message {
    const message = this.messages.get(id);
    if (message) return message;
    throw notHere;
  }

  private readonly fault = (error: unknown): void => this.options.onError?.(error);
}

const notHere = new AcclaimError(
  'file-not-found',
  say('That message is no longer here.'),
  say('Reload the page.'),
);

const noConsent = new AcclaimError(
  'not-allowed',
  say('You have not agreed to vote here yet.'),
  say('Agree in the page first.'),
);

function choicesOf(type: unknown): readonly string[] {
  return typeof type === 'object' && type !== null && 'choice' in type
    ? (type.choice as readonly string[])
    : [];
}
