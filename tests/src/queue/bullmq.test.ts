/** The queue over a real Redis: the contract, and what only several processes and a Redis that comes and goes can do. */
import { afterAll, beforeAll } from 'vitest';
import { queueContract } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../../support/redis-queue.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

queueContract('the queue over Redis', async (score, { engines, attempts }) => {
  const prefix = freshPrefix();
  const served = await Promise.all(
    Array.from({ length: engines }, (_, i) => openEngine(redis, prefix, `e${i}`, { score })),
  );
  const queue = openQueue(redis, prefix, { attempts });
  return {
    queue,
    killEngine: () => {
      for (const engine of served) engine.kill();
    },
    stop: async () => {
      await queue.close();
      await Promise.all(served.map((engine) => engine.stop()));
    },
  };
});
