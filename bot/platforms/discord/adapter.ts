/**
 * Discord as a ChatPlatform. Votes come from raw dispatches and from reading a ballot again; messages, edits
 * and answers go over REST. Nothing that matters lives in this process only: marks in the messages and sweeps
 * bring it back.
 */
import {
  type APIChannel,
  type APIGuild,
  type APIInteraction,
  type APIMessage,
  type Client,
  Events,
  RESTEvents,
  Status,
} from 'discord.js';
import { outcomeOf } from '../../../src/chat/options.js';
import { sleep } from '../../../src/chat/pace.js';
import type { Account, MessageRef, NamedChannel } from '../../../src/chat/port.js';
import { isUnreachable } from '../../../src/chat/refusals.js';
import { safely } from '../../../src/machine/safely.js';
import { longestWait } from '../remote/lost-channels.js';
import type { Mark } from '../remote/marks.js';
import { type Connected, RemotePlatform } from '../remote/shell.js';
import { DiscordApi } from './api.js';
import { capabilities } from './capabilities.js';
import { Channels } from './channels.js';
import { makeClient, permissionsOf } from './client.js';
import { decode, type Packet } from './decode.js';
import { glyphOf } from './emoji.js';
import { closeError, discordCodes, isCode, loginError } from './errors.js';
import { DiscordHistory } from './history.js';
import { Interactions } from './interactions.js';
import { Messages } from './messages.js';
import { type DiscordOptions, defaultPace, type Pace } from './options.js';
import { readReactions, stillThere } from './reactions.js';
import { setEverywhere } from './registration.js';
import { type GuildNews, type Ready, Shards } from './shards.js';
import { Writer } from './written.js';

/** What exists between start and stop. */
interface Running extends Connected {
  client: Client;
  api: DiscordApi;
  channels: Channels;
  history: DiscordHistory;
  messages: Messages;
  interactions: Interactions;
  /** Application's id, known from the first READY. */
  application: string;
  shards: Shards;
}

/** A dispatch of the gateway's own news: what it carries, on which shard and when it came. */
interface News {
  d: unknown;
  shard: number;
  at: number;
}

/** Discord over its gateway and REST API: one bot token, any number of servers. */
export class DiscordPlatform extends RemotePlatform<Running, DiscordOptions> {
  readonly name = 'discord';
  readonly capabilities = capabilities;
  private readonly pace: Pace;

  constructor(options: DiscordOptions) {
    const pace = { ...defaultPace, ...options.pace };
    super(options, pace);
    this.pace = pace;
  }

  protected prepare(sink: Connected['sink']): Running {
    const { options, pace } = this;
    const { onRequest } = options;
    const client = makeClient(options);
    if (onRequest)
      client.rest.on(
        RESTEvents.Response,
        safely((_request, { status }) => onRequest(outcomeOf(status)), this.fault),
      );
    const failed = () => onRequest?.('failed');
    const api = new DiscordApi(client.rest, options.token, (error) => this.fatal(error), failed);
    const channels = new Channels(api);
    const history = new DiscordHistory(api, options.now, pace.history);
    const writer = new Writer(options.commands);
    const messages = new Messages({
      ...{ api, channels, history, pace, writer },
      now: options.now,
      languageOf: this.languageOf,
    });
    const application = () => this.here.application;
    const guard = (channel: string) => channels.mustBeAgeRestricted(channel);
    const parts = { api, options, life: pace.answer, application, sink, guard, writer };
    const interactions = new Interactions(parts);
    const shards = new Shards();
    return { client, api, channels, history, messages, interactions, sink, application: '', shards };
  }

  protected async connect(running: Running): Promise<void> {
    const { client } = running;
    const receive = (packet: Packet, shard: number) =>
      this.running === running ? this.receive(packet, shard, running) : undefined;
    client.on(Events.Raw, safely(receive, this.fault));
    client.on(Events.Error, safely(this.fault, this.fault));
    // Each try that fails is told; that the line is away, and why, is one thing.
    const broken = (error: Error) => this.tellLink(running, error);
    client.on(Events.ShardError, safely(broken, this.fault));
    const link = safely(() => this.tellLink(running), this.fault);
    for (const change of [Events.ShardReconnecting, Events.ShardReady, Events.ShardResume] as const)
      client.on(change, link);
    await this.login(running);
    if (this.options.register !== false) await this.registered(running, this.pace.again);
  }

