/**
 * A TCP relay: an address that stays while the server behind it changes, as a service's name does in a
 * failover. Lines that stand are kept.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Relay {
  private readonly lines = new Set<Socket>();
  private away = false;

  private constructor(
    private readonly server: Server,
    /** Port that new lines are led to. */
    public target: number,
  ) {
    server.on('connection', (here) => {
      if (this.away) {
        here.destroy();
        return;
      }
      const there = connect(this.target, '127.0.0.1');
      for (const [one, other] of [
        [here, there],
        [there, here],
      ] as const) {
        this.lines.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => this.lines.delete(one));
        one.pipe(other);
      }
    });
  }

  static async to(target: number): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, target);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return relay;
  }

  get settings() {
    return { url: `redis://127.0.0.1:${this.port}`, ca: null };
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Every line is cut, and no new one is taken until it is `mend`ed. */
  cut(): void {
    this.away = true;
    for (const line of this.lines) line.destroy();
  }

  hint(): void {
    this.away = false;
  }

  async stop(): Promise<void> {
    for (const line of this.lines) line.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
