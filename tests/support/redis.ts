/** A real redis-server on a free port over a temporary folder: nothing is saved, so that a restart is a Redis that has forgotten. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.js';

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
    /** Where it speaks TLS, and nothing else. */
    readonly tls: Certificates | null,
  ) {}

  static async start(password: string | null = null, tls = false): Promise<TestRedis> {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-redis-'));
    const redis = new TestRedis(await freePort(), dir, password, tls ? makeCertificates(dir) : null);
    await redis.up();
    return redis;
  }

  get settings() {
    const user = this.password === null ? '' : `:${this.password}@`;
    const scheme = this.tls ? 'rediss' : 'redis';
    return { url: `${scheme}://${user}127.0.0.1:${this.port}`, ca: this.tls?.ca ?? null };
  }

  async up(): Promise<void> {
    const args = ['--bind', '127.0.0.1', '--dir', this.dir, '--save', ''];
    if (this.tls) {
      const { ca, cert, key } = this.tls;
      args.push('--port', '0', '--tls-port', String(this.port), '--tls-auth-clients', 'no');
      args.push('--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca);
    } else args.push('--port', String(this.port));
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
