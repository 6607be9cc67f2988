/**
 * The messages of ours in Discord's channels, by mark. Standing notices are found by their pins however old
 * they are.
 */
import type { APIMessage } from 'discord.js';
import { History, type Standing } from '../../../src/chat/history.js';
import type { DiscordApi } from './api.js';
import { customIds, parseCustomId, readMark } from './mark.js';
import { madeAt, newer } from './snowflake.js';

/** `key` is the mark. */
export interface Known extends Standing {
  /** It has a button to consent: reactions on it are no votes. */
  notice: boolean;
  /** It shows pictures as spoilers. */
  spoiler: boolean;
}

const pageSize = 100;

/** Messages of ours on Discord, by their mark. */
export class DiscordHistory extends History<APIMessage, Known> {
  /** Our user id, set when we are known to Discord. */
  self = '';

  constructor(
    private readonly api: Pick<DiscordApi, 'messages' | 'pins'>,
    private readonly now: () => number,
    /** ms */
    private readonly depth: number,
  ) {
    super();
  }

  isNotice(channel: string, message: string): boolean {
    return this.known(channel, message)?.notice ?? false;
  }

  spoilers(channel: string): Known[] {
    return this.all(channel).filter(({ spoiler }) => spoiler);
  }

  protected override idOf(message: APIMessage): string {
    return message.id;
  }

  protected override recognise(message: APIMessage): Known | undefined {
    const key = message.author.id === this.self ? readMark(message) : undefined;
    if (key === undefined) return undefined;
    const notice = customIds(message).some((id) => parseCustomId(id)?.button === 'consent');
    const spoiler = message.attachments.some((file) => file.filename.startsWith('SPOILER_'));
    return { id: message.id, key, notice, spoiler };
  }

  protected override newer(a: string, b: string): boolean {
    return newer(a, b);
  }

  protected override async *back(channel: string): AsyncGenerator<APIMessage> {
    const since = this.now() - this.depth;
    yield* await this.api.pins(channel);
    for (let before = ''; ; ) {
      const page = await this.api.messages(channel, before === '' ? {} : { before });
      yield* page;
      const oldest = page.at(-1)?.id;
      if (page.length < pageSize || oldest === undefined || madeAt(oldest) < since) return;
      before = oldest;
    }
  }

  protected override async *on(channel: string, newest: string): AsyncGenerator<APIMessage> {
    for (let after = newest; ; ) {
      const page = await this.api.messages(channel, { after });
      yield* page;
      if (page.length < pageSize) return;
      after = page.reduce((id, message) => (newer(message.id, id) ? message.id : id), after);
    }
  }
}
