/**
 * Live updates by Server-Sent Events. Each open page is a listener with a bounded line of unsent frames: one that cannot
 * keep up is let go and resumes by its last event id. Ids are `<epoch>-<sequence>` of the message store.
 */
import { safely } from '../../../src/safely.js';

export interface Frame {
  event: string;
  data: unknown;
  id?: string;
}

const maxUnsent = 400;
const heartbeatMs = 15_000;

interface Listener {
  visitor: string | undefined;
  /** May see what only holders of a token see. */
  holder: boolean;
  /** Writes a frame; false when the line is full. */
  send: (frame: string) => boolean;
  close: () => void;
}

export class Live {
  private readonly listeners = new Set<Listener>();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(fault: (error: unknown) => void = () => {}) {
    const beat = () => this.each((l) => this.write(l, ': still here\n\n'));
    this.heartbeat = setInterval(safely(beat, fault), heartbeatMs);
    this.heartbeat.unref();
  }

  /** A response body that begins with `opening` and then follows what is sent. */
  listen(visitor: string | undefined, holder: boolean, opening: Frame[]): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let listener: Listener | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          listener = {
            visitor,
            holder,
            send: (frame) => {
              controller.enqueue(encoder.encode(frame));
              return (controller.desiredSize ?? 0) > 0;
            },
            close: () => controller.close(),
          };
          this.listeners.add(listener);
          this.write(listener, `retry: 1000\n\n${opening.map(encode).join('')}`);
        },
        cancel: () => {
          if (listener) this.listeners.delete(listener);
        },
      },
      { highWaterMark: maxUnsent },
    );
  }

  /** To everybody; the frame is made for each visitor, undefined sends nothing. */
  broadcast(frame: (visitor: string | undefined, holder: boolean) => Frame | undefined): void {
    this.each((listener) => {
      const made = frame(listener.visitor, listener.holder);
      if (made) this.write(listener, encode(made));
    });
  }

  get size(): number {
    return this.listeners.size;
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.each((listener) => this.drop(listener));
  }

  private write(listener: Listener, text: string): void {
    try {
      if (!listener.send(text)) this.drop(listener);
    } catch {
      this.listeners.delete(listener); // the page went away between two frames
    }
  }

  private drop(listener: Listener): void {
    this.listeners.delete(listener);
    try {
      listener.close();
    } catch {
      // already closed by the other side
    }
  }

  private each(act: (listener: Listener) => void): void {
    for (const listener of [...this.listeners]) act(listener);
  }
}

function encode({ event, data, id }: Frame): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
