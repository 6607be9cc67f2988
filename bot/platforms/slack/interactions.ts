/**
 * Commands, buttons and menus. Slack waits 3 s, so everything is acknowledged before anything is done.
 * Answers go to the asker alone: by the response_url (half an hour, five times), then as an ephemeral message
 * where we may post one; one that can reach nobody is dropped.
 */
import type { RespondFn } from '@slack/bolt';
import { bytesOf } from '../../../src/chat/attachment.js';
import { asksForCell } from '../../../src/chat/cards.js';
import type { Account, Attachment, ChatEvent, MessageRef, ToldCard } from '../../../src/chat/port.js';
import { isNotAllowed } from '../../../src/chat/refusals.js';
import { reasonFor } from '../../../src/chat/words.js';
import { AcclaimError } from '../../../src/errors.js';
import type { Text } from '../../../src/words/text.js';
import type { Post, SlackApi } from './api.js';
import type { Channels } from './channels.js';
import { commandText } from './commands.js';
import { clearFiles, uploaded } from './files.js';
import { buttonOf } from './mark.js';
import type { Pace, SlackOptions } from './options.js';
import type { People } from './people.js';
import {
  renderFaults,
  renderFiles,
  renderPicker,
  renderPictures,
  renderReply,
  renderReveal,
  whisper,
} from './render.js';
import { words } from './words.js';

/** Of a slash command what we read. */
export interface Typed {
  channel_id: string;
  channel_name: string;
  user_id: string;
  text: string;
  trigger_id: string;
}

/** Of a press what we read. */
export interface Pressed {
  user: { id: string };
  channel?: { id: string } | undefined;
  container: { message_ts?: string; channel_id?: string; is_ephemeral?: boolean };
  trigger_id: string;
  action: {
    action_id: string;
    block_id: string;
    value?: string;
    selected_option?: { value: string } | null;
  };
}

interface Open {
  respond: RespondFn;
  channel: string;
  user: string;
  until: number;
  uses: number;
  answered: boolean;
  /** Of whoever is answered, once Slack has told it. */
  language: string | undefined;
  /** The next answer takes the place of the adapter's own message. */
  replaces: boolean;
}

export interface InteractionParts {
  api: SlackApi;
  people: People;
  channels: Channels;
  options: SlackOptions;
  /** Life of a response_url, ms. */
  life: number;
  pace: Pick<Pace, 'file' | 'fileMost'>;
  sink(event: ChatEvent): Promise<void>;
  /** A channel turned out to be no place for hidden pictures. */
  unguarded(channel: string): Promise<void>;
}

const mostUses = 5;
/** Private answers with a menu: what comes of the choice takes their place. */
const menus: ReadonlySet<string> = new Set(['pick-flag', 'pick-why', 'pick-best', 'say-why']);

/** Commands, presses and menus, and the answers to them. */
export class Interactions {
  /** Answers that may still be given; nothing of a session hangs on them. */
  private readonly open = new Map<string, Open>();

  constructor(private readonly parts: InteractionParts) {}

  async command(typed: Typed, respond: RespondFn): Promise<void> {
    const { channel_id: channel, user_id: user, trigger_id: id } = typed;
    this.begin(id, respond, channel, user, false);
    await this.carry(id, words.done, async () => {
      if (channel.startsWith('D')) return this.whisper(id, words.channelsOnly);
      const account = await this.account(user);
      const text = commandText(typed.text);
      await this.parts.sink({ kind: 'command', channel, account, text, ...this.stamp(id) });
    });
  }

  async press(pressed: Pressed, respond: RespondFn): Promise<void> {
    const { user, action, container, trigger_id: id } = pressed;
    const channel = pressed.channel?.id ?? container.channel_id;
    const message = container.message_ts;
    const button = buttonOf(action.action_id);
    if (channel === undefined || message === undefined || button === undefined) return;
    this.begin(id, respond, channel, user.id, menus.has(button) || container.is_ephemeral === true);
    const ref: MessageRef = { platform: 'slack', channel, message };
    await this.carry(id, saidAfter(button), () => this.act(button, action, ref, user.id, id));
  }

  /** Quiet when nobody can be answered any more. */
  async reply(replyTo: string, card: ToldCard): Promise<void> {
    const bodies = renderReply(card);
    const channel = this.open.get(replyTo)?.channel;
    if (card.pictures.length > 0 && channel !== undefined) {
      if (card.pictures.some(({ spoiler }) => spoiler)) await this.parts.channels.mustBeGuarded(channel);
      // Only its asker sees the answer: there is nobody to blur it for, but an asker who came for figures.
      const veiled = card.data?.veiled === true;
      const sent = card.pictures.slice(0, 10).map((one) => ({ ...one, spoiler: one.spoiler && veiled }));
      const shown = await uploaded(this.parts.api, sent, new Map(), this.parts.pace);
      bodies.push(renderPictures(shown, card.language));
    }
    for (const body of bodies) await this.send(replyTo, body);
    if (card.files?.length) await this.hand(replyTo, card.files);
  }

