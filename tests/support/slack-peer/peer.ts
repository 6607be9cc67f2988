/**
 * A Slack on loopback for tests with the real Bolt: an emulator of its Web API that others wrote, a front
 * that adds what it lacks and what goes wrong, and the ways in which Slack tells the bot what people do.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator, type Emulator } from 'emulate';
import { Front } from './front.js';
import { deliver, type Signing, Sockets } from './line.js';
import { type Block, type Body, objections } from './rules.js';

export const botToken = 'xoxb-peer';
export const appToken = 'xapp-peer';
const adminToken = 'xoxp-admin';

const cast = ['ann', 'bea', 'cem', 'dan', 'eve', 'mod', 'boss', 'robot'] as const;
export type Name = (typeof cast)[number];

/** What the emulator asks of whoever calls. */
const allScopes =
  'chat:write reactions:read reactions:write channels:read channels:history groups:read groups:write groups:history channels:manage users:read files:read files:write';

export interface Message extends Body {
  ts: string;
  user: string;
  reactions?: { name: string; users: string[] }[];
}

/** A command or press, and what the bot said to its person alone. */
export interface Asked {
  answers: (Body & { replace_original?: boolean; response_type?: string })[];
  status: number;
  /** Slack takes five answers, and none after half an hour. */
  expired: boolean;
}

export interface Told {
  type: string;
  [key: string]: unknown;
}

const bot = { bot_id: 'B0ACCLAIM', bot_user_id: 'U0ACCLAIM' };

let emulator: Promise<Emulator> | null = null;

function makeEmulator(scopes: readonly string[]): Promise<Emulator> {
  const people = cast.map((name) => ({ name, real_name: name, is_admin: name === 'boss' }));
  const tokens = cast.map((name) => ({ token: `xoxp-${name}`, user: name, scopes: allScopes }));
  const app = { client_id: 'c', client_secret: 's', name: 'Acclaim', bot_name: 'acclaim', redirect_uris: [] };
  const slack = {
    strict_scopes: true,
    users: people,
    oauth_apps: [{ ...app, ...bot, scopes }],
    tokens: [
      ...tokens,
      { token: adminToken, user: 'admin', scopes: allScopes },
      { token: botToken, user_id: bot.bot_user_id, bot_id: bot.bot_id, type: 'bot', scopes },
    ],
  };
  return createEmulator({ service: 'slack', port: 0, seed: { slack } });
}

export class Peer {
  readonly front: Front;
  readonly sockets: Sockets;
  /** Where the bot wants events; null = over the socket. */
  target: string | null = null;
  readonly bot = bot.bot_user_id;
  /** Workspace where what people do happens; the bot's token is of this one. */
  team = 'T000000001';
  private readonly ids = new Map<string, string>();
  private readonly asked = new Map<string, Asked>();
  private ticks = 0;
  /** Brings the last command or press once more. */
  repeat: () => Promise<void> = async () => {};

  private constructor(
    emulator: string,
    private readonly server: Server,
  ) {
    this.front = new Front(emulator, botToken, appToken, () => `${this.url.replace('http', 'ws')}/link`);
    this.sockets = new Sockets(server);
    server.on('request', (request, response) => void this.serve(request, response));
  }

  /**
   * Every peer has a channel of its own; the emulator behind them is one, because making it takes longest.
   */
  static async start(scopes: readonly string[]): Promise<Peer> {
    emulator ??= makeEmulator(scopes);
    const { url } = await emulator;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const peer = new Peer(url, server);
    type Found = { members: { id: string; name: string }[] };
    const { members } = await peer.front.ask<Found>('users.list', adminToken, {});
    for (const { id, name } of members) peer.ids.set(name, id);
    peer.front.people.set(peer.id('robot'), { is_bot: true });
    return peer;
  }

