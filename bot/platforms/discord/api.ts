/**
 * The few calls we make, over discord.js' REST client, which queues, paces and retries 429 and 5xx. Refusals
 * come out as coded errors. One 401 makes that client drop its token for good, so the token is set again and
 * tried once more; a second 401 is the end.
 */
import {
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  type APIMessage,
  type APIUser,
  type RawFile,
  type REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
} from 'discord.js';
import type { AcclaimError } from '../../../src/errors.js';
import { isAnswer, isTokenless, isUnauthorized, tokenInvalid, translate } from './errors.js';

export type Body = RESTPostAPIChannelMessageJSONBody & RESTPatchAPIChannelMessageJSONBody;

/** A registered command as it is compared: names and options only. */
export type CommandBody = Record<string, unknown>;

/**
 * Discord's REST API as we use it. Errors come translated (errors.ts); once the token is refused every call
 * says so.
 */
export class DiscordApi {
  private dead = false;

  constructor(
    private readonly rest: REST,
    private readonly token: string,
    private readonly onFatal: (error: AcclaimError) => void,
    /** Told of requests that got no answer at all; of the others the client tells. */
    private readonly onSilence: () => void = () => {},
  ) {}

  create(channel: string, body: Body, files: RawFile[]): Promise<APIMessage> {
    return this.call(() => this.rest.post(Routes.channelMessages(channel), { body, files }));
  }

  edit(channel: string, message: string, body: Body, files: RawFile[]): Promise<APIMessage> {
    return this.call(() => this.rest.patch(Routes.channelMessage(channel, message), { body, files }));
  }

  delete(channel: string, message: string): Promise<void> {
    return this.call(() => this.rest.delete(Routes.channelMessage(channel, message)));
  }

  message(channel: string, message: string): Promise<APIMessage> {
    return this.call(() => this.rest.get(Routes.channelMessage(channel, message)));
  }

  /** Newest first, whichever of the bounds is given. */
  messages(channel: string, bound: { before?: string; after?: string }): Promise<APIMessage[]> {
    const query = new URLSearchParams({ limit: '100', ...bound });
    return this.call(() => this.rest.get(Routes.channelMessages(channel), { query }));
  }

  async pins(channel: string): Promise<APIMessage[]> {
    const found = await this.call<{ items: { message: APIMessage }[] }>(() =>
      this.rest.get(Routes.channelMessagesPins(channel)),
    );
    return found.items.map((item) => item.message);
  }

  pin(channel: string, message: string): Promise<void> {
    return this.call(() => this.rest.put(Routes.channelMessagesPin(channel, message)));
  }

  react(channel: string, message: string, glyph: string): Promise<void> {
    const emoji = encodeURIComponent(glyph);
    return this.call(() => this.rest.put(Routes.channelMessageOwnReaction(channel, message, emoji)));
  }

  /** `type` 0 = ordinary, 1 = super-reactions; users by id, after `after`. */
  reactions(
    channel: string,
    message: string,
    glyph: string,
    page: { type: 0 | 1; limit: number; after: string },
  ): Promise<APIUser[]> {
    const query = new URLSearchParams({
      type: String(page.type),
      limit: String(page.limit),
      after: page.after,
    });
    const emoji = encodeURIComponent(glyph);
    return this.call(() => this.rest.get(Routes.channelMessageReaction(channel, message, emoji), { query }));
  }

  channel(channel: string): Promise<APIChannel> {
    return this.call(() => this.rest.get(Routes.channel(channel)));
  }

  guild(guild: string): Promise<APIGuild> {
    return this.call(() => this.rest.get(Routes.guild(guild)));
  }

  /** Threads that are open among them. */
  async channels(guild: string): Promise<{ id: string; name?: string | null }[]> {
    const all = await this.call<APIChannel[]>(() => this.rest.get(Routes.guildChannels(guild)));
    const open = await this.call<{ threads: APIChannel[] }>(() =>
      this.rest.get(Routes.guildActiveThreads(guild)),
    );
    return [...all, ...open.threads];
  }

  member(guild: string, user: string): Promise<APIGuildMember> {
    return this.call(() => this.rest.get(Routes.guildMember(guild, user)));
  }

  /** Throws where the person is not in the thread. */
  threadMember(thread: string, user: string): Promise<unknown> {
    return this.call(() => this.rest.get(Routes.threadMembers(thread, user)));
  }

  unarchive(thread: string): Promise<void> {
    return this.call(() => this.rest.patch(Routes.channel(thread), { body: { archived: false } }));
  }

  async guilds(): Promise<string[]> {
    const found: string[] = [];
    for (let after = '0'; ; ) {
      const query = new URLSearchParams({ limit: '200', after });
      const page = await this.call<{ id: string }[]>(() => this.rest.get(Routes.userGuilds(), { query }));
      found.push(...page.map(({ id }) => id));
      if (page.length < 200) return found;
      after = found.at(-1)!;
    }
  }

  me(): Promise<APIUser> {
    return this.call(() => this.rest.get(Routes.user('@me')));
  }

  commands(application: string, guild: string | null): Promise<CommandBody[]> {
    const query = new URLSearchParams({ with_localizations: 'true' });
    return this.call(() => this.rest.get(commandsRoute(application, guild), { query }));
  }

  setCommands(application: string, guild: string | null, body: CommandBody[]): Promise<CommandBody[]> {
    return this.call(() => this.rest.put(commandsRoute(application, guild), { body }));
  }

  // The token in the address is the authority: with `auth` a refusal here would drop the bot's own token.

  answer(interaction: string, token: string, body: unknown): Promise<void> {
    return this.call(() =>
      this.rest.post(Routes.interactionCallback(interaction, token), { body, auth: false }),
    );
  }

  editAnswer(application: string, token: string, body: Body, files: RawFile[]): Promise<void> {
    const route = Routes.webhookMessage(application, token, '@original');
    return this.call(() => this.rest.patch(route, { body, files, auth: false }));
  }

  private async call<T>(request: () => Promise<unknown>): Promise<T> {
    if (this.dead) throw tokenInvalid();
    try {
      return (await request()) as T;
    } catch (error) {
      if (!isUnauthorized(error) && !isTokenless(error)) {
        if (!isAnswer(error)) this.onSilence();
        throw translate(error);
      }
    }
    try {
      this.rest.setToken(this.token);
      return (await request()) as T;
    } catch (error) {
      if (!isUnauthorized(error)) throw translate(error);
      const fatal = tokenInvalid(error);
      if (!this.dead) this.onFatal(fatal);
      this.dead = true;
      throw fatal;
    }
  }
}

function commandsRoute(application: string, guild: string | null) {
  return guild === null
    ? Routes.applicationCommands(application)
    : Routes.applicationGuildCommands(application, guild);
}
