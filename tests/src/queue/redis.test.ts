/**
 * The line to Redis: a password, TLS, both together under the queue, and each way in which it is wrong with
 * its hint; a server that answers and refuses, or may lose what it holds.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRedis } from '../../../src/cli/checks/services.js';
import { loadConfig } from '../../../src/config/load.js';
import { openBullQueue } from '../../../src/engines/serving.js';
import { projectPath } from '../../../src/files/paths.js';
import { type Log, silentLog } from '../../../src/log.js';
import type { Held } from '../../../src/queue/contract.js';
import { connect, probe } from '../../../src/redis/connection.js';
import { doubts, readInfo, rights } from '../../../src/redis/faults.js';
import { scoreJob } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../../support/redis-queue.js';
import { until } from '../../support/wait.js';

let plain: TestRedis;
let tls: TestRedis;
beforeAll(async () => {
  [plain, tls] = await Promise.all([TestRedis.start('right'), TestRedis.start('right', true)]);
});
afterAll(() => Promise.all([plain.stop(), tls.stop()]));

/** A plain port says nothing to the greeting of TLS: that one is waited for. */
const refusal = (url: string, ca: string | null, waitMs = 5000) =>
  probe({ url, ca }, 'acclaim', waitMs).catch((error) => error);

/** As its administrator. */
async function tell(redis: TestRedis, ...commands: string[][]): Promise<void> {
  const line = connect(redis.settings, () => {});
  for (const [name, ...args] of commands) await line.call(name!, args);
  line.cut();
}

describe('a probe', () => {
  it('tells the version, with a password, in the clear and over TLS', async () => {
    for (const { settings } of [plain, tls])
      expect(await probe(settings, 'acclaim')).toEqual({
        product: 'Redis',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        policy: 'noeviction',
      });
  });

  it.each([
    ['a wrong password', () => [plain.settings.url.replace('right', 'wrong'), null], 'password'],
    ['no password', () => [plain.settings.url.replace(':right@', ''), null], 'password'],
    [
      'a wrong password over TLS',
      () => [tls.settings.url.replace('right', 'wrong'), tls.tls!.ca],
      'password',
    ],
    ['the authority of another', () => [tls.settings.url, tls.tls!.stranger], 'Set REDIS_CA'],
    ['no authority', () => [tls.settings.url, null], 'Set REDIS_CA'],
    [
      'a name that is not in the certificate',
      () => [tls.settings.url.replace('127.0.0.1', 'localhost'), tls.tls!.ca],
      'as the certificate has it',
    ],
    [
      'TLS on a plain port',
      () => [plain.settings.url.replace('redis:', 'rediss:'), tls.tls!.ca],
      'speaks no TLS',
    ],
    ['no TLS on a TLS port', () => [tls.settings.url.replace('rediss:', 'redis:'), null], 'write rediss://'],
  ] as [string, () => [string, string | null], string][])(
    'of %s fails by its code, with the hint',
    async (_what, of, hint) => {
      const [url, ca] = of();
      const error = await refusal(url, ca, hint === 'speaks no TLS' ? 500 : 5000);
      expect(error).toMatchObject({ code: 'redis-unreachable', hint: expect.stringContaining(hint) });
      expect(error.message).not.toMatch(/right@|wrong@/);
    },
  );

  it('of a Redis that is not there says so, and names an authority file that is not there', async () => {
    expect(await refusal('redis://127.0.0.1:9', null)).toMatchObject({
      code: 'redis-unreachable',
      hint: expect.stringContaining('Start Redis'),
    });
    expect(await refusal(tls.settings.url, '/nowhere/ca.pem')).toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('/nowhere/ca.pem'),
    });
  });

  it('of an authority file that is none fails by its code', async () => {
    const file = join(tls.tls!.ca, '..', 'none.pem');
    writeFileSync(file, 'no certificate');
    expect(await refusal(tls.settings.url, file)).toMatchObject({ code: 'redis-unreachable' });
    rmSync(file);
  });
});

describe('a probe of a server that answers and will not', () => {
  it('tells rights that are missing from a wrong password, and names those that are needed', async () => {
    const nobody = ['ACL', 'SETUSER', 'nobody', 'on', '>right', '+@all', '-info', '~acclaim*', '&acclaim*'];
    const elsewhere = ['ACL', 'SETUSER', 'elsewhere', 'on', '>right', '+@all', '~other*', '&other*'];
    const deaf = ['ACL', 'SETUSER', 'deaf', 'on', '>right', '+@all', '~acclaim*', 'resetchannels'];
    await tell(plain, nobody, elsewhere, deaf);
    for (const name of ['nobody', 'elsewhere', 'deaf']) {
      const error = await refusal(plain.settings.url.replace(':right', `${name}:right`), null);
      expect(error).toMatchObject({
        code: 'redis-unreachable',
        message: expect.stringContaining('NOPERM'),
        hint: expect.stringContaining('+@all -@dangerous -@admin +info ~acclaim* &acclaim*'),
      });
      expect(error.hint).not.toContain('PASSWORD');
    }
  });

  it('names a replica, a full memory, and one that says nothing', async () => {
    await tell(plain, ['REPLICAOF', '127.0.0.1', '9']);
    const replica = await refusal(plain.settings.url, null);
    await tell(plain, ['REPLICAOF', 'NO', 'ONE'], ['CONFIG', 'SET', 'maxmemory', '1']);
    const full = await refusal(plain.settings.url, null);
    await tell(plain, ['CONFIG', 'SET', 'maxmemory', '0']);
    plain.signal('SIGSTOP');
    const silent = await refusal(plain.settings.url, null, 300);
    plain.signal('SIGCONT');
    for (const [error, hint] of [
      [replica, 'name the master'],
      [full, 'maxmemory'],
      [silent, 'says nothing'],
    ])
      expect(error).toMatchObject({ code: 'redis-unreachable', hint: expect.stringContaining(hint) });
  });
});

