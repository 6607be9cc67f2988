/**
 * The few calls we make, over Slack's own client with its retries turned off: it repeats whatever fails, and
 * a post whose answer was lost would stand there twice. A 429 was surely not done and is waited out for every
 * call; broken calls are repeated only where that does no harm. Refusals come out as coded errors; a dead
 * token is told once and ends all calls.
 */
import { type types, webApi } from '@slack/bolt';
import type { RequestOutcome } from '../../../src/chat/options.js';
import { sleep } from '../../../src/chat/pace.js';
import { AcclaimError } from '../../../src/errors.js';
import { isPassing, limitedFor, slackCode, translate } from './errors.js';
import type { SlackMessage } from './mark.js';
import type { Pace } from './options.js';

/** Of users.info what we need. */
export interface Profile {
  id?: string;
  name?: string;
  real_name?: string;
  deleted?: boolean;
  is_bot?: boolean;
  is_admin?: boolean;
  is_owner?: boolean;
  is_restricted?: boolean;
  is_ultra_restricted?: boolean;
  /** Workspace of the account; of whoever is here by a shared channel another one. */
  team_id?: string;
  /** Of their Slack, such as `ja-JP`. */
  locale?: string;
  /** Of an organisation with several workspaces: those that the person is in. */
  enterprise_user?: { teams?: string[] };
  profile?: { display_name?: string; real_name?: string };
}

/** A message as we send it. */
export interface Post {
  /** Said where blocks are not shown; never empty. */
  text: string;
  blocks: types.KnownBlock[];
  metadata?: types.MessageMetadata;
  mrkdwn: false;
  link_names: false;
  unfurl_links: false;
  unfurl_media: false;
}

/** Of a conversation what we need. */
export interface Place {
  isMember: boolean;
  isPrivate: boolean;
  isArchived: boolean;
}

export interface Reaction {
  name: string;
  users: string[];
}

const attempts = 4;
/** Waits for being too fast, before a call is given up. */
const patience = 20;

/**
 * Slack's Web API as we use it. Errors come translated (errors.ts); once the token is refused every call says
 * so.
 */
export class SlackApi {
  private dead: AcclaimError | null = null;
  readonly client: webApi.WebClient;

  constructor(
    options: { token: string; api?: string; logger: webApi.Logger },
    private readonly pace: Pick<Pace, 'retry' | 'limited'>,
    private readonly onFatal: (error: AcclaimError) => void,
    private readonly onRequest: (outcome: RequestOutcome) => void = () => {},
  ) {
    this.client = new webApi.WebClient(options.token, clientOptions(options));
  }

  /** Who we are, and what we may do where Slack says so. */
  async whoAmI(): Promise<{ user: string; bot: string; team: string; scopes: string[] | null }> {
    const found = await this.call(() => this.client.auth.test());
    return {
      user: found.user_id ?? '',
      bot: found.bot_id ?? '',
      team: found.team_id ?? '',
      scopes: found.response_metadata?.scopes ?? null,
    };
  }

  /** Sent once: of a post that broke off nobody knows the end. Resolves with the message's ts. */
  async post(channel: string, body: Post): Promise<string> {
    const args = { ...body, channel } as webApi.ChatPostMessageArguments;
    const { ts } = await this.call(() => this.client.chat.postMessage(args), 1);
    if (ts === undefined) throw new AcclaimError('internal', 'Slack took a message and gave it no name');
    return ts;
  }

  async edit(channel: string, ts: string, body: Post): Promise<void> {
    const args = { ...body, channel, ts } as webApi.ChatUpdateArguments;
    await this.call(() => this.client.chat.update(args));
  }

  async delete(channel: string, ts: string): Promise<void> {
    await this.call(() => this.client.chat.delete({ channel, ts }));
  }

  /** For one person's eyes. */
  async whisper(channel: string, user: string, body: Post): Promise<void> {
    const args = { ...body, channel, user } as webApi.ChatPostEphemeralArguments;
    await this.call(() => this.client.chat.postEphemeral(args));
  }

  /** Having reacted already is as good. */
  async react(channel: string, timestamp: string, name: string): Promise<void> {
    try {
      await this.call(() => this.client.reactions.add({ channel, timestamp, name }));
    } catch (error) {
      if (slackCode(error) !== 'already_reacted') throw error;
    }
  }

  /** Without `full` Slack leaves people out of long lists. */
  async reactions(channel: string, timestamp: string): Promise<Reaction[]> {
    const { message } = await this.call(() => this.client.reactions.get({ channel, timestamp, full: true }));
    return (message?.reactions ?? []).map(({ name = '', users = [] }) => ({ name, users }));
  }

  /** A page of the channel, newest first, with metadata. */
  async history(
    channel: string,
    page: { oldest: string; cursor?: string },
  ): Promise<{ messages: SlackMessage[]; next: string | undefined }> {
    const found = await this.call(() =>
      this.client.conversations.history({ channel, limit: 200, include_all_metadata: true, ...page }),
    );
    const next = found.response_metadata?.next_cursor;
    return { messages: (found.messages ?? []) as SlackMessage[], next: next === '' ? undefined : next };
  }

