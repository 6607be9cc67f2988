/**
 * The web channel as a ChatPlatform: the page is the platform, its messages live in a journal under `dir`.
 * Post is exactly once by key, ids survive restarts. Bound wider than loopback it wants an access token.
 */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ServerType } from '@hono/node-server';
import type { Account, Card, ChatEvent, ChatPlatform, MessageRef } from '../../../src/chat/port.js';
import { AcclaimError } from '../../../src/errors.js';
import { roomFor } from '../../../src/machine/descriptors.js';
import { isLoopback } from '../../../src/network/loopback.js';
import { within } from '../../../src/network/networks.js';
import { Assets } from './assets.js';
import { capabilities } from './capabilities.js';
import { boundConnections } from './connections.js';
import { refOf } from './decode.js';
import { Door } from './door.js';
import { Front, type FrontParts } from './front.js';
import { listen } from './listen.js';
import { Live } from './live.js';
import { Logins } from './logins.js';
import { Messages } from './messages.js';
import { isNsfw, NsfwChannels, takenDown } from './nsfw.js';
import type { WebOptions } from './options.js';
import { loadSecret, People } from './people.js';
import { Pictures } from './pictures.js';
import { makeApp } from './server.js';
import { WebService } from './service.js';
import { type Bounds, Streams } from './streams.js';

/** For who hands in none: tests. */
const usualStreams: Bounds = { all: 1000, person: 8, address: 100 };

/** What exists between start and stop. */
interface Running {
  server: ServerType;
  port: number;
  messages: Messages;
  people: People;
  live: Live;
  service: WebService;
  nsfw: NsfwChannels;
}

/** The page: `start` listens, and `url` is where. */
export class WebPlatform implements ChatPlatform {
  readonly name = 'web';
  readonly capabilities = capabilities;
  private running: Running | null = null;

  constructor(private readonly options: WebOptions) {}

  /** Address to open; known once started. */
  get url(): string {
    const { host } = this.options;
    const name = host === '0.0.0.0' || host === '::' ? hostname() : host;
    return `http://${name.includes(':') ? `[${name}]` : name}:${this.here.port}`;
  }

  /**
   * As people outside know it, as far as that can be told: a name of its own is behind a proxy, which does
   * TLS.
   */
  address(): string {
    const [name] = this.options.hostNames ?? [];
    return name === undefined ? this.url : `https://${name}`;
  }

  async start(sink: (event: ChatEvent) => Promise<void>): Promise<void> {
    const { host, port, accessToken, dir, hostNames = [], trustProxy = [] } = this.options;
    // Behind a proxy everyone comes from this machine, and on loopback whoever comes is an operator.
    const behind = hostNames.length > 0 || trustProxy.length > 0;
    if ((!isLoopback(host) || behind) && accessToken === null) {
      throw new AcclaimError(
        'config-invalid',
        `the page would be open to everyone on ${[host, ...hostNames].join(', ')}`,
        'Set ACCLAIM_ACCESS_TOKEN (at least 16 characters), or listen on 127.0.0.1 without server.hostNames and server.trustProxy.',
      );
    }
    mkdirSync(dir, { recursive: true });
    const assets = await Assets.open();
    const { nsfwChannels = [], nsfwToken = null } = this.options;
    const nsfw = new NsfwChannels(nsfwChannels, accessToken !== null);
    const warn: FrontParts['warn'] = (line) => this.options.onWarning?.(line);
    const logins = new Logins({ dir, now: this.options.now, warn });
    const invited = this.options.voters !== 'open';
    const people = new People(loadSecret(dir), { access: accessToken, guest: nsfwToken, invited }, logins);
    const messages = await Messages.open(join(dir, 'messages.jsonl'));
    const onError = (error: unknown) => this.options.onError?.(error);
    const room = roomFor(this.options.descriptors);
    const { streams = usualStreams } = this.options;
    const live = new Live(new Streams({ ...streams, all: Math.min(streams.all, room.streams) }), onError);
    const service = new WebService({ options: this.options, messages, live, nsfw, sink });
    const own = isLoopback(host) ? [] : [hostname()];
    const names = [...hostNames, ...own].map((name) => name.toLowerCase());
    const { monitor } = this.options;
    const front = new Front({
      bound: { host, names },
      trustProxy,
      unguarded: accessToken === null,
      now: this.options.now,
      warn,
    });
    const doors = { logins, door: new Door(undefined, undefined, (address) => front.crowded(address)) };
    const pictures = new Pictures(nsfw);
    const app = makeApp({ service, pictures, people, ...doors, assets, front, monitor, onError });
    try {
      const listening = await listen(app, host, port, onError);
      const most = { all: room.page, streamsOfAddress: streams.address };
      boundConnections(listening.server as Server, most, { proxies: within(trustProxy), fault: onError });
      this.running = { ...listening, messages, people, live, service, nsfw };
    } catch (error) {
      service.stop();
      live.close();
      await messages.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    const { server, messages, live, service } = this.running;
    this.running = null;
    service.stop();
    live.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
    await messages.close();
  }

  async post(channel: string, card: Card): Promise<MessageRef> {
    if (isNsfw(card)) await this.mustGuard(channel);
    const { messages, service } = this.here;
    const { message, fresh } = await messages.post(channel, card, this.options.now());
    if (fresh) service.show(message);
    return refOf(message);
  }

  async edit(ref: MessageRef, card: Card): Promise<void> {
    if (isNsfw(card)) await this.mustGuard(ref.channel);
    const { messages, service } = this.here;
    const message = await messages.edit(ref.message, card, this.options.now());
    if (message) service.show(message);
  }

  async remove(ref: MessageRef): Promise<void> {
    const { messages, service } = this.here;
    if (await messages.remove(ref.message)) service.gone(ref.message);
  }

  async react(ref: MessageRef, emoji: string): Promise<void> {
    const { messages, service } = this.here;
    if (messages.get(ref.message)?.primed.includes(emoji)) return;
    const message = await messages.prime(ref.message, emoji);
    if (message) service.show(message);
  }

  async fetchReactions(ref: MessageRef): Promise<Map<string, Account[]>> {
    const { messages, people } = this.here;
    const found = messages.reactions(ref.message);
    return new Map(
      [...found].map(([emoji, ids]) => [
        emoji,
        ids.map((id) => people.account({ id, bornAt: null }, 'member')),
      ]),
    );
  }

  showTurnout(...told: Parameters<NonNullable<ChatPlatform['showTurnout']>>): void {
    this.running?.service.turnout(...told);
  }

  async reply(replyTo: string, card: Card): Promise<void> {
    this.here.service.answer(replyTo, card);
  }

  async sees({ holder }: Account, channel: string): Promise<boolean> {
    return this.here.nsfw.sees(channel, holder === true);
  }

  async mustGuard(channel: string): Promise<void> {
    this.here.nsfw.mustGuard(channel);
  }

  async takeDown(channel: string): Promise<void> {
    const { messages, service } = this.here;
    for (const { id, card } of messages.list().filter((m) => m.channel === channel && isNsfw(m.card))) {
      const message = await messages.edit(id, takenDown(card), this.options.now());
      if (message) service.show(message);
    }
  }

  async forget(is: (account: string) => boolean): Promise<void> {
    const { messages, service } = this.here;
    for (const who of messages.known().filter(is)) await service.forget(who);
  }

  async forgetChannel(channel: string): Promise<void> {
    const { messages, service } = this.here;
    for (const id of await messages.removeChannel(channel)) service.gone(id);
  }

  private get here(): Running {
    if (!this.running) throw new AcclaimError('cancelled', 'the web channel is not running');
    return this.running;
  }
}
