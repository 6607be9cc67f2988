/** The line to Redis: a password, TLS, both together under the queue, and each way in which it is wrong with its mend. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../../../src/queue/redis.js';
import { scoreJob } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../../support/redis-queue.js';

let plain: TestRedis;
let tls: TestRedis;
beforeAll(async () => {
  [plain, tls] = await Promise.all([TestRedis.start('right'), TestRedis.start('right', true)]);
});
afterAll(() => Promise.all([plain.stop(), tls.stop()]));

/** A plain port says nothing to the greeting of TLS: that one is waited for. */
const refusal = (url: string, ca: string | null, waitMs = 5000) =>
  probe({ url, ca }, waitMs).catch((error) => error);

describe('a probe', () => {
  it('tells the version, with a password, in the clear and over TLS', async () => {
    expect((await probe(plain.settings)).version).toMatch(/^\d+\./);
    expect((await probe(tls.settings)).version).toMatch(/^\d+\./);
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
    'of %s fails by its code, with the mend',
    async (_what, of, mend) => {
      const [url, ca] = of();
      const error = await refusal(url, ca, mend === 'speaks no TLS' ? 500 : 5000);
      expect(error).toMatchObject({ code: 'redis-unreachable', mend: expect.stringContaining(mend) });
      expect(error.message).not.toMatch(/right@|wrong@/);
    },
  );

  it('of a Redis that is not there says so, and names an authority file that is not there', async () => {
    expect(await refusal('redis://127.0.0.1:9', null)).toMatchObject({
      code: 'redis-unreachable',
      mend: expect.stringContaining('Start Redis'),
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
