/**
 * The gateway of the peer: hello, identify, heartbeat, resume with replay, and the ways in which it goes
 * wrong. https://discord.com/developers/docs/events/gateway
 */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { channelBody, type World } from './world.js';

interface Session {
  id: string;
  seq: number;
  sent: { op: 0; t: string; s: number; d: unknown }[];
  socket: WebSocket | null;
  /** False: it cannot be resumed any more. */
  alive: boolean;
}

export class Gateway {
  identifies = 0;
  resumes = 0;
  intents: number | null = null;
  /** Close code for the next identifications; null = let in. */
  refuse: number | null = null;
  /** Says nothing after the next identifications. */
  silent = false;
  /** Where READY says that a session is resumed; null = here. */
  resumeAddress: string | null = null;
  private readonly server = new WebSocketServer({ noServer: true });
  private readonly sessions: Session[] = [];

  constructor(
    http: Server,
    private readonly world: World,
    private readonly token: string,
  ) {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.server.handleUpgrade(request, socket, head, (ws) => this.greet(ws)),
    );
  }

  /** To every session; those that are away get it when they resume. */
  send(t: string, d: unknown): void {
    for (const session of this.sessions) if (session.alive) this.sendTo(session, t, d);
  }

  /** Ends the connections. `resumable` false: Discord forgets the sessions, as after a long absence. */
  drop(resumable: boolean): void {
    for (const session of this.sessions) {
      session.alive &&= resumable;
      const { socket } = session;
      session.socket = null;
      socket?.close(resumable ? 4000 : 4009);
    }
  }

  /** READY once more on a connection that has it, which must change nothing. */
  readyAgain(): void {
    for (const session of this.sessions)
      if (session.socket) this.sendTo(session, 'READY', this.ready(session));
  }

  /**
   * Resolves when every client has taken in all that was sent: it answers a ping after what came before it.
   */
  async delivered(): Promise<void> {
    const pongs = this.sessions.flatMap(({ socket }) => {
      if (!socket) return [];
      socket.ping();
      return [once(socket, 'pong')];
    });
    await Promise.all(pongs);
  }

  close(code: number): void {
    for (const { socket } of this.sessions) socket?.close(code);
  }

  async stop(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private greet(socket: WebSocket): void {
    let session: Session | undefined;
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 41_250 }, s: null, t: null }));
    socket.on('close', () => {
      if (session?.socket === socket) session.socket = null;
    });
    socket.on('message', (data) => {
      const { op, d } = JSON.parse(String(data));
      if (op === 1) socket.send(JSON.stringify({ op: 11, d: null, s: null, t: null }));
      if (op === 2) session = this.identify(socket, d);
      if (op === 6) session = this.resume(socket, d);
    });
  }

  private identify(socket: WebSocket, d: { token: string; intents: number }): Session | undefined {
    this.identifies += 1;
    this.intents = d.intents;
    const refused = this.refuse ?? (d.token.replace(/^Bot /, '') === this.token ? null : 4004);
    if (refused !== null) {
      socket.close(refused);
      return undefined;
    }
    if (this.silent) return undefined;
    const session: Session = { id: this.world.id(), seq: 0, sent: [], socket, alive: true };
    this.sessions.push(session);
    this.sendTo(session, 'READY', this.ready(session));
    if (this.world.invited && !this.world.down) this.sendTo(session, 'GUILD_CREATE', this.guild());
    for (const other of this.world.others) this.sendTo(session, 'GUILD_CREATE', this.guild(other));
    return session;
  }

  private resume(socket: WebSocket, d: { session_id: string; seq: number }): Session | undefined {
    this.resumes += 1;
    const session = this.sessions.find((s) => s.id === d.session_id && s.alive);
    if (!session) {
      socket.send(JSON.stringify({ op: 9, d: false, s: null, t: null }));
      return undefined;
    }
    session.socket = socket;
    for (const packet of session.sent) if (packet.s > d.seq) socket.send(JSON.stringify(packet));
    this.sendTo(session, 'RESUMED', {});
    return session;
  }

  private sendTo(session: Session, t: string, d: unknown): void {
    session.seq += 1;
    // What is sent is what is true now.
    const packet = { op: 0 as const, t, s: session.seq, d: JSON.parse(JSON.stringify(d)) };
    session.sent.push(packet);
    session.socket?.send(JSON.stringify(packet));
  }

  private ready({ id }: Session) {
    const { bot, application, guild, others, invited } = this.world;
    const ids = [...(invited ? [guild] : []), ...others].map(({ id }) => id);
    return {
      v: 10,
      user: bot,
      guilds: ids.map((id) => ({ id, unavailable: true })),
      session_id: id,
      resume_gateway_url: this.resumeAddress ?? this.address,
      application: { id: application, flags: 0 },
    };
  }

  /** Set once the port is known. */
  address = '';

  private guild(guild = this.world.guild) {
    const { channels, members } = this.world;
    const all = [...channels.values()].filter((c) => !c.gone && c.guild_id === guild.id);
    return {
      ...guild,
      roles: this.world.rolesOf(guild.id),
      channels: all.filter((c) => c.type < 10).map(channelBody),
      threads: all.filter((c) => c.type >= 10).map(channelBody),
      members: [],
      member_count: members.size,
      emojis: [],
      stickers: [],
      presences: [],
      voice_states: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
      features: [],
      unavailable: false,
      large: false,
    };
  }
}
