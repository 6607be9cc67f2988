/** A queue that other machines reach is signed, or nothing starts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkRedis } from '../../src/cli/checks/services.js';
import { loadConfig } from '../../src/config/load.js';
import { checkSigned } from '../../src/engines/signing.js';
import { acclaim } from '../support/command-line.js';

const KEY = 'k'.repeat(32);
const bucket = { ACCLAIM_BUCKET: 'rounds' };

function signed(env: Record<string, string>): boolean | string {
  try {
    return checkSigned(loadConfig({ env }));
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a queue without a key', () => {
  it.each([
    'redis://localhost',
    'redis://LOCALHOST:6379',
    'redis://127.0.0.1:6379',
    'redis://127.8.9.10',
    'redis://[::1]:6379',
    'rediss://:password@localhost',
  ])('is taken on loopback: %s', (url) => {
    expect(signed({ REDIS_URL: url })).toBe(false);
    expect(signed({ REDIS_URL: url, ACCLAIM_QUEUE_KEY: KEY })).toBe(true);
  });

  it.each([
    'redis://redis',
    'redis://10.0.0.5:6379',
    'redis://0.0.0.0',
    'redis://[::]',
    'redis://[::ffff:10.0.0.5]',
    'rediss://:password@redis.example.org',
    'redis://localhost.example.org',
    'redis://127.0.0.1.example.org',
    'redis://localhost@redis.example.org',
  ])('is refused on any other: %s', (url) => {
    expect(signed({ REDIS_URL: url })).toBe('config-invalid');
    expect(signed({ REDIS_URL: url, ACCLAIM_QUEUE_KEY: KEY })).toBe(true);
  });

  it('is refused where bot and engines meet in a bucket of another machine', () => {
    const REDIS_URL = 'redis://localhost';
    expect(signed({ REDIS_URL, ...bucket })).toBe('config-invalid');
    const far = { ...bucket, ACCLAIM_BUCKET_ENDPOINT: 'https://s3.example.org:9000' };
    expect(signed({ REDIS_URL, ...far })).toBe('config-invalid');
    expect(signed({ REDIS_URL, ...far, ACCLAIM_QUEUE_KEY: KEY })).toBe(true);
    const near = { ...bucket, ACCLAIM_BUCKET_ENDPOINT: 'http://127.0.0.1:9000' };
    expect(signed({ REDIS_URL, ...near })).toBe(false);
  });

  it.each(['bot', 'engine', 'start'])(
    'ends acclaim %s before it connects: the hint, and no password',
    async (name) => {
      const dir = mkdtempSync(join(tmpdir(), 'acclaim-trust-'));
      try {
        const far = 'queue.redis=redis://:sesame@redis.invalid:6379';
        const { status, err } = await acclaim(name, '--data', dir, '--set', far, '--set', 'server.port=0');
        expect(status).toBe(1);
        const words = 'acclaim: config-invalid: Redis at redis.invalid:6379 is reached from other machines';
        expect(err).toContain(words);
        expect(err).toContain('`acclaim key` makes one');
        expect(err).not.toContain('sesame');
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  );
});

it('the doctor says the same, before it asks Redis anything', async () => {
  const config = loadConfig({ env: { REDIS_URL: 'redis://:sesame@redis.invalid' } });
  const check = await checkRedis(config);
  expect(check).toMatchObject({ name: 'redis', state: 'fail', code: 'config-invalid' });
  expect(check.hint).toContain('ACCLAIM_QUEUE_KEY');
  expect(JSON.stringify(check)).not.toContain('sesame');
});

it('acclaim key makes a line of .env, a new one each time', async () => {
  const lines = [await acclaim('key'), await acclaim('key')].map(({ out }) => out);
  expect(lines[0]).not.toBe(lines[1]);
  for (const line of lines) {
    const [, key] = /^ACCLAIM_QUEUE_KEY=([0-9a-f]{64})\n$/.exec(line)!;
    expect(loadConfig({ env: { ACCLAIM_QUEUE_KEY: key! } }).queue.key).toBe(key);
  }
});
