/** The queue over a real Redis: the contract, and what only several processes and a Redis that comes and goes can do. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../../../src/queue/redis.js';
import { queueContract, type ScoreHandler, scoreJob } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, nowhere, openEngine, openQueue } from '../../support/redis-queue.js';
import { Gate, until } from '../../support/wait.js';

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

/** A job that ends when the test says so; `runs` tells on which engine it began, in order. */
function held() {
  const runs: string[] = [];
  const gate = new Gate();
  const on = (engine: string): ScoreHandler => {
    return async ({ session }, { signal }) => {
      runs.push(`${engine} ${session}`);
      let open = false;
      void gate.pass().then(() => {
        open = true;
      });
      while (!open) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { images: [], diversity: 0 };
    };
  };
  return { runs, gate, on };
}

describe('BullQueue', () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  const engine = async (
    prefix: string,
    name: string,
    score: ScoreHandler,
    more: Parameters<typeof openEngine>[4] = {},
  ) => {
    const opened = await openEngine(redis, prefix, name, { score }, more);
    stops.push(opened.stop);
    return opened;
  };
  const queue = (prefix: string, more: Parameters<typeof openQueue>[2] = {}) => {
    const opened = openQueue(redis, prefix, more);
    stops.push(() => opened.close());
    return opened;
  };

  it('gives a job only to an engine that can do it, and tells when there is none', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = held();
    gate.open();
    const model = 'a'.repeat(64);
    const starved: boolean[] = [];
    const bot = queue(prefix, {
      places: { ...nowhere, pack: async (_kind, payload) => ({ payload, models: [model] }) },
      onStarved: (now) => starved.push(now),
    });
    await engine(prefix, 'other', on('other'));
    const outcome = bot.run(scoreJob('a'));
    await until(() => starved.length === 1, 'word that no engine can do it');
    const ability = { device: 'cpu', memoryMb: 1000, models: [model] };
    await engine(prefix, 'right', on('right'), { ability });
    await outcome;
    expect(runs).toEqual(['right a']);
    expect(starved).toEqual([true, false]);
  });

  it('hands the job of an engine that leaves to another, without counting it as lost', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = held();
    const first = await engine(prefix, 'a-first', on('first'));
    await engine(prefix, 'b-second', on('second'));
    const bot = queue(prefix, { attempts: 1 });
    const outcome = bot.run(scoreJob('a'));
    await gate.reached;
    await first.stop();
    await until(() => runs.length === 2, 'the other engine to begin');
    gate.open();
    await outcome;
    expect(runs).toEqual(['first a', 'second a']);
  });

  it('delivers again what a Redis that restarts empty has forgotten', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = held();
    await engine(prefix, 'e', on('e'));
    const bot = queue(prefix);
    const outcome = bot.run(scoreJob('a'));
    await gate.reached;
    await redis.down();
    await redis.up();
    await until(() => runs.length === 2, 'the job to be run again');
    gate.open();
    expect(await outcome).toEqual({ images: [], diversity: 0 });
  });

  it('takes the answer to what an earlier life of the bot has asked', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = held();
    await engine(prefix, 'e', on('e'));
    const before = queue(prefix);
    const dropped = expect(before.run(scoreJob('a'))).rejects.toMatchObject({ code: 'cancelled' });
    await gate.reached;
    await before.close();
    await dropped;
    const outcome = queue(prefix).run(scoreJob('a'));
    gate.open();
    expect(await outcome).toEqual({ images: [], diversity: 0 });
    expect(runs).toEqual(['e a']);
  });

  it('has nothing to do with an engine that signs with another key', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = held();
    gate.open();
    await engine(prefix, 'a-stranger', on('stranger'), { key: 'x'.repeat(32) });
    const bot = queue(prefix);
    const outcome = bot.run(scoreJob('a'));
    await engine(prefix, 'b-ours', on('ours'));
    await outcome;
    expect(runs).toEqual(['ours a']);
  });
});

it('a password that is wrong, or a Redis that is not there, is told with the mend', async () => {
  const guarded = await TestRedis.start('right');
  try {
    expect((await probe(guarded.settings)).version).toMatch(/^\d+\./);
    const url = guarded.settings.url.replace('right', 'wrong');
    const refusal = await probe({ url, ca: null }).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'redis-unreachable', mend: expect.stringContaining('password') });
    expect(refusal.message).not.toContain('wrong@');
  } finally {
    await guarded.stop();
  }
  await expect(probe(guarded.settings)).rejects.toMatchObject({ code: 'redis-unreachable' });
});
