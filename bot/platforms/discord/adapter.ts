/**
 * Discord as a ChatPlatform. Votes come from raw dispatches and from reading a ballot again; messages, edits and answers
 * go over REST. Nothing that matters lives in this process only: marks in the messages and sweeps bring it back.
 */
import {
  type APIChannel,
  type APIInteraction,
  type APIMessage,
  type Client,
  Events,
  RESTEvents,
  Status,
} from 'discord.js';
import { Gone } from '../../../src/chat/gone.js';
import { outcomeOf } from '../../../src/chat/options.js';
import { Spaced, sleep } from '../../../src/chat/pace.js';
import type {
  Account,
  Card,
  ChatEvent,
  ChatPlatform,
  MessageRef,
  NamedChannel,
} from '../../../src/chat/port.js';
import { isUnreachable, notConnected, unreachable } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';
import { DiscordApi } from './api.js';
import { capabilities } from './capabilities.js';
import { Channels } from './channels.js';
import { makeClient, permissionsOf } from './client.js';
import { decode, type Packet } from './decode.js';
import { glyphOf } from './emoji.js';
import { closeError, discordCodes, isCode, loginError } from './errors.js';
import { Heard } from './heard.js';
import { DiscordHistory } from './history.js';
import { Interactions } from './interactions.js';
import { Messages } from './messages.js';
import { type DiscordOptions, defaultPace, type Pace } from './options.js';
import { readReactions } from './reactions.js';
import { setEverywhere } from './registration.js';
import { Writer } from './written.js';

/** What exists between start and stop. */
interface Running {
  client: Client;
  api: DiscordApi;
  channels: Channels;
  history: DiscordHistory;
  messages: Messages;
  interactions: Interactions;
  sink: (event: ChatEvent) => Promise<void>;
  /** Application's id, known from the first READY. */
  application: string;
  /** Servers of each shard, from its newest READY on. A second READY means that events may have been missed. */
  shards: Map<number, Set<string>>;
  /** Servers that are still to be described. */
  greeted: Set<string>;
  /** Of the next look at channels that took no posts, where one had no answer. */
  look?: NodeJS.Timeout;
}

interface Ready {
  user: { id: string };
  application: { id: string };
  guilds: { id: string }[];
}

export class DiscordPlatform implements ChatPlatform {
  readonly name = 'discord';
  readonly capabilities = capabilities;
  private running: Running | null = null;
  private readonly pace: Pace;
  private readonly primings: Spaced;
  private readonly gone = new Gone((ref) => this.tellGone(ref));
  private readonly heard = new Heard(this.gone);

  constructor(private readonly options: DiscordOptions) {
    this.pace = { ...defaultPace, ...options.pace };
    this.primings = new Spaced(this.pace.prime);
  }

  async start(sink: (event: ChatEvent) => Promise<void>): Promise<void> {
    const { options, pace } = this;
    const client = makeClient(options);
    if (options.onRequest) {
      const { onRequest } = options;
      client.rest.on(
        RESTEvents.Response,
        safely((_request, { status }) => onRequest(outcomeOf(status)), this.fault),
      );
    }
    const api = new DiscordApi(
      client.rest,
      options.token,
      (error) => this.fatal(error),
      () => options.onRequest?.('failed'),
    );
    const channels = new Channels(api);
    const history = new DiscordHistory(api, options.now, pace.history);
    const writer = new Writer(options.commands);
    const messages = new Messages({ api, channels, history, pace, now: options.now, writer });
    const application = () => this.here.application;
    const guard = (channel: string) => channels.mustBeAgeRestricted(channel);
    const interactions = new Interactions({
      api,
      options,
      life: pace.answer,
      application,
      sink,
      guard,
      writer,
    });
    const shards = new Map<number, Set<string>>();
    const parts = { client, api, channels, history, messages, interactions, sink };
    const running: Running = { ...parts, application: '', shards, greeted: new Set<string>() };
    this.running = running;
    try {
      await this.connect(running);
      if (options.register !== false) await this.registered(pace.again);
    } catch (error) {
      await this.stop();
      throw loginError(error);
    }
  }

  trouble(): string | null {
    const shards = this.running?.client.ws.shards;
    if (!shards || shards.size === 0) return 'not connected';
    const away = [...shards.values()].filter(({ status }) => status !== Status.Ready).length;
    return away === 0 ? null : `${away} of ${shards.size} connections are down`;
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = null;
    // A connection that was never READY may never be told to be closed.
    if (running) await Promise.race([running.client.destroy(), sleep(goodbye)]);
  }

  /** Idempotent; true when anything had to be sent. */
  async register(): Promise<boolean> {
    const { api, application, shards } = this.here;
    const servers = new Set([...shards.values()].flatMap((of) => [...of]));
    return setEverywhere({ ...this.options, api, application, servers });
  }