  private login(running: Running): Promise<void> {
    const { client } = running;
    return new Promise((resolve, reject) => {
      client.once(Events.ClientReady, () => resolve());
      const dropped = ({ code }: { code: number }) => {
        const error = closeError(code);
        reject(error);
        // Once connected, nobody awaits this promise: then the process has to end.
        if (running.application !== '') this.fatal(error);
      };
      client.on(Events.ShardDisconnect, safely(dropped, this.fault));
      client.login(this.options.token).catch(reject);
    });
  }

  /** A connection that was never READY may never be told to be closed. */
  protected async disconnect({ client }: Running): Promise<void> {
    await Promise.race([client.destroy(), sleep(goodbye)]);
  }

  protected refused(error: unknown): unknown {
    return loginError(error);
  }

  protected troubleOf({ client }: Running): string | null {
    const { shards } = client.ws;
    if (shards.size === 0) return 'not connected';
    const away = [...shards.values()].filter(({ status }) => status !== Status.Ready).length;
    return away === 0 ? null : `${away} of ${shards.size} connections are down`;
  }

  /** Sets the commands. Idempotent; true when anything had to be sent. */
  async register(): Promise<boolean> {
    const { api, application, shards } = this.here;
    return setEverywhere({ ...this.options, api, application, servers: shards.all() });
  }

  /** What Discord refuses is said, and everything else goes on; what it does not answer is asked again. */
  private async registered(running: Running, wait: number): Promise<void> {
    try {
      await this.register();
    } catch (error) {
      if (this.running !== running) return;
      this.fault(error);
      if (!isUnreachable(error)) return;
      this.later(running, wait, () => this.registered(running, Math.min(wait * 2, longestWait)));
    }
  }

  async sameServer(one: string, other: string): Promise<boolean> {
    const { channels } = this.here;
    const known = await Promise.all([one, other].map((id) => channels.learn(id).catch(() => null)));
    const [a, b] = known.map((place) => place?.guild ?? null);
    return one === other || (a !== null && a === b);
  }

  protected lookOf(emoji: string): string | undefined {
    return glyphOf(emoji);
  }

  protected laneOf({ channel }: MessageRef): string {
    return channel;
  }

  protected prime({ channel, message }: MessageRef, glyph: string): Promise<void> {
    const { api, messages } = this.here;
    return messages.inThread(channel, () => api.react(channel, message, glyph));
  }

  protected read({ channel, message }: MessageRef): Promise<Map<string, Account[]>> {
    const { api, history } = this.here;
    return readReactions(api, channel, message, history.self);
  }

  protected stillThere({ ref, emoji, account }: Mark): Promise<boolean> {
    return stillThere(this.here.api, ref.channel, ref.message, emoji, account.id);
  }

  sees({ id }: Account, channel: string, from: string): Promise<boolean> {
    return this.here.channels.sees(id, channel, from);
  }

  mustGuard(channel: string): Promise<void> {
    return this.here.channels.mustBeAgeRestricted(channel);
  }

  channelsOf(near: string): Promise<NamedChannel[]> {
    return this.here.channels.ofServer(near);
  }

  async serverOf(channel: string): Promise<string | null> {
    return (await this.here.channels.learn(channel)).guild;
  }

  localeOf(channel: string): Promise<string | null> {
    return this.here.channels.localeOf(channel);
  }

  async servers(): Promise<ReadonlySet<string>> {
    return new Set(await this.here.api.guilds());
  }

  private async receive({ t, d }: Packet, shard: number, running: Running): Promise<void> {
    const { history } = running;
    const at = this.options.now();
    if (changesRights.has(t ?? '')) this.lost.lookAgain();
    const news = this.news.get(t ?? '');
    if (news) return news({ d, shard, at }, running);
    const decoded = decode(
      { t, d },
      {
        self: history.self,
        roles: this.options.roles,
        at,
        permissions: (guild, user, roles) => permissionsOf(running.client, guild, user, roles),
        isNotice: (channel, message) => history.isNotice(channel, message),
      },
    );
    await Promise.all(decoded.map(({ event, burst }) => this.hand({ event, twin: burst }, running)));
  }