  /** When no peer is needed any more. */
  static async end(): Promise<void> {
    await (await emulator)?.close();
    emulator = null;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get api(): string {
    return `${this.url}/api/`;
  }

  async stop(): Promise<void> {
    await this.sockets.stop();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  id(name: string): string {
    const id = this.ids.get(name);
    if (id === undefined) throw new Error(`nobody is called ${name}`);
    return id;
  }

  /** A public one with the bot in it. */
  async channel(name: string): Promise<string> {
    type Made = { channel: { id: string } };
    const { channel } = await this.front.ask<Made>('conversations.create', 'xoxp-mod', {
      name: `${name}-${randomUUID().slice(0, 8)}`,
    });
    const users = [this.bot, ...cast.filter((n) => n !== 'mod').map((n) => this.id(n))].join(',');
    await this.front.ask('conversations.invite', 'xoxp-mod', { channel: channel.id, users });
    return channel.id;
  }

  async nameOf(channel: string): Promise<string> {
    type Found = { channel: { name: string } };
    return (await this.front.ask<Found>('conversations.info', 'xoxp-mod', { channel })).channel.name;
  }

  /** With `mod` in it, the bot, and whoever is named. */
  async privateChannel(name: string, ...people: Name[]): Promise<string> {
    type Made = { channel: { id: string } };
    const { channel } = await this.front.ask<Made>('conversations.create', 'xoxp-mod', {
      name: `${name}-${randomUUID().slice(0, 8)}`,
      is_private: true,
    });
    const users = [this.bot, ...people.map((person) => this.id(person))].join(',');
    await this.front.ask('conversations.invite', 'xoxp-mod', { channel: channel.id, users });
    return channel.id;
  }

  async invite(channel: string, name: Name): Promise<void> {
    await this.front.ask('conversations.invite', 'xoxp-mod', { channel, users: this.id(name) });
  }

  /** What people see in a channel, oldest first. */
  async shown(channel: string): Promise<Message[]> {
    const token = (await this.isPrivate(channel)) ? 'xoxp-mod' : adminToken;
    const { messages } = await this.front.ask<{ messages: Message[] }>('conversations.history', token, {
      channel,
      limit: 1000,
    });
    return messages.reverse();
  }

  async message(channel: string, ts: string): Promise<Message> {
    return (await this.shown(channel)).find((message) => message.ts === ts)!;
  }

  // What people do.

  async say(name: Name, channel: string, text: string, more: object = {}): Promise<string> {
    const said = await this.front.ask<{ ts: string }>('chat.postMessage', `xoxp-${name}`, {
      channel,
      text,
      ...more,
    });
    return said.ts;
  }

  /** Sets or takes a reaction; nobody is told. */
  async set(name: Name, channel: string, timestamp: string, reaction: string, present = true): Promise<void> {
    const method = present ? 'reactions.add' : 'reactions.remove';
    await this.front.ask(method, `xoxp-${name}`, { channel, timestamp, name: reaction });
  }

  async react(name: Name, channel: string, ts: string, reaction: string, present = true): Promise<void> {
    await this.set(name, channel, ts, reaction, present);
    await this.tell(this.reaction(name, channel, ts, reaction, present));
  }

  /** The event that tells of a reaction, without it being made. */
  reaction(name: string, channel: string, ts: string, reaction: string, present = true): Told {
    return {
      type: present ? 'reaction_added' : 'reaction_removed',
      user: this.ids.get(name) ?? name,
      reaction,
      item: { type: 'message', channel, ts },
      item_user: this.bot,
      event_ts: this.now(),
    };
  }

  async delete(channel: string, ts: string, tell = true): Promise<void> {
    await this.front.ask('chat.delete', botToken, { channel, ts });
    const event_ts = this.now();
    if (tell)
      await this.tell({
        type: 'message',
        subtype: 'message_deleted',
        channel,
        deleted_ts: ts,
        ts: event_ts,
        event_ts,
      });
  }

  /** Resolves with the HTTP status; 200 over the socket. */
  async tell(event: Told, id = `Ev${randomUUID()}`, signing: Signing = {}): Promise<number> {
    const payload = {
      token: 'z',
      team_id: this.team,
      api_app_id: 'A0ACCLAIM',
      type: 'event_callback',
      event_id: id,
      event_time: Math.floor(Date.now() / 1000),
      event,
    };
    if (this.target !== null)
      return deliver(this.target, JSON.stringify(payload), 'application/json', signing);
    await this.sockets.send('events_api', payload);
    return 200;
  }

  /** Says that events of this minute were dropped. */
  limited(signing: Signing = {}): Promise<number> {
    const minute_rate_limited = Math.floor(Date.now() / 1000);
    const body = {
      type: 'app_rate_limited',
      team_id: this.team,
      api_app_id: 'A0ACCLAIM',
      minute_rate_limited,
    };
    return deliver(this.target!, JSON.stringify(body), 'application/json', signing);
  }

  /** Types `/acclaim text`. */
  command(name: Name, channel: string, text: string): Promise<Asked> {
    return this.ask(
      (trigger_id, response_url) => ({
        token: 'z',
        team_id: this.team,
        channel_id: channel,
        channel_name: channel.startsWith('D') ? 'directmessage' : 'roses',
        user_id: this.id(name),
        user_name: name,
        command: '/acclaim',
        text: escaped(text),
        api_app_id: 'A0ACCLAIM',
        trigger_id,
        response_url,
      }),
      'slash_commands',
    );
  }

  async press(name: Name, channel: string, ts: string, label: string): Promise<Asked> {
    return this.act(name, channel, ts, await this.message(channel, ts), labelled(label));
  }

  /** Presses a button of a private answer. */
  pressPrivate(name: Name, channel: string, answer: Body, label: string): Promise<Asked> {
    return this.act(name, channel, null, answer, labelled(label));
  }

  /** Chooses from the menu of a private answer. */
  choose(name: Name, channel: string, answer: Body, value: string): Promise<Asked> {
    return this.act(name, channel, null, answer, (block, element) => {
      const option = (element as { options?: { value: string }[] }).options?.find((o) => o.value === value);
      return option ? { ...element, block_id: block.block_id ?? 'b', selected_option: option } : undefined;
    });
  }

  /** `ts`: of a message that all see; null: of one that its reader alone does. */
  private act(
    name: Name,
    channel: string,
    ts: string | null,
    { blocks = [] }: Body,
    pick: Pick,
  ): Promise<Asked> {
    const action = blocks.flatMap((b) => (b.elements ?? []).flatMap((e) => pick(b, e) ?? []))[0];
    if (!action) throw new Error('there is nothing of that name to press');
    return this.ask(
      (trigger_id, response_url) => ({
        type: 'block_actions',
        user: { id: this.id(name), username: name, team_id: 'T000000001' },
        team: { id: 'T000000001', domain: 'emulate' },
        api_app_id: 'A0ACCLAIM',
        token: 'z',
        container: {
          type: 'message',
          message_ts: ts ?? this.now(),
          channel_id: channel,
          is_ephemeral: ts === null,
        },
        channel: { id: channel, name: 'roses' },
        trigger_id,
        response_url,
        actions: [{ ...action, action_ts: this.now() }],
      }),
      'interactive',
    );
  }

  private async ask(
    make: (trigger: string, url: string) => Record<string, unknown>,
    kind: 'slash_commands' | 'interactive',
  ): Promise<Asked> {
    const id = randomUUID();
    const asked: Asked = { answers: [], status: 200, expired: false };
    this.asked.set(id, asked);
    const payload = make(id, `${this.url}/respond/${id}`);
    this.repeat = async () => {
      if (this.target === null) return this.sockets.send(kind, payload);
      const fields =
        kind === 'interactive' ? { payload: JSON.stringify(payload) } : (payload as Record<string, string>);
      const body = new URLSearchParams(fields).toString();
      asked.status = await deliver(this.target, body, 'application/x-www-form-urlencoded');
    };
    await this.repeat();
    return asked;
  }

  private async isPrivate(channel: string): Promise<boolean> {
    type Found = { channel?: { is_private: boolean } };
    return (
      (await this.front.ask<Found>('conversations.info', 'xoxp-mod', { channel })).channel?.is_private ===
      true
    );
  }

  /** Later than any before. */
  now(): string {
    this.ticks += 1;
    return `${Math.floor(Date.now() / 1000)}.${String(this.ticks).padStart(6, '0')}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString('utf8');
    const path = new URL(request.url!, this.url).pathname;
    const respond = /^\/respond\/(.+)$/.exec(path);
    if (respond) return void response.writeHead(this.answered(respond[1]!, JSON.parse(raw) as Body)).end();
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    const form = Object.fromEntries(new URLSearchParams(raw));
    const answer = await this.front.serve(path.replace('/api/', ''), token, form);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }

  private answered(id: string, body: Body): number {
    const asked = this.asked.get(id);
    if (!asked || asked.expired || asked.answers.length >= 5) return 404;
    this.front.objections.push(...objections(body).map((text) => `response_url: ${text}`));
    asked.answers.push(body);
    return 200;
  }
}

/**
 * As Slack hands on what was typed: signs are escaped, people and channels that it knows stand there by their
 * ids.
 */
function escaped(text: string): string {
  return text
    .split(/(<[@#]\w+(?:\|[^>]*)?>)/)
    .map((part, i) =>
      i % 2 === 1 ? part : part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    )
    .join('');
}

/** What of a message is acted on. */
type Pick = (block: Block, element: object) => object | undefined;

const labelled =
  (label: string): Pick =>
  (block, element) => {
    const { text } = element as { text?: { text: string } };
    return text?.text === label ? { ...element, block_id: block.block_id ?? 'b' } : undefined;
  };