  /** What Discord refuses is said, and everything else goes on; what it does not answer is asked again. */
  private async registered(wait: number): Promise<void> {
    const { running } = this;
    try {
      await this.register();
    } catch (error) {
      if (this.running !== running) return;
      this.fault(error);
      if (!isUnreachable(error)) return;
      this.later(running, wait, () => this.registered(Math.min(wait * 2, longest)));
    }
  }

  /** Unless it was stopped meanwhile. */
  private later(running: Running | null, wait: number, act: () => Promise<void>): NodeJS.Timeout {
    const again = () => (this.running === running ? act() : undefined);
    return setTimeout(safely(again, this.fault), wait).unref();
  }

  async post(channel: string, card: Card): Promise<MessageRef> {
    return this.unlessLost(channel, () => this.here.messages.post(channel, card));
  }

  /** Runs it; a channel that turns out to be lost is told, once, and looked at again when its rights change. */
  private async unlessLost<T>(channel: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      const refusing = this.running?.channels.refusing;
      if (
        error instanceof AcclaimError &&
        error.code === 'channel-lost' &&
        refusing?.has(channel) === false
      ) {
        refusing.add(channel);
        this.tellChannel(channel, false, { gone: isCode(error, discordCodes.unknownChannel) });
      }
      throw error;
    }
  }

  watch(channel: string): void {
    this.here.channels.refusing.add(channel);
    this.lookAgain(this.here).catch((error) => this.fault(error));
  }

  async sameServer(one: string, other: string): Promise<boolean> {
    const { channels } = this.here;
    const known = await Promise.all([one, other].map((id) => channels.learn(id).catch(() => null)));
    const [a, b] = known.map((place) => place?.guild ?? null);
    return one === other || (a !== null && a === b);
  }

  async edit(ref: MessageRef, card: Card): Promise<void> {
    const edit = () => this.here.messages.edit(ref, card);
    return this.unlessLost(ref.channel, () => this.gone.unlessGone(ref, edit));
  }

  async remove(ref: MessageRef): Promise<void> {
    this.gone.removing(ref);
    const remove = () => this.here.messages.remove(ref);
    return this.unlessLost(ref.channel, () => this.gone.unlessGone(ref, remove));
  }

  async react(ref: MessageRef, emoji: string): Promise<void> {
    const glyph = glyphOf(emoji);
    // `star-3` and the like have no look of their own: they are said by command here.
    if (glyph === undefined) return;
    const { api, messages } = this.here;
    return this.gone.unlessGone(ref, () =>
      this.primings.run(ref.channel, () =>
        messages.inThread(ref.channel, () => api.react(ref.channel, ref.message, glyph)),
      ),
    );
  }

  /** An empty answer would withdraw every vote: a ballot that is gone is news, not a sweep. */
  async fetchReactions(ref: MessageRef): Promise<Map<string, Account[]>> {
    const { api, history } = this.here;
    const read = () => readReactions(api, ref.channel, ref.message, history.self);
    return this.unlessLost(ref.channel, () => this.gone.telling(ref, read));
  }

  async reply(replyTo: string, card: Card): Promise<void> {
    return this.here.interactions.reply(replyTo, card);
  }

  sees({ id }: Account, channel: string, from: string): Promise<boolean> {
    return this.here.channels.sees(id, channel, from);
  }

  mustGuard(channel: string): Promise<void> {
    return this.here.channels.mustBeAgeRestricted(channel);
  }

  takeDown(channel: string): Promise<void> {
    return this.here.messages.takeDown(channel);
  }

  channelsOf(near: string): Promise<NamedChannel[]> {
    return this.here.channels.ofServer(near);
  }

  async serverOf(channel: string): Promise<string | null> {
    return (await this.here.channels.learn(channel)).guild;
  }

  async servers(): Promise<ReadonlySet<string>> {
    return new Set(await this.here.api.guilds());
  }

  private get here(): Running {
    if (!this.running) throw notConnected('Discord', 'discord.com');
    return this.running;
  }

  private async connect(running: Running): Promise<void> {
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
    await new Promise<void>((resolve, reject) => {
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

  private async receive(packet: Packet, shard: number, running: Running): Promise<void> {
    const { history, channels, messages, interactions, sink } = running;
    const at = this.options.now();
    if (changesRights.has(packet.t ?? '') && channels.refusing.size > 0)
      this.lookAgain(running).catch(this.fault);
    switch (packet.t) {
      case 'READY': {
        const { user, application, guilds } = packet.d as Ready;
        const ids = guilds.map(({ id }) => id);
        for (const id of ids) running.greeted.add(id);
        history.self = user.id;
        running.application = application.id;
        const again = running.shards.has(shard);
        running.shards.set(shard, new Set(ids));
        const told = this.tellServers(running, at);
        if (again) {
          history.stale();
          await sink({ kind: 'gap', platform: 'discord', at });
        }
        return told;
      }
      case 'INTERACTION_CREATE':
        return interactions.receive(packet.d as APIInteraction);
      case 'MESSAGE_CREATE': {
        const message = packet.d as APIMessage;
        if (message.author.id === history.self) history.note(message.channel_id, message);
        return;
      }
      case 'CHANNEL_UPDATE': {
        for (const { channel, nsfw } of channels.changed(packet.d as APIChannel)) {
          if (!nsfw) await messages.takeDown(channel).catch((error) => this.fault(error));
          await sink({ kind: 'channel', platform: 'discord', channel, canPost: true, nsfw, at });
        }
        return;
      }
      case 'GUILD_CREATE': {
        const { id: server, unavailable } = packet.d as { id: string; unavailable?: boolean };
        running.shards.get(shard)?.add(server);
        // Those that READY named are sent one by one and are no news.
        if (running.greeted.delete(server)) return;
        return unavailable
          ? undefined
          : sink({ kind: 'server', platform: 'discord', server, present: true, at });
      }
      case 'GUILD_DELETE': {
        const { id: server, unavailable } = packet.d as { id: string; unavailable?: boolean };
        if (unavailable) return;
        running.greeted.delete(server);
        running.shards.get(shard)?.delete(server);
        // Handed on at once: an invitation that follows must not overtake it.
        const lost = this.lost({ id: server }, running, at, false);
        await Promise.all([lost, sink({ kind: 'server', platform: 'discord', server, present: false, at })]);
        return;
      }
      case 'CHANNEL_DELETE':
      case 'THREAD_DELETE':
        return this.lost(packet.d as { id: string }, running, at, true);
    }
    const { self } = history;
    const decoded = decode(packet, {
      self,
      roles: this.options.roles,
      at,
      permissions: (guild, user, roles) => permissionsOf(running.client, guild, user, roles),
      isNotice: (channel, message) => history.isNotice(channel, message),
    });
    await Promise.all(decoded.map((one) => this.heard.hand(one, running)));
  }

  /** One of several connections that is away makes it not there. */
  private tellLink(running: Running, why?: Error): void {
    if (this.running !== running || running.application === '') return;
    const trouble = this.trouble();
    const lost = trouble === null ? null : unreachable('Discord', 'discord.com', why ?? new Error(trouble));
    this.options.onLink?.(lost);
  }

  /** What READY names is all that a shard is on, also those that are down now; told once every shard has spoken. */
  private async tellServers({ client, shards, sink }: Running, at: number): Promise<void> {
    if (shards.size < client.ws.shards.size) return;
    const servers = new Set([...shards.values()].flatMap((of) => [...of]));
    await sink({ kind: 'servers', platform: 'discord', servers, at });
  }

  /** Rights may have changed: where posts were refused they may be taken again. Without an answer it is looked at later. */
  private async lookAgain(running: Running, wait = this.pace.again): Promise<void> {
    clearTimeout(running.look);
    try {
      for (const channel of [...running.channels.refusing]) await this.look(channel, running);
    } catch (error) {
      if (!isUnreachable(error) || this.running !== running) throw error;
      clearTimeout(running.look);
      running.look = this.later(running, wait, () => this.lookAgain(running, Math.min(wait * 2, longest)));
    }
  }

  private async look(channel: string, { channels, history }: Running): Promise<void> {
    const takes = await channels.takesPosts(channel, history.self);
    if (takes === 'gone') this.tellChannel(channel, false, { gone: true });
    if (takes !== true) return;
    const { nsfw } = await channels.read(channel);
    if (channels.refusing.delete(channel)) this.tellChannel(channel, true, { nsfw });
  }

  private tellChannel(channel: string, canPost: boolean, { nsfw = false, gone = false }): void {
    const event = { kind: 'channel', platform: 'discord', channel, canPost, gone, nsfw } as const;
    this.running?.sink({ ...event, at: this.options.now() }).catch((error) => this.fault(error));
  }

  /** `gone`: for good; a server may invite the bot again. */
  private async lost(
    { id }: { id: string },
    { channels, sink }: Running,
    at: number,
    gone: boolean,
  ): Promise<void> {
    const told = channels.lost(id).map((channel) => {
      channels.refusing.add(channel);
      return sink({ kind: 'channel', platform: 'discord', channel, canPost: false, gone, nsfw: false, at });
    });
    await Promise.all(told);
  }

  private tellGone(ref: MessageRef): void {
    const { running } = this;
    if (!running) return;
    running.history.forget(ref.channel, ref.message);
    const event = { kind: 'message-gone', ref, at: this.options.now() } as const;
    running.sink(event).catch((error) => this.fault(error));
  }

  private readonly fault = (error: unknown): void => this.options.onError?.(error);

  private fatal(error: AcclaimError): void {
    if (!this.running) return;
    this.stop().catch(this.fault);
    this.options.onFatal(error);
  }
}

/** ms */
const goodbye = 1000;

/** Between two tries, ms. */
const longest = 300_000;

/** After these the bot may be allowed what it was not. */
const changesRights: ReadonlySet<string> = new Set([
  'CHANNEL_UPDATE',
  'GUILD_CREATE',
  'GUILD_MEMBER_UPDATE',
  'GUILD_ROLE_UPDATE',
  'THREAD_UPDATE',
]);
