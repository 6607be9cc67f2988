/** A real redis-server on a free port over a temporary folder: nothing is saved, so that a restart is a Redis that has forgotten. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

export class TestRedis {
  private child: ChildProcess | undefined;
  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly password: string | null,
  ) {}

  static async start(password: string | null = null): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), mkdtempSync(join(tmpdir(), 'acclaim-redis-')), password);
    await redis.up();
    return redis;
  }

  get settings() {
    const user = this.password === null ? '' : `:${this.password}@`;
    return { url: `redis://${user}127.0.0.1:${this.port}`, ca: null };
  }

  async up(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.dir, '--save', ''];
    if (this.password !== null) args.push('--requirepass', this.password);
    const child = spawn('redis-server', [...args, '--appendonly', 'no'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      let words = '';
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`redis-server ended: ${words}`)));
      child.stdout.on('data', (bytes) => {
        words += String(bytes);
        if (words.includes('Ready to accept connections')) resolve();
      });
    });
  }

  /** Gone without a word, and all that it held. */
  async down(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
