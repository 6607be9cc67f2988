/**
 * Posting exactly once, editing gently, taking down. A post first looks for its mark in the channel, then
 * carries the mark as a nonce that Discord enforces, so that neither a crash nor a lost answer leaves a
 * second message.
 */
import type { APIMessage } from 'discord.js';
import { Latest } from '../../../src/chat/pace.js';
import type { MessageRef, ToldCard } from '../../../src/chat/port.js';
import { isGone, isNotAllowed, isUnreachable } from '../../../src/chat/refusals.js';
import { tell } from '../../../src/words/tell.js';
import type { DiscordApi } from './api.js';
import type { Channels } from './channels.js';
import { discordCodes, isCode } from './errors.js';
import type { DiscordHistory } from './history.js';
import { footer, markOf } from './mark.js';
import type { Pace } from './options.js';
import { type LoadedPicture, loadPictures, renderCard, withPictures } from './render.js';
import { madeAt } from './snowflake.js';
import { words } from './words.js';
import type { Writer } from './written.js';

export interface MessageParts {
  /** Of a channel, where something was posted in it. */
  languageOf(channel: string): string | undefined;
  api: DiscordApi;
  channels: Channels;
  history: DiscordHistory;
  pace: Pace;
  now(): number;
  writer: Writer;
}

const remembered = 500;

/** Our messages in channels. Errors: those of the API, `not-allowed` where pictures may not be shown. */
export class Messages {
  private readonly posting = new Map<string, Promise<MessageRef>>();
  private readonly edits: Latest;
  /** Message -> file name -> attachment id; what is not here is asked for. */
  private readonly files = new Map<string, Map<string, string>>();

  constructor(private readonly parts: MessageParts) {
    this.edits = new Latest(parts.pace.edit);
  }

  post(channel: string, card: ToldCard): Promise<MessageRef> {
    const mark = markOf(channel, card.key);
    const known = this.posting.get(mark);
    if (known) return known;
    const posted = this.postNow(channel, this.parts.writer.card(card), mark).finally(() =>
      this.posting.delete(mark),
    );
    this.posting.set(mark, posted);
    return posted;
  }

  edit(ref: MessageRef, card: ToldCard): Promise<void> {
    return this.edits.run(ref.message, () => this.editNow(ref, this.parts.writer.card(card)));
  }

  async remove({ channel, message }: MessageRef): Promise<void> {
    await this.inThread(channel, () => this.parts.api.delete(channel, message));
    this.parts.history.forget(channel, message);
    this.files.delete(message);
  }

  /** Runs it; a thread that was archived meanwhile is opened again first, unless it is locked. */
  async inThread<T>(channel: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      if (!isCode(error, discordCodes.archivedThread)) throw error;
      // Whoever may not open it again cannot do it: that is what is said, and not that a right is missing.
      await this.parts.api.unarchive(channel).catch((refused) => {
        throw isUnreachable(refused) ? refused : error;
      });
      return job();
    }
  }

  /** The channel lost its age restriction: no picture stays in it. */
  async takeDown(channel: string): Promise<void> {
    const { api, history } = this.parts;
    await history.load(channel);
    for (const { id, key } of history.spoilers(channel)) {
      // The mark may have stood in the pictures' names alone.
      const embeds = [{ footer: { text: footer(key) } }];
      const content = tell(words.takenDown, this.parts.languageOf(channel));
      const body = { content, embeds, attachments: [], allowed_mentions: { parse: [] } };
      try {
        this.note(channel, await this.inThread(channel, () => api.edit(channel, id, body, [])));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }

  private async postNow(channel: string, card: ToldCard, mark: string): Promise<MessageRef> {
    const { api, channels, history } = this.parts;
    const { nsfw } = await channels.learn(channel);
    const known = await history.find(channel, mark);
    // The mark may have gone while no process was there to hear of it.
    if (!nsfw && history.spoilers(channel).length > 0) await this.takeDown(channel);
    if (known !== undefined) return { platform: 'discord', channel, message: known };
    const pictures = await this.pictures(channel, card, mark);
    const { body, files } = withPictures(renderCard(card, mark), pictures);
    try {
      const message = await this.inThread(channel, () =>
        api.create(channel, { ...body, nonce: mark, enforce_nonce: true }, files),
      );
      this.note(channel, message);
      // The standing notice is found by its pin however old it gets; without the right to pin it is found
      // while young.
      if (history.isNotice(channel, message.id)) await api.pin(channel, message.id).catch(() => {});
      return { platform: 'discord', channel, message: message.id };
    } catch (error) {
      history.stale(channel);
      throw error;
    }
  }

  private async editNow({ channel, message }: MessageRef, card: ToldCard): Promise<void> {
    const { api, history, pace } = this.parts;
    const mark = history.known(channel, message)?.key ?? markOf(channel, card.key);
    const pictures = await this.pictures(channel, card, mark);
    const has = await this.filesOf(channel, message, pictures.length > 0);
    const same = pictures.every((p) => has.has(p.name)) && pictures.length === has.size;
    const old = this.parts.now() - madeAt(message) > pace.editable;
    if (old && !mustBeSeen(card, same)) return;
    const { body, files } = withPictures(renderCard(card, mark), pictures, has);
    this.note(channel, await this.inThread(channel, () => api.edit(channel, message, body, files)));
  }

  private async pictures(channel: string, card: ToldCard, mark: string): Promise<LoadedPicture[]> {
    if (card.pictures.some((picture) => picture.spoiler))
      await this.parts.channels.mustBeAgeRestricted(channel).catch(async (error) => {
        if (isNotAllowed(error)) await this.takeDown(channel);
        throw error;
      });
    return loadPictures(card, mark);
  }

  private async filesOf(channel: string, message: string, needed: boolean): Promise<Map<string, string>> {
    const known = this.files.get(message);
    if (known || !needed) return known ?? new Map();
    return this.note(channel, await this.parts.api.message(channel, message));
  }

  private note(channel: string, message: APIMessage): Map<string, string> {
    this.parts.history.note(channel, message);
    const files = new Map(message.attachments.map((file) => [file.filename, file.id]));
    this.files.delete(message.id);
    this.files.set(message.id, files);
    const oldest = this.files.keys().next();
    if (this.files.size > remembered && !oldest.done) this.files.delete(oldest.value);
    return files;
  }
}

/**
 * What is edited into a message of any age: its end, and pictures that changed (one may have been hidden).
 */
function mustBeSeen(card: ToldCard, samePictures: boolean): boolean {
  if (card.kind === 'progress') return card.progress === 1 || card.progress === null;
  return card.kind !== 'ballot' || card.data?.open === false || !samePictures;
}