describe('of a server that may lose jobs', () => {
  const key = 'k'.repeat(32);
  const config = () =>
    loadConfig({ set: [`queue.redis=${plain.settings.url}`, `queue.key=${key}`, 'model=mini'], env: {} });

  it('doctor and a start warn, and only of that', async () => {
    const warned: string[] = [];
    const log = { ...silentLog, warn: (_: unknown, text: string) => warned.push(text) } as unknown as Log;
    expect(await checkRedis(config())).toMatchObject({ state: 'ok', hint: '' });
    await (await openBullQueue({ config: config(), log })).close();
    expect(warned).toEqual([]);
    await tell(plain, ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']);
    expect(await checkRedis(config())).toMatchObject({
      state: 'warn',
      found: expect.stringContaining('allkeys-lru'),
      hint: expect.stringContaining('noeviction'),
    });
    await (await openBullQueue({ config: config(), log })).close();
    expect(warned).toEqual([expect.stringContaining('allkeys-lru')]);
    await tell(plain, ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
  });

  // As Valkey 8.0.1 and Redis 7.2.4 tell of themselves, in part.
  it.each([
    ['redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n', 'Valkey', '8.0.1', 0],
    [
      'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nmaxmemory_policy:volatile-lru',
      'Valkey',
      '8.0.1',
      1,
    ],
    [
      '# Server\r\nredis_version:7.2.4\r\nredis_mode:standalone\r\n\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n',
      'Redis',
      '7.2.4',
      0,
    ],
    ['redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\n', 'Redis', '6.0.16', 1],
    ['redis_version:6.2.0\r\n', 'Redis', '6.2.0', 0],
  ])('reads %j', (text, product, version, worries) => {
    const facts = readInfo(text);
    expect(facts).toMatchObject({ product, version });
    expect(doubts(facts)).toHaveLength(worries);
  });
});

it('the queue does its work with the rights that the documentation names, and no others', async () => {
  const prefix = freshPrefix();
  const documented = readFileSync(projectPath('docs/operating.md'), 'utf8');
  expect(documented).toContain(rights('acclaim'));
  await tell(plain, ['ACL', 'SETUSER', 'ours', 'reset', 'on', '>right', ...rights(prefix).split(' ')]);
  const settings = { url: plain.settings.url.replace(':right', 'ours:right'), ca: null };
  await probe(settings, prefix);
  const outcome = { images: [], diversity: 1 };
  const engine = await openEngine({ settings }, prefix, 'e', { score: async () => outcome });
  const warned: unknown[] = [];
  const log = { ...silentLog, warn: (about: unknown) => warned.push(about) } as unknown as Log;
  const bot = openQueue({ settings }, prefix, { log });
  try {
    expect(await bot.run(scoreJob('a'))).toEqual(outcome);
    await bot.forget(['a'.repeat(64)]);
    await engine.stop();
    expect(await bot.engines()).toEqual([]);
    expect(warned).toEqual([]);
  } finally {
    await bot.close();
    await engine.stop();
  }
});

it('what waits is told that Redis refuses, and goes on when it does not', async () => {
  const prefix = freshPrefix();
  const said: object[] = [];
  const note = (about: object | string, text?: string) => {
    said.push(typeof about === 'string' ? { text: about } : { ...about, text });
  };
  const log = { ...silentLog, warn: note, info: note } as unknown as Log;
  const engine = await openEngine(plain, prefix, 'e', { score: async () => ({ images: [], diversity: 1 }) });
  const bot = openQueue(plain, prefix, { log, graceMs: 0 });
  try {
    await tell(plain, ['CONFIG', 'SET', 'maxmemory', '1']);
    const held: (Held | null)[] = [];
    const outcome = bot.run(scoreJob('a'), undefined, (why) => held.push(why));
    // On a busy machine it may first be no answer in time.
    await until(() => held.some((why) => why?.message.includes('refuses')), 'word that it is refused');
    await tell(plain, ['CONFIG', 'SET', 'maxmemory', '0']);
    await outcome;
    expect(new Set(held.map((why) => why?.code ?? null))).toEqual(new Set(['no-redis', null]));
    expect(held.at(-1)).toBeNull();
    await until(() => said.some((line) => 'text' in line && line.text === 'Redis is back'), 'the good word');
    expect(said).toContainEqual(
      expect.objectContaining({ code: 'redis-unreachable', hint: expect.stringContaining('maxmemory') }),
    );
  } finally {
    await bot.close();
    await engine.stop();
  }
});

it('the queue does its work over TLS with a password', async () => {
  const prefix = freshPrefix();
  const outcome = { images: [{ index: 0, good: true, score: 0.5 }], diversity: 1 };
  const engine = await openEngine(tls, prefix, 'e', { score: async () => outcome });
  const bot = openQueue(tls, prefix);
  try {
    expect(await bot.run(scoreJob('a'))).toEqual(outcome);
  } finally {
    await bot.close();
    await engine.stop();
  }
});
