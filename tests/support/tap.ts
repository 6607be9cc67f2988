/** A TCP line in front of a server that the test can stop: what has not passed by then never does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Tap {
  private readonly sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  /**
   * `up`, `down`: bytes that may pass towards the server and back; then nothing moves (or the line is cut).
   */
  static async open(port: number, most: { up?: number; down?: number; cut?: boolean }): Promise<Tap> {
    const left = { up: most.up ?? Number.POSITIVE_INFINITY, down: most.down ?? Number.POSITIVE_INFINITY };
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      const pass = (from: Socket, to: Socket, way: 'up' | 'down') => {
        from.on('data', (bytes: Buffer) => {
          to.write(bytes.subarray(0, Math.max(0, left[way])));
          left[way] -= bytes.length;
          if (left[way] <= 0 && most.cut) near.destroy();
        });
        from.on('close', () => to.destroy());
        from.on('error', () => {});
      };
      pass(near, far, 'up');
      pass(far, near, 'down');
      for (const socket of [near, far]) tap.sockets.add(socket);
    });
    const tap = new Tap(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return tap;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
