/**
 * How Slack reaches the bot: signed requests, or envelopes over a WebSocket that the bot opened.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack and
 * .../apis/events-api/using-socket-mode
 */
import { createHmac, randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

export const signingSecret = 'the-peer-signs-with-this';

export interface Signing {
  secret?: string;
  /** Seconds since 1970. */
  time?: number;
  headers?: Record<string, string>;
}

/** Resolves with the HTTP status that the bot gave. */
export async function deliver(
  url: string,
  body: string,
  type: string,
  signing: Signing = {},
): Promise<number> {
  const time = String(signing.time ?? Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', signing.secret ?? signingSecret)
    .update(`v0:${time}:${body}`)
    .digest('hex');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${mac}`,
      ...signing.headers,
    },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

export class Sockets {
  /** Connections that the bot ever opened. */
  opened = 0;
  readonly live = new Set<WebSocket>();
  private readonly server: WebSocketServer;
  private readonly waiting = new Map<string, () => void>();

  constructor(http: Server) {
    this.server = new WebSocketServer({ server: http, path: '/link' });
    this.server.on('connection', (socket) => this.take(socket));
  }

  /** Resolves when the bot has acknowledged. */
  async send(type: 'events_api' | 'slash_commands' | 'interactive', payload: unknown): Promise<void> {
    const envelope_id = randomUUID();
    const [socket] = this.live;
    if (!socket) throw new Error('the bot is not connected');
    const acknowledged = new Promise<void>((resolve) => this.waiting.set(envelope_id, resolve));
    socket.send(
      JSON.stringify({ type, envelope_id, payload, accepts_response_payload: type !== 'events_api' }),
    );
    await acknowledged;
  }

  /** Slack is about to close the connection, and does. */
  disconnect(reason = 'refresh_requested'): void {
    for (const socket of this.live) socket.send(JSON.stringify({ type: 'disconnect', reason }));
  }

  /** The connection breaks without a word. */
  drop(): void {
    for (const socket of this.live) socket.terminate();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private take(socket: WebSocket): void {
    this.opened += 1;
    this.live.add(socket);
    socket.on('close', () => this.live.delete(socket));
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const { envelope_id } = JSON.parse(String(data)) as { envelope_id: string };
      this.waiting.get(envelope_id)?.();
      this.waiting.delete(envelope_id);
    });
    socket.send(JSON.stringify({ type: 'hello', num_connections: this.live.size }));
  }
}
