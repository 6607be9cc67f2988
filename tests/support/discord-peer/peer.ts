/**
 * A Discord on loopback for tests with the real discord.js: REST and gateway over one small world. Each
 * request is held against Discord's published description, and so is each answer: `objections` must stay
 * empty.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gates } from '../wait.js';
import { type Fault, Faults, Refusal } from './faults.js';
import { Gateway } from './gateway.js';
import { type Interaction, Interactions } from './interactions.js';
import { type Call, handlers, type Upload } from './rest.js';
import { find, objections, slips } from './spec.js';
import { type Channel, channelBody, type Message, World } from './world.js';

export interface Request {
  operation: string;
  at: number;
  body: unknown;
  status: number;
}

export const peerToken = 'MTIz.peer.token';

export class Peer {
  readonly world = new World();
  readonly faults = new Faults();
  /** Where calls are held back: at names such as `get /users/@me`. */
  readonly gates = new Gates();
  readonly gateway: Gateway;
  readonly interactions: Interactions;
  readonly requests: Request[] = [];
  /** What Discord's description has against requests and answers. */
  readonly objections: string[] = [];
  /** While it is set no request is answered otherwise. */
  outage: number | null = null;
  /** Tokens of the application that are valid. */
  tokenValid = true;
  private readonly server: Server;
  private readonly handlers: ReturnType<typeof handlers>;

  private constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.gateway = new Gateway(this.server, this.world, peerToken);
    this.interactions = new Interactions(this.world, this.gateway);
    const { world, gateway, interactions } = this;
    this.handlers = handlers({ world, gateway, interactions, url: () => this.url });
  }

  static async start(): Promise<Peer> {
    const peer = new Peer();
    await new Promise<void>((resolve) => peer.server.listen(0, '127.0.0.1', resolve));
    peer.gateway.address = `ws://127.0.0.1:${peer.port}`;
    return peer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/api`;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  fault(fault: Omit<Fault, 'times'> & { times?: number }): void {
    this.faults.inject({ times: 1, ...fault });
  }

  count(operation: string): number {
    return this.requests.filter((r) => r.operation === operation).length;
  }

  /** Of these, those that have their answer. */
  answered(operation: string): number {
    return this.requests.filter((r) => r.operation === operation && r.status !== 0).length;
  }

  /** What people see in a channel, oldest first. */
  shown(channel: Channel): Message[] {
    return [...channel.messages.values()].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  // What people do.

  react(
    name: string,
    message: string,
    glyph: string,
    { present = true, burst = false, quiet = false } = {},
  ): void {
    const { world } = this;
    const member = world.person(name);
    const found = world.find(message)!;
    if (!world.setReaction(message, member.user.id, glyph, burst ? 1 : 0, present) || quiet) return;
    const { permissions: _, ...shown } = member;
    this.gateway.send(present ? 'MESSAGE_REACTION_ADD' : 'MESSAGE_REACTION_REMOVE', {
      user_id: member.user.id,
      channel_id: found.channel_id,
      message_id: message,
      guild_id: world.guild.id,
      emoji: { id: null, name: glyph },
      burst,
      type: burst ? 1 : 0,
      ...(present
        ? { member: { ...shown, deaf: false, mute: false, flags: 0 }, message_author_id: found.author.id }
        : {}),
    });
  }

  /** A moderator clears all reactions, or those of one emoji. */
  clear(message: string, glyph: string | null = null): void {
    const { world } = this;
    const { channel_id } = world.find(message)!;
    if (glyph === null) world.reactions.delete(message);
    else world.reactions.get(message)?.delete(glyph);
    const place = { channel_id, message_id: message, guild_id: world.guild.id };
    if (glyph === null) this.gateway.send('MESSAGE_REACTION_REMOVE_ALL', place);
    else this.gateway.send('MESSAGE_REACTION_REMOVE_EMOJI', { ...place, emoji: { id: null, name: glyph } });
  }

  delete(...messages: string[]): void {
    const { world } = this;
    const { channel_id } = world.find(messages[0])!;
    for (const id of messages) world.channels.get(channel_id)!.messages.delete(id);
    const place = { channel_id, guild_id: world.guild.id };
    if (messages.length === 1) this.gateway.send('MESSAGE_DELETE', { id: messages[0], ...place });
    else this.gateway.send('MESSAGE_DELETE_BULK', { ids: messages, ...place });
  }

  update(channel: Channel, change: Partial<Channel>): void {
    Object.assign(channel, change);
    const kind = channel.gone ? 'DELETE' : 'UPDATE';
    this.gateway.send(`${channel.type >= 10 ? 'THREAD' : 'CHANNEL'}_${kind}`, channelBody(channel));
  }

  /** Chooses a command from the menu; `words` as registered, `values` by option name. */
  command(
    name: string,
    channel: Channel,
    words: string[],
    values: Record<string, string | number> = {},
  ): Interaction {
    const data = this.chosen(
      words,
      Object.entries(values).map(([option, value]) => ({ name: option, value })),
    );
    return this.interactions.begin(this.world.person(name), channel, 2, data);
  }

  /** Types into an option, with others filled in; the answer's choices are what Discord would offer. */
  type(
    name: string,
    channel: Channel,
    words: string[],
    option: string,
    typed: string,
    values: Record<string, string> = {},
  ): Interaction {
    const others = Object.entries(values).map(([of, value]) => ({ name: of, value }));
    const data = this.chosen(words, [...others, { name: option, value: typed, focused: true }]);
    return this.interactions.begin(this.world.person(name), channel, 4, data);
  }

  press(name: string, message: Message, label: string): Interaction {
    const button = message.components.flatMap((r) => r.components).find((c) => c.label === label);
    if (!button) throw new Error(`no button ${label}`);
    const data = { component_type: 2, custom_id: button.custom_id };
    return this.component(name, message, data);
  }

  choose(name: string, message: Message, value: string): Interaction {
    const menu = message.components.flatMap((r) => r.components).find((c) => c.type === 3);
    if (!menu) throw new Error('no menu');
    const offered = (menu.options as { value: string }[]).some((o) => o.value === value);
    if (!offered) throw new Error(`the menu does not offer ${value}`);
    return this.component(name, message, { component_type: 3, custom_id: menu.custom_id, values: [value] });
  }

  private component(name: string, message: Message, data: unknown): Interaction {
    const channel = this.world.channels.get(message.channel_id)!;
    const begun = this.interactions.begin(this.world.person(name), channel, 3, data, message);
    this.interactions.pressed.set(begun.id, message);
    return begun;
  }

  /** Nested as Discord sends it, with the types that were registered. */
  private chosen([top, ...path]: string[], options: Record<string, unknown>[]): unknown {
    const command = this.world.allCommands.find((c) => c.name === top);
    let level = command?.options as { name: string; type: number; options?: unknown[] }[] | undefined;
    const types: number[] = [];
    for (const word of path) {
      const found = level?.find((o) => o.name === word);
      if (!found) throw new Error(`no command ${[top, ...path].join(' ')} is registered`);
      types.push(found.type);
      level = found.options as typeof level;
    }
    let inner: unknown[] = options.map((o) => {
      const found = level?.find((known) => known.name === o.name);
      if (!found) throw new Error(`no option ${String(o.name)} is registered`);
      return { type: found.type, ...o };
    });
    for (const [i, word] of [...path.entries()].reverse())
      inner = [{ name: word, type: types[i], options: inner }];
    return { id: command?.id, name: top, type: 1, options: inner };
  }

  // How it is served.

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const found = find(request.method!, pathname.replace(/^\/api\/v10/, '').replace('%40', '@'));
    const [body, files] = await read(request);
    const entry = {
      operation: found?.operation ?? `${request.method} ${pathname}`,
      at: Date.now(),
      body,
      status: 0,
    };
    this.requests.push(entry);
    const send = (status: number, answer: unknown, headers: Record<string, string> = {}) => {
      entry.status = status;
      const type = answer === undefined ? {} : { 'content-type': 'application/json' };
      response.writeHead(status, { ...type, ...headers });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    };
    try {
      if (!found) {
        this.objections.push(`no such operation: ${request.method} ${pathname}`);
        throw new Refusal(404, 0, '404: Not Found');
      }
      if (this.outage !== null) return send(this.outage, undefined);
      const fault = this.faults.take(found.operation);
      await this.gates.pass(found.operation);
      if (fault && !fault.done) return send(fault.status, fault.body, fault.headers);
      const answer = this.answer(found, { query: searchParams, body, files }, request.headers.authorization);
      if (fault) return send(fault.status, fault.body, fault.headers);
      send(answer === undefined ? 204 : 200, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        this.objections.push(`the peer broke: ${error instanceof Error ? error.stack : error}`);
        return send(500, { message: 'broken', code: 0 });
      }
      send(error.status, { message: error.message, code: error.code, ...error.extra }, error.headers);
    }
  }

  private answer(
    { operation, parameters }: { operation: string; parameters: string[] },
    call: Omit<Call, 'parameters'>,
    authorization: string | undefined,
  ): unknown {
    const ownToken = /^(post \/interactions|patch \/webhooks)/.test(operation);
    const known = this.tokenValid && authorization === `Bot ${peerToken}`;
    if (!ownToken && !known) throw new Refusal(401, 0, '401: Unauthorized');
    const wrong = objections(operation, call.query, call.body);
    if (wrong.length > 0) {
      this.objections.push(...wrong.map((text) => `${operation}: ${text}`));
      throw new Refusal(400, 50035, 'Invalid Form Body', {}, { errors: {} });
    }
    const answer = this.handlers[operation]!({ parameters, ...call });
    // A copy: what was answered does not change with the world.
    const copy = answer === undefined ? undefined : JSON.parse(JSON.stringify(answer));
    if (copy !== undefined)
      this.objections.push(...slips(operation, copy).map((text) => `${operation}: ${text}`));
    return copy;
  }
}

/** JSON, or a form with `payload_json` and `files[n]`. */
async function read(request: IncomingMessage): Promise<[unknown, Upload[]]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  if (raw.length === 0) return [undefined, []];
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return [JSON.parse(raw.toString('utf8')), []];
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
  const files: Upload[] = [];
  let body: unknown;
  for (const [name, part] of form) {
    if (name === 'payload_json') body = JSON.parse(String(part));
    else if (typeof part !== 'string')
      files.push({
        index: Number(/^files\[(\d)\]$/.exec(name)?.[1] ?? Number.NaN),
        name: part.name,
        bytes: Buffer.from(await part.arrayBuffer()),
      });
  }
  return [body, files];
}
