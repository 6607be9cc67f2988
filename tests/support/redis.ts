/**
 * A real redis-server on a free port over a temporary folder: nothing is saved, so that a restart is a Redis
 * that has forgotten.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.js';
import { ServerProcess } from './server-process.js';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Down, it has lost all that it held. */
export class TestRedis extends ServerProcess {
  private constructor(
    port: number,
    dir: string,
    private readonly password: string | null,
    /** Where it speaks TLS, and nothing else. */
    readonly tls: Certificates | null,
    /** Of its command line. */
    private readonly more: readonly string[],
  ) {
    super(port, dir);
  }

  static async start(
    password: string | null = null,
    tls = false,
    more: readonly string[] = [],
  ): Promise<TestRedis> {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-redis-'));
    const redis = new TestRedis(await freePort(), dir, password, tls ? makeCertificates(dir) : null, more);
    await redis.up();
    return redis;
  }

  get settings() {
    const user = this.password === null ? '' : `:${this.password}@`;
    const scheme = this.tls ? 'rediss' : 'redis';
    return { url: `${scheme}://${user}127.0.0.1:${this.port}`, ca: this.tls?.ca ?? null };
  }

  override async up(): Promise<void> {
    const args = ['--bind', '127.0.0.1', '--dir', this.dir, '--save', ''];
    if (this.tls) {
      const { ca, cert, key } = this.tls;
      args.push('--port', '0', '--tls-port', String(this.port), '--tls-auth-clients', 'no');
      args.push('--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca);
    } else args.push('--port', String(this.port));
    if (this.password !== null) args.push('--requirepass', this.password);
    const child = spawn('redis-server', [...args, '--appendonly', 'no', ...this.more], {
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
}
