// A line on loopback that can be cut (connections are reset, new ones refused) or stalled (bytes wait, nobody
// is told).
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Line {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #cut = false;
  #stalled = false;

  private constructor(target: number) {
    this.#server = createServer((near) => this.#join(near, target)).listen(0, '127.0.0.1');
  }

  /** To the port `target`. */
  static async open(target: number): Promise<Line> {
    const line = new Line(target);
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(on: boolean): void {
    this.#cut = on;
    if (on) for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  stall(on: boolean): void {
    this.#stalled = on;
    for (const pair of this.#pairs)
      for (const socket of pair) {
        if (on) socket.pause();
        else socket.resume();
      }
  }

  close(): void {
    this.cut(true);
    this.#server.close();
  }

  #join(near: Socket, target: number): void {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#stalled) from.pause();
    }
  }
}