  /** The gateway's own news, told apart from what people do. */
  private readonly news = new Map<string, (news: News, running: Running) => Promise<void>>([
    ['READY', ({ d, shard, at }, running) => this.ready(d as Ready, shard, at, running)],
    ['INTERACTION_CREATE', ({ d }, { interactions }) => interactions.receive(d as APIInteraction)],
    ['MESSAGE_CREATE', async ({ d }, { history }) => noteOwn(d as APIMessage, history)],
    ['CHANNEL_UPDATE', ({ d, at }, running) => this.changed(d as APIChannel, at, running)],
    ['GUILD_CREATE', (news, running) => this.joined(news, running)],
    ['GUILD_UPDATE', async ({ d }, { channels }) => channels.tellLocale(d as APIGuild)],
    ['GUILD_DELETE', (news, running) => this.left(news, running)],
    ['CHANNEL_DELETE', ({ d, at }, running) => this.shut(d as { id: string }, running, at, true)],
    ['THREAD_DELETE', ({ d, at }, running) => this.shut(d as { id: string }, running, at, true)],
  ]);

  private async ready(ready: Ready, shard: number, at: number, running: Running): Promise<void> {
    const { history, shards, client, sink } = running;
    history.self = ready.user.id;
    running.application = ready.application.id;
    const again = shards.ready(shard, ready);
    // What READY names is all that a shard is on, also those that are down now; told once every shard has
    // spoken.
    const told =
      shards.spoken < client.ws.shards.size
        ? undefined
        : sink({ kind: 'servers', platform: this.name, servers: shards.all(), at });
    await Promise.all([told, again ? this.gap(running) : undefined]);
  }

  private async changed(
    update: APIChannel,
    at: number,
    { channels, messages, sink }: Running,
  ): Promise<void> {
    for (const { channel, nsfw } of channels.changed(update)) {
      if (!nsfw) await messages.takeDown(channel).catch(this.fault);
      await sink({ kind: 'channel', platform: this.name, channel, canPost: true, nsfw, at });
    }
  }

  private async joined({ d, shard, at }: News, { shards, sink }: Running): Promise<void> {
    const guild = d as GuildNews;
    if (!shards.joined(shard, guild)) return;
    await sink({ kind: 'server', platform: this.name, server: guild.id, present: true, at });
  }

  private async left({ d, shard, at }: News, running: Running): Promise<void> {
    const guild = d as GuildNews;
    if (!running.shards.left(shard, guild)) return;
    // Handed on at once: an invitation that follows must not overtake it.
    const shut = this.shut(guild, running, at, false);
    const { id: server } = guild;
    await Promise.all([
      shut,
      running.sink({ kind: 'server', platform: this.name, server, present: false, at }),
    ]);
  }

  /**
   * Places that went with a channel, a thread or a server. `gone`: for good; a server may invite the bot
   * again.
   */
  private async shut({ id }: { id: string }, running: Running, at: number, gone: boolean): Promise<void> {
    const told = running.channels.lost(id).map((channel) => {
      this.lost.told(channel, false);
      const change = { channel, canPost: false, gone, nsfw: false };
      return running.sink({ kind: 'channel', platform: this.name, ...change, at });
    });
    await Promise.all(told);
  }

  /** One of several connections that is away makes it not there. */
  private tellLink(running: Running, why?: Error): void {
    if (this.running !== running || running.application === '') return;
    const trouble = this.trouble();
    this.link(trouble === null ? null : (why ?? new Error(trouble)));
  }

  protected async look(channel: string) {
    const { channels, history } = this.here;
    const takes = await channels.takesPosts(channel, history.self);
    if (takes !== true) return { takes: false, gone: takes === 'gone' } as const;
    return { takes, nsfw: (await channels.read(channel)).nsfw };
  }

  protected override isDeleted(error: unknown): boolean {
    return isCode(error, discordCodes.unknownChannel);
  }
}

/** A message of ours is kept in mind, whoever of our processes sent it. */
function noteOwn(message: APIMessage, history: DiscordHistory): void {
  if (message.author.id === history.self) history.note(message.channel_id, message);
}

/** ms */
const goodbye = 1000;

/** After these the bot may be allowed what it was not. */
const changesRights: ReadonlySet<string> = new Set([
  'CHANNEL_UPDATE',
  'GUILD_CREATE',
  'GUILD_MEMBER_UPDATE',
  'GUILD_ROLE_UPDATE',
  'THREAD_UPDATE',
]);
