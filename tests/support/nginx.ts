/**
 * A real nginx in front of a server on this machine: on free ports over a temporary folder, as whoever runs
 * the tests.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPath } from '../../src/files/paths.js';
import { type Certificates, makeCertificates } from './certificates.js';
import { freePort } from './redis.js';
import { ServerProcess } from './server-process.js';
import { until } from './wait.js';

export class TestNginx extends ServerProcess {
  private constructor(
    port: number,
    dir: string,
    readonly certificates: Certificates,
    private readonly servers: string,
  ) {
    super(port, dir);
  }

  /** `proxy_pass` to `upstream` and nothing else, with `more` lines in its place. */
  static async plain(upstream: string, more = ''): Promise<TestNginx> {
    const port = await freePort();
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-nginx-'));
    const location = `location / { proxy_pass ${upstream}; ${more} }`;
    return TestNginx.start(port, dir, `server { listen 127.0.0.1:${port}; ${location} }`);
  }

  /** The file of docs/deploy as it stands, but for addresses and the certificate's paths. */
  static async sample(upstream: string): Promise<TestNginx> {
    const [port, other] = [await freePort(), await freePort()];
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-nginx-'));
    const text = readFileSync(projectPath('docs/deploy/nginx.conf'), 'utf8');
    const { cert, key } = makeCertificates(dir);
    const put: [string, string][] = [
      ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
      ['listen 80', `listen 127.0.0.1:${other}`],
      ['http://127.0.0.1:8080', upstream],
      ['/etc/letsencrypt/live/taste.example.org/fullchain.pem', cert],
      ['/etc/letsencrypt/live/taste.example.org/privkey.pem', key],
    ];
    const servers = put.reduce((said, [from, to]) => said.replaceAll(from, to), text);
    return TestNginx.start(port, dir, servers);
  }

  private static async start(port: number, dir: string, servers: string): Promise<TestNginx> {
    const nginx = new TestNginx(port, dir, makeCertificates(dir), servers);
    await nginx.up();
    return nginx;
  }

  override async up(): Promise<void> {
    const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(this.dir, name)};`,
    );
    const file = join(this.dir, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${join(this.dir, 'pid')}; error_log stderr warn;
events {}
http { access_log off; ${kept.join(' ')}
${this.servers}
}
`,
    );
    const child = spawn('nginx', ['-p', this.dir, '-c', file, '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    let words = '';
    child.stderr.on('data', (bytes) => {
      words += String(bytes);
    });
    await until(() => child.exitCode !== null || answers(this.port), 'nginx');
    if (child.exitCode !== null) throw new Error(`nginx ended: ${words}`);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
