/**
 * The messages of ours in Slack's channels, by key, with the files and buttons that they show.
 */
import { History, type Standing } from '../../../src/chat/history.js';
import type { SlackApi } from './api.js';
import { buttonsOf, keyOf, picturesOf, type SlackMessage } from './mark.js';
import { later, tsOf } from './timestamp.js';

export interface Known extends Standing {
  /** Picture's name -> file id. */
  files: Map<string, string>;
  buttons: Map<string, string>;
}

/** Messages of ours on Slack, by the key in their metadata. */
export class SlackHistory extends History<SlackMessage, Known> {
  /** Our user id, set when we are known to Slack. */
  self = '';

  constructor(
    private readonly api: Pick<SlackApi, 'history' | 'message'>,
    private readonly now: () => number,
    /** ms */
    private readonly depth: number,
  ) {
    super();
  }

  /** A message of ours of whatever age, read alone where it is not known. */
  async lookUp(channel: string, ts: string): Promise<void> {
    if (this.known(channel, ts)) return;
    const message = await this.api.message(channel, ts);
    if (message) this.noteAlone(channel, message);
  }

  /** Reactions on a notice with a button to consent are no votes. */
  isNotice(channel: string, ts: string): boolean {
    return this.known(channel, ts)?.buttons.has('consent') ?? false;
  }

  protected override idOf({ ts }: SlackMessage): string | undefined {
    return ts;
  }

  protected override recognise(message: SlackMessage): Known | undefined {
    const key = message.user === this.self ? keyOf(message) : undefined;
    if (key === undefined || message.ts === undefined) return undefined;
    return { id: message.ts, key, files: picturesOf(message), buttons: buttonsOf(message) };
  }

  protected override newer(a: string, b: string): boolean {
    return later(a, b);
  }

  protected override back(channel: string): AsyncGenerator<SlackMessage> {
    return this.pages(channel, tsOf(this.now() - this.depth));
  }

  protected override on(channel: string, newest: string): AsyncGenerator<SlackMessage> {
    return this.pages(channel, newest);
  }

  private async *pages(channel: string, oldest: string): AsyncGenerator<SlackMessage> {
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: Awaited<ReturnType<SlackApi['history']>> = await this.api.history(channel, {
        oldest,
        ...(cursor === '' ? {} : { cursor }),
      });
      yield* page.messages;
      cursor = page.next;
    }
  }
}
