/**
 * Posting exactly once, editing gently, taking down. A post first looks for its key in the channel; one that
 * broke off is looked for again before it is repeated, since Slack has nothing that would refuse the second.
 * Files that a message does not show any more are deleted from the workspace.
 */
import { Latest, Spaced, sleep } from '../../../src/chat/pace.js';
import type { MessageRef, ToldCard } from '../../../src/chat/port.js';
import { isGone, isNotAllowed } from '../../../src/chat/refusals.js';
import type { Post, SlackApi } from './api.js';
import type { Channels } from './channels.js';
import { isPassing } from './errors.js';
import { clearFiles, type Shown, uploaded } from './files.js';
import type { Known, SlackHistory } from './history.js';
import { metadataOf } from './mark.js';
import type { Pace } from './options.js';
import { renderCard, whisper } from './render.js';
import { words } from './words.js';

export interface MessageParts {
  /** Of a channel, where something was posted in it. */
  languageOf(channel: string): string | undefined;
  api: SlackApi;
  channels: Channels;
  history: SlackHistory;
  pace: Pace;
  onError(error: unknown): void;
}

const attempts = 3;

/** Our messages in channels. Errors: those of the API, `not-allowed` where pictures may not be shown. */
export class Messages {
  private readonly posting = new Map<string, Promise<MessageRef>>();
  private readonly posts: Spaced;
  private readonly edits: Latest;

  constructor(private readonly parts: MessageParts) {
    this.posts = new Spaced(parts.pace.post);
    this.edits = new Latest(parts.pace.edit);
  }

  post(channel: string, card: ToldCard): Promise<MessageRef> {
    const lane = `${channel} ${card.key}`;
    const known = this.posting.get(lane);
    if (known) return known;
    const posted = this.postOnce(channel, card)
      .then((message): MessageRef => ({ platform: 'slack', channel, message }))
      .finally(() => this.posting.delete(lane));
    this.posting.set(lane, posted);
    return posted;
  }

  edit(ref: MessageRef, card: ToldCard): Promise<void> {
    return this.edits.run(`${ref.channel} ${ref.message}`, () => this.editNow(ref, card));
  }

  async remove({ channel, message }: MessageRef): Promise<void> {
    const { api, history } = this.parts;
    const known = await this.known(channel, message);
    await api.delete(channel, message);
    history.forget(channel, message);
    if (known) await this.deleteFiles(filesOf(known).values());
  }

  /** The channel is no place for pictures that are NSFW any more. */
  async takeDown(channel: string): Promise<void> {
    const { api, history } = this.parts;
    await history.load(channel);
    for (const known of history.all(channel).filter(({ buttons }) => buttons.has('reveal'))) {
      const body: Post = {
        ...whisper(words.takenDown, this.parts.languageOf(channel)),
        metadata: metadataOf(known.key, 'notice'),
      };
      const files = [...filesOf(known).values()];
      try {
        await api.edit(channel, known.id, body);
        this.note(channel, known.id, body);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
      await this.deleteFiles(files);
    }
  }

  private async postOnce(channel: string, card: ToldCard): Promise<string> {
    const { api, history, pace } = this.parts;
    const known = await history.find(channel, card.key);
    if (known !== undefined) return known;
    const shown = await this.pictures(channel, card, new Map());
    const body = renderCard(card, shown);
    for (let tries = 1; ; tries++) {
      try {
        const ts = await this.posts.run(channel, () => api.post(channel, body));
        this.note(channel, ts, body);
        return ts;
      } catch (error) {
        history.stale(channel);
        if (!isPassing(error)) await this.deleteFiles(filesIn(shown));
        if (!isPassing(error) || tries === attempts) throw error;
      }
      await sleep(pace.retry * 2 ** (tries - 1));
      const found = await history.find(channel, card.key);
      if (found !== undefined) return found;
    }
  }

  private async editNow({ channel, message }: MessageRef, card: ToldCard): Promise<void> {
    const { api } = this.parts;
    const known = await this.known(channel, message);
    const had = known ? filesOf(known) : new Map<string, string>();
    const shown = await this.pictures(channel, card, had);
    const body = renderCard(card, shown);
    await api.edit(channel, message, body);
    this.note(channel, message, body);
    const kept = new Set(filesIn(shown));
    await this.deleteFiles([...had.values()].filter((file) => !kept.has(file)));
  }

  private async pictures(
    channel: string,
    card: ToldCard,
    has: ReadonlyMap<string, string>,
  ): Promise<Shown[]> {
    const { api, channels, pace } = this.parts;
    if (card.pictures.some((picture) => picture.spoiler))
      await channels.mustBeGuarded(channel).catch(async (error) => {
        if (isNotAllowed(error)) await this.takeDown(channel);
        throw error;
      });
    return uploaded(api, card.pictures.slice(0, 10), has, pace);
  }

  private async known(channel: string, ts: string): Promise<Known | undefined> {
    const { history } = this.parts;
    if (!history.known(channel, ts)) await history.load(channel);
    return history.known(channel, ts);
  }

  /** As we sent it: Slack's answers do not always say what is in a message. */
  private note(channel: string, ts: string, { metadata, blocks }: Post): void {
    const { history } = this.parts;
    history.note(channel, { ts, user: history.self, metadata, blocks });
  }

  /** A file that stays behind is a fault to tell, not a reason to fail. */
  private async deleteFiles(files: Iterable<string>): Promise<void> {
    for (const file of files)
      await this.parts.api.deleteFile(file).catch((error) => this.parts.onError(error));
  }
}

function filesOf({ files, buttons }: Known): Map<string, string> {
  return new Map([...files, ...clearFiles(buttons.get('reveal') ?? '')]);
}

function filesIn(shown: readonly Shown[]): string[] {
  return shown.flatMap(({ file, clear }) => (clear === null ? [file] : [file, clear]));
}
