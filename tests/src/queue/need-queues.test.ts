/** Queues of needs in a real Redis: one that nobody uses leaves nothing behind, and none keeps all its events. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../../../src/log.js';
import type { Need } from '../../../src/queue/matching/ability.js';
import { End } from '../../../src/queue/redis/end.js';
import { NeedQueues } from '../../../src/queue/redis/need-queues.js';
import { queueName } from '../../../src/queue/redis/wire.js';
import { TestRedis } from '../../support/redis.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

it('bounds the events of a queue in use, though Redis has forgotten the bound, and clears away one that is not', async () => {
  const fail = (error: unknown) => {
    throw error;
  };
  const end = new End({ redis: redis.settings, prefix: 'p', key: null, log: silentLog }, '', fail);
  const line = end.redis;
  const queues = new NeedQueues(end, { unusedMs: -1, hear: () => {} });
  const need: Need = { models: [], memoryMb: 1, folder: null, not: [], attempts: 3 };
  const name = queueName(need);
  try {
    await queues.add(need, 'a.1.score.1', 'score', 'sealed');
    expect((await queues.find('a.1.score.1'))?.name).toBe(name);
    expect(await queues.find('b.1.score.1')).toBeNull();
    await line.del(`p:${name}:meta`);
    const { job } = (await queues.find('a.1.score.1'))!;
    // As large as a preview: each is a node of the stream, by which Redis trims.
    for (let i = 0; i < 60; i++) await job.updateProgress({ i, preview: 'x'.repeat(5000) });
    expect(await line.xlen(`p:${name}:events`)).toBeGreaterThan(60);
    await queues.sweep(new Set([name]));
    expect(await line.xlen(`p:${name}:events`)).toBeLessThanOrEqual(50);
    await queues.sweep(new Set());
    expect(await line.keys('p*')).toEqual([]);
    expect(await queues.find('a.1.score.1')).toBeNull();
  } finally {
    await queues.closeAll();
    line.cut();
  }
});
