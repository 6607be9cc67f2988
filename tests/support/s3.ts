/**
 * A real S3 server on a free port over a temporary folder: the gateway of JuiceFS, which is MinIO's server
 * over a folder. It checks signatures, keeps the parts of uploads, and has all that it had when it comes
 * back. Its parameters are those of its command line; `src/setup/setup.mjs --test` brings the program.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { Bucket, type BucketSettings } from '../../src/artifacts/bucket.js';
import { projectPath } from '../../src/files/paths.js';
import { freePort } from './redis.js';
import { ServerProcess } from './server-process.js';
import { until } from './wait.js';

const KEY = 'acclaim-test';
const SECRET = 'acclaim-test-secret';

function program(): string {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), projectPath('dist/tools/bin')];
  const found = dirs.map((dir) => join(dir, 'juicefs')).find(existsSync);
  if (found) return found;
  throw new Error('the tests need juicefs: run `node src/setup/setup.mjs --test`');
}

/** Down, it keeps what it was told. */
export class TestS3 extends ServerProcess {
  private made = 0;

  static async start(): Promise<TestS3> {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-s3-'));
    const store = `${join(dir, 'objects')}/`;
    const format = ['format', '--storage', 'file', '--bucket', store, '--trash-days', '0'];
    execFileSync(program(), [...format, `sqlite3://${join(dir, 'meta.db')}`, 'tests'], { stdio: 'pipe' });
    const s3 = new TestS3(await freePort(), dir);
    await s3.up();
    return s3;
  }

  /** Where everything of a bucket's answers is told: keys that are right. */
  settings(bucket: string): BucketSettings {
    return {
      bucket,
      endpoint: `http://127.0.0.1:${this.port}`,
      region: 'us-east-1',
      prefix: 'test',
      pathStyle: true,
      accessKeyId: KEY,
      secretAccessKey: SECRET,
    };
  }

  /** A bucket that is new. */
  async bucket(more: Partial<BucketSettings> = {}): Promise<Bucket> {
    const bucket = new Bucket({ ...this.settings(`bucket-${++this.made}`), ...more }, 1);
    await bucket.client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    return bucket;
  }

  override async up(): Promise<void> {
    const meta = `sqlite3://${join(this.dir, 'meta.db')}`;
    const quiet = ['--no-banner', '--no-usage-report', '--no-bgjob', '--metrics', '127.0.0.1:0'];
    const cache = ['--cache-dir', 'memory', '--cache-size', '0', '--buffer-size', '64'];
    const args = ['--multi-buckets', '--keep-etag', '--log', join(this.dir, 'log'), ...quiet, ...cache];
    const child = spawn(program(), ['gateway', meta, `127.0.0.1:${this.port}`, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MINIO_ROOT_USER: KEY, MINIO_ROOT_PASSWORD: SECRET },
    });
    this.child = child;
    let words = '';
    for (const line of [child.stdout, child.stderr]) line.on('data', (bytes) => (words += String(bytes)));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`juicefs ended: ${words}`);
      const answer = await fetch(`http://127.0.0.1:${this.port}/minio/health/ready`).catch(() => null);
      return answer?.ok === true;
    }, 'the S3 server');
  }
}
