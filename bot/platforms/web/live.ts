/**
 * Live updates by Server-Sent Events. Each open page is a line of its own over the bare response, which costs
 * a few kilobytes; what all may see is encoded once and the same bytes are written to each. A line that
 * cannot keep up is let go and resumes by its last event id. Ids are `<epoch>-<sequence>` of the message
 * store.
 */
import type { ServerResponse } from 'node:http';
import { safely } from '../../../src/machine/safely.js';
import type { Holder, Streams } from './streams.js';

export interface Frame {
  event: string;
  data: unknown;
  id?: string;
}

/** Bytes behind what the page opened with. */
const maxUnsent = 1 << 20;
const heartbeatMs = 15_000;
/** Lines that are written to before anything else gets a turn. */
const slice = 100;

interface Listener extends Holder {
  response: ServerResponse;
  /** Bytes that may wait to be sent. */
  most: number;
}

type FrameFor = (
  visitor: string | undefined,
  holder: boolean,
  admin: boolean,
  language: string,
) => Frame | undefined;

/** The open lines. `broadcast` goes to all of them, in order. */
export class Live {
  private readonly heartbeat: NodeJS.Timeout;
  /** What has been made once for all who may see it. */
  private readonly encoded = new WeakMap<Frame, Buffer>();
  private readonly waiting: FrameFor[] = [];
  private draining = false;

  constructor(
    private readonly streams: Streams<Listener>,
    private readonly fault: (error: unknown) => void = () => {},
  ) {
    this.heartbeat = setInterval(
      safely(() => this.beat(), fault),
      heartbeatMs,
    );
    this.heartbeat.unref();
  }

  /** Throws `limited` where the person, the address or the server has as many as may be. */
  listen(who: Holder, response: ServerResponse, headers: Record<string, string>, opening: Buffer): void {
    const listener = { ...who, response, most: opening.length + maxUnsent };
    for (const other of this.streams.add(listener)) this.end(other);
    response.on(
      'close',
      safely(() => this.streams.delete(listener), this.fault),
    );
    // Neither chunks nor another request: the line ends with its connection.
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.writeHead(200, headers);
    response.write(opening);
  }

  /** To everybody, in the order of the calls; the frame is made for each visitor, undefined sends nothing. */
  broadcast(frame: FrameFor): void {
    if (this.streams.size === 0) return;
    this.waiting.push(frame);
    if (!this.draining) this.drain().catch(this.fault);
  }

  get size(): number {
    return this.streams.size;
  }

  /** Lines whose rights are over end; their pages ask anew, as whoever they are now. */
  review(over: (one: Holder) => boolean = () => false): void {
    for (const listener of this.streams.list())
      if (listener.stands?.() === false || over(listener)) this.end(listener, rightsOver);
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.waiting.length = 0;
    for (const listener of this.streams.list()) this.end(listener);
  }

  private async drain(): Promise<void> {
    this.draining = true;
    try {
      for (let frame = this.waiting.shift(); frame; frame = this.waiting.shift()) await this.tellAll(frame);
    } finally {
      this.draining = false;
    }
  }

  private async tellAll(frame: FrameFor): Promise<void> {
    const listeners = this.streams.list();
    for (let at = 0; at < listeners.length; at += slice) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      for (const listener of listeners.slice(at, at + slice)) this.tell(listener, frame);
    }
  }

  private tell(listener: Listener, frame: FrameFor): void {
    if (listener.stands?.() === false) {
      this.end(listener, rightsOver);
      return;
    }
    const made = frame(listener.visitor, listener.holder, listener.admin === true, listener.language);
    if (made) this.write(listener, this.bytesOf(made));
  }

  private beat(): void {
    this.review();
    for (const listener of this.streams.list()) this.write(listener, stillHere);
  }

  private bytesOf(frame: Frame): Buffer {
    const known = this.encoded.get(frame);
    if (known) return known;
    const bytes = encode(frame);
    this.encoded.set(frame, bytes);
    return bytes;
  }

  private write(listener: Listener, bytes: Buffer): void {
    const { response, most } = listener;
    if (response.destroyed || response.writableEnded) return;
    response.write(bytes);
    if (response.writableLength > most) this.end(listener);
  }

  private end(listener: Listener, last?: Buffer): void {
    const { response } = listener;
    this.streams.delete(listener);
    // One that does not read would never see a polite end.
    if (response.writableLength > 0) response.destroy();
    else response.end(last);
  }
}

/** The page asks who it is now, and drops what only others see. */
const rightsOver = Buffer.from('event: rights\ndata: {}\n\n');
const stillHere = Buffer.from(': still here\n\n');

/** A frame as it goes over the line. */
export function encode({ event, data, id }: Frame): Buffer {
  return Buffer.from(
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
}

/** What a page that opens is sent first. */
export function opening(...frames: Frame[]): Buffer {
  return Buffer.concat([Buffer.from('retry: 1000\n\n'), ...frames.map(encode)]);
}