  /**
   * Slack shows no file to one person in a channel: files go as a direct message, or, where that fails, as
   * text.
   */
  private async hand(id: string, files: readonly Attachment[]): Promise<void> {
    const open = this.open.get(id);
    if (!open) return;
    const { api, options } = this.parts;
    try {
      const to = await api.directMessage(open.user);
      for (const file of files) await api.share(to, await bytesOf(file), file.name);
      await this.whisper(id, words.filesSent);
    } catch (error) {
      options.onError?.(error);
      for (const body of renderFiles(files, open.language)) await this.send(id, body);
    }
  }

  private async act(
    button: string,
    action: Pressed['action'],
    ref: MessageRef,
    user: string,
    id: string,
  ): Promise<void> {
    const value = action.value ?? null;
    const language = this.open.get(id)?.language;
    const cells = value?.split(',') ?? [];
    if (asksForCell(button) && cells.length > 1)
      return this.send(id, renderPicker(button, ref.message, cells, language));
    if (button === 'why') return this.send(id, renderFaults(ref.message, value ?? '', language));
    const chosen = action.selected_option?.value ?? null;
    if (button === 'pick-why') return this.send(id, renderFaults(action.block_id, chosen ?? '', language));
    if (button === 'reveal') return this.reveal(value ?? '', ref.channel, id);
    const account = await this.account(user);
    const { at, replyTo } = this.stamp(id);
    if (button === 'consent' || button === 'withdraw') {
      const given = button === 'consent';
      return this.parts.sink({ kind: 'consent', channel: ref.channel, account, given, at });
    }
    const event = { kind: 'button', ref, account, button, value, at, replyTo } as const;
    if (!menus.has(button)) return this.parts.sink(event);
    // A menu is a message of its own; its block is named after the ballot, and after the picture where that
    // is known.
    const [message, cell] = action.block_id.split(' ') as [string, string?];
    const picked = { button: button.replace(/^(pick|say)-/, ''), ref: { ...ref, message } };
    return this.parts.sink({ ...event, ...picked, value: cell === undefined ? chosen : `${cell} ${chosen}` });
  }

  /** The clear pictures to one person, if the channel still allows them. */
  private async reveal(value: string, channel: string, id: string): Promise<void> {
    try {
      await this.parts.channels.mustBeGuarded(channel);
    } catch (error) {
      if (isNotAllowed(error)) await this.parts.unguarded(channel);
      throw error;
    }
    await this.send(id, renderReveal(clearFiles(value).values(), this.open.get(id)?.language));
  }

  private async account(user: string): Promise<Account> {
    return (await this.parts.people.look(user)).account;
  }

  private begin(id: string, respond: RespondFn, channel: string, user: string, replaces: boolean): void {
    const now = this.parts.options.now();
    for (const [key, { until }] of this.open) if (until < now) this.open.delete(key);
    const until = now + this.parts.life;
    const language = undefined;
    this.open.set(id, { respond, channel, user, until, uses: 0, answered: false, language, replaces });
  }

  private async send(id: string, body: Post): Promise<void> {
    const open = this.open.get(id);
    if (!open) return;
    open.answered = true;
    if (open.until >= this.parts.options.now() && open.uses < mostUses) {
      open.uses += 1;
      const replace_original = open.replaces;
      open.replaces = false;
      const sent = open.respond({
        response_type: 'ephemeral',
        replace_original,
        ...body,
      });
      if (await sent.then(() => true).catch(() => false)) return;
    }
    try {
      await this.parts.api.whisper(open.channel, open.user, body);
    } catch (error) {
      if (!(error instanceof AcclaimError)) return;
      if (error.code === 'token-invalid') throw error;
    }
  }

  /** Whoever asked always gets an answer, `otherwise` when nobody else gave one. */
  private async carry(id: string, otherwise: Text, job: () => Promise<void>): Promise<void> {
    await this.learnLanguage(id);
    try {
      await job();
      if (!this.open.get(id)?.answered) await this.whisper(id, otherwise);
    } catch (error) {
      const reason = reasonFor(error);
      await this.whisper(id, reason ?? words.failed).catch(() => {});
      if (reason === undefined) throw error;
    }
  }

  /** The adapter's own words. */
  private whisper(id: string, text: Text): Promise<void> {
    return this.send(id, whisper(text, this.open.get(id)?.language));
  }

  /** Whoever cannot be looked up is answered in English. */
  private async learnLanguage(id: string): Promise<void> {
    const open = this.open.get(id);
    if (!open) return;
    const found = await this.parts.people.look(open.user).catch(() => undefined);
    open.language = found?.account.language;
  }

  private stamp(id: string): { at: number; replyTo: string } {
    return { at: this.parts.options.now(), replyTo: id };
  }
}

function saidAfter(button: string): Text {
  if (button === 'consent') return words.consented;
  return button === 'withdraw' ? words.withdrawn : words.done;
}
