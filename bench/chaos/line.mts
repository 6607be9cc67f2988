// A line on loopback that can be cut (connections are reset, new ones refused) or stalled (bytes wait, nobody
// is told).
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Line {
  #server;
  #pairs = new Set();
  #cut = false;
  #stalled = false;

  static async open(target) {
    const line = new Line();
    line.#server = createServer((near) => line.#join(near, target)).listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port() {
    return this.#server.address().port;
  }

  cut(on) {
    this.#cut = on;
    if (on) for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  stall(on) {
    this.#stalled = on;
    for (const pair of this.#pairs)
      for (const socket of pair) {
        if (on) socket.pause();
        else socket.resume();
      }
  }

  close() {
    this.cut(true);
    this.#server.close();
  }

  #join(near, target) {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const far = connect(target, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near]]) {
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