  /** One message; undefined where there is none. */
  async message(channel: string, ts: string): Promise<SlackMessage | undefined> {
    const page = { oldest: ts, latest: ts, inclusive: true, limit: 1, include_all_metadata: true };
    const { messages } = await this.call(() => this.client.conversations.history({ channel, ...page }));
    return (messages as SlackMessage[] | undefined)?.find((found) => found.ts === ts);
  }

  async channel(channel: string): Promise<Place> {
    const found = await this.call(() => this.client.conversations.info({ channel }));
    return {
      isMember: found.channel?.is_member === true,
      isPrivate: found.channel?.is_private === true,
      isArchived: found.channel?.is_archived === true,
    };
  }

  /** Public ones, and private ones that the bot is in. */
  async *channels(): AsyncGenerator<{ address: string; name: string }> {
    const all = { types: 'public_channel,private_channel', exclude_archived: true, limit: 1000 };
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: webApi.ConversationsListResponse = await this.call(() =>
        this.client.conversations.list({ ...all, ...(cursor ? { cursor } : {}) }),
      );
      for (const { id, name } of page.channels ?? []) if (id) yield { address: id, name: name ?? id };
      cursor = page.response_metadata?.next_cursor || undefined;
    }
  }

  async *members(channel: string): AsyncGenerator<string> {
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: webApi.ConversationsMembersResponse = await this.call(() =>
        this.client.conversations.members({ channel, limit: 200, ...(cursor ? { cursor } : {}) }),
      );
      yield* page.members ?? [];
      cursor = page.response_metadata?.next_cursor || undefined;
    }
  }

  /** Null for someone whom Slack does not know. */
  async person(user: string): Promise<Profile | null> {
    try {
      const { user: found } = await this.call(() => this.client.users.info({ user, include_locale: true }));
      return (found as Profile | undefined) ?? null;
    } catch (error) {
      if (['user_not_found', 'user_not_visible', 'users_not_found'].includes(slackCode(error) ?? ''))
        return null;
      throw error;
    }
  }

  async group(usergroup: string): Promise<string[]> {
    const { users } = await this.call(() => this.client.usergroups.users.list({ usergroup }));
    return users ?? [];
  }

  /** To nobody: the file is shown by a message that names it. */
  async upload(bytes: Buffer, filename: string, alt_text: string): Promise<string> {
    const { files } = await this.call(() => this.client.filesUploadV2({ file: bytes, filename, alt_text }));
    const id = files[0]?.files?.[0]?.id;
    if (id === undefined) throw new AcclaimError('internal', 'Slack took a picture and gave it no name');
    return id;
  }

  /** The conversation with one person; the scope im:write must have been given. */
  async directMessage(users: string): Promise<string> {
    const { channel } = await this.call(() => this.client.conversations.open({ users }));
    if (channel?.id === undefined) throw new AcclaimError('internal', 'Slack opened no conversation');
    return channel.id;
  }

  /** A file to everyone in a conversation. */
  async share(channel_id: string, bytes: Buffer, filename: string): Promise<void> {
    await this.call(() => this.client.filesUploadV2({ channel_id, file: bytes, filename }));
  }

  /** Empty while Slack is still looking at the file. */
  async fileType(file: string): Promise<string> {
    const found = await this.call(() => this.client.files.info({ file }));
    return found.file?.mimetype ?? '';
  }

  async deleteFile(file: string): Promise<void> {
    try {
      await this.call(() => this.client.files.delete({ file }));
    } catch (error) {
      if (!['file_not_found', 'file_deleted'].includes(slackCode(error) ?? '')) throw error;
    }
  }

  /** The token was taken from us, as an event said. */
  revoked(error: AcclaimError): void {
    if (this.dead) return;
    this.dead = error;
    this.onFatal(error);
  }

  private async call<T>(request: () => Promise<T>, tries = attempts): Promise<T> {
    for (let broken = 0, waits = 0; ; ) {
      if (this.dead) throw this.dead;
      try {
        const answer = await request();
        this.onRequest('ok');
        return answer;
      } catch (error) {
        const wait = limitedFor(error, this.pace.limited);
        this.onRequest(wait !== null ? 'limited' : isPassing(error) ? 'failed' : 'refused');
        if (wait !== null && ++waits <= patience) await sleep(wait);
        else if (isPassing(error) && ++broken < tries) await sleep(this.pace.retry * 2 ** (broken - 1));
        else throw this.refusal(error);
      }
    }
  }

  private refusal(error: unknown): unknown {
    const told = translate(error);
    if (told instanceof AcclaimError && told.code === 'token-invalid') this.revoked(told);
    return told;
  }
}

/** Of Bolt's client: it tries nothing again by itself, and `api` is the base of Slack's addresses. */
export function clientOptions(options: { api?: string; logger: webApi.Logger }): webApi.WebClientOptions {
  return {
    ...(options.api === undefined ? {} : { slackApiUrl: options.api }),
    logger: options.logger,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 30_000,
  };
}
