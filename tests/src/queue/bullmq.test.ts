/**
 * The queue over a real Redis: the contract, and what only several processes and a Redis that comes and goes
 * can do.
 */
import { randomUUID } from 'node:crypto';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AcclaimError } from '../../../src/errors.js';
import { type Log, silentLog } from '../../../src/log.js';
import { Envelopes } from '../../../src/queue/envelope.js';
import { Aside } from '../../../src/queue/matching/aside.js';
import { memoryShort } from '../../../src/queue/predict.js';
import type { EngineTransport } from '../../../src/queue/transport/transport.js';
import { connect } from '../../../src/redis/connection.js';
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
function jobs() {
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
    const { runs, gate, on } = jobs();
    gate.open();
    const model = 'a'.repeat(64);
    const held: (string | undefined)[] = [];
    const starved: boolean[] = [];
    const bot = queue(prefix, {
      transport: { ...nowhere, pack: async (_kind, payload) => ({ payload, models: [model] }) },
      predictMb: () => 3000,
      graceMs: 0,
      onStarved: (now) => starved.push(now),
    });
    const waitFor = (code: string) => until(() => held.at(-1) === code, `word of ${code}: ${held}`);
    const outcome = bot.run(scoreJob('a'), undefined, (why) => held.push(why?.code));
    await waitFor('no-engine');
    await engine(prefix, 'other', on('other'));
    await waitFor('no-model');
    const ability = { device: 'cpu', memoryMb: 2999, models: [model] };
    await engine(prefix, 'small', on('small'), { ability });
    await waitFor('no-memory');
    await engine(prefix, 'right', on('right'), { ability: { ...ability, memoryMb: 3000 } });
    await outcome;
    expect(runs).toEqual(['right a']);
    // Each reason once, however often it was looked at meanwhile.
    expect(held).toEqual(['no-engine', 'no-model', 'no-memory', undefined]);
    expect(starved).toEqual([true, false]);
  });

  it('says that the engines that are there are older ones, which take nothing of it', async () => {
    const prefix = freshPrefix();
    const line = connect(redis.settings, () => {});
    stops.push(async () => line.cut());
    await line.sadd(`${prefix}:engines`, 'old');
    await line.set(`${prefix}:beat:old`, 'any', 'PX', 60_000);
    const why: (string | undefined)[] = [];
    queue(prefix, { graceMs: 0 })
      .run(scoreJob('a'), undefined, (held) => why.push(held?.message))
      .catch(() => {});
    await until(() => why.length > 0, 'word of them');
    expect(why).toEqual(['no engine of this version is there, only older ones, which are to be updated']);
  });

  it('prefers the engine that holds the model, and forgets no other job over it', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];
    // A stack of LoRAs lies deeper in the payload, and is more than jobs are remembered.
    const stack = ['c', 'd', 'e', 'f'].map((letter) => letter.repeat(64));
    const ability = { device: 'cpu', memoryMb: 1000, models: [one, two, ...stack] };
    const of = (model: string) => ({
      ...nowhere,
      pack: async (_kind: unknown, payload: Record<string, unknown>) => ({
        payload: { ...payload, judge: `model:${model}` },
        models: [model, ...stack],
      }),
    });
    let model = one;
    const transport = {
      ...nowhere,
      pack: (...args: Parameters<typeof nowhere.pack>) => of(model).pack(args[0], args[1]),
    };
    const bot = queue(prefix, { transport });
    const first = await engine(prefix, 'a', on('a'), { ability, hesitationMs: 1000 });
    await bot.run(scoreJob('x1'));
    await engine(prefix, 'b', on('b'), { ability, hesitationMs: 500 });
    for (const session of ['x2', 'x3', 'x4']) await bot.run(scoreJob(session));
    expect(runs).toEqual(['a x1', 'a x2', 'a x3', 'a x4']);
    model = two;
    await bot.run(scoreJob('y1'));
    await first.stop();
    model = one;
    await bot.run(scoreJob('x5'));
    expect(runs.at(-1)).toBe('b x5');
  });

  it('takes an engine at its word that a job does not fit, and asks the others', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const bot = queue(prefix, { attempts: 1, graceMs: 0 });
    const why: (string | undefined)[] = [];
    await engine(prefix, 'a-small', async () => {
      runs.push('small a');
      throw memoryShort('a', 9000, 1000);
    });
    const outcome = bot.run(scoreJob('a'), undefined, (held) => why.push(held?.code));
    await until(() => why.length === 1, 'word that it fits nowhere');
    await engine(prefix, 'b-big', on('big'));
    await outcome;
    expect(runs).toEqual(['small a', 'big a']);
    expect(why).toEqual(['no-memory', undefined]);
  });

  it('says that Redis is away, and goes on when it is back', async () => {
    const prefix = freshPrefix();
    const { gate, on } = jobs();
    gate.open();
    const bot = queue(prefix, { graceMs: 0 });
    const why: (string | undefined)[] = [];
    const outcome = bot.run(scoreJob('a'), undefined, (held) => why.push(held?.code));
    await until(() => why.includes('no-engine'), 'word that no engine is there');
    await redis.down();
    await until(() => why.at(-1) === 'no-redis', 'word that Redis is away');
    await redis.up();
    await engine(prefix, 'e', on('e'));
    await outcome;
    expect(why.filter((code) => code === 'no-redis')).toHaveLength(1);
    expect(why.at(-1)).toBeUndefined();
  });

  it('hands the job of an engine that leaves to another, without counting it as lost', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    const back: unknown[] = [];
    const log = { ...silentLog, warn: ({ why }: { why: unknown }) => back.push(why) } as unknown as Log;
    const bot = queue(prefix, { attempts: 1, log });
    const first = await engine(prefix, 'a-first', on('first'));
    const outcome = bot.run(scoreJob('a'));
    await gate.reached;
    await engine(prefix, 'b-second', on('second'));
    await first.stop();
    await until(() => runs.length === 2, 'the other engine to begin');
    gate.open();
    await outcome;
    expect(runs).toEqual(['first a', 'second a']);
    // The engine itself has put it back: no bot is needed for it.
    expect(back).toEqual(['its engine lets go of it']);
  });

  it('delivers again what a Redis that restarts empty has forgotten', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    const out: unknown[] = [];
    const transport: EngineTransport = {
      ...nowhere,
      unpack: async (_kind, payload) => {
        out.push(payload.out);
        return payload;
      },
    };
    await engine(prefix, 'e', on('e'), { transport });
    const bot = queue(prefix);
    const outcome = bot.run(scoreJob('a'));
    await gate.reached;
    await redis.down();
    await redis.up();
    await until(() => runs.length === 2, 'the job to be run again');
    gate.open();
    expect(await outcome).toEqual({ images: [], diversity: 0 });
    expect(runs).toEqual(['e a', 'e a']);
  });

  it('takes the answer to what an earlier life of the bot has asked', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
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

  it('an engine begins no job twice, whoever puts it into Redis again with all that belongs to it', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    await engine(prefix, 'e', on('e'));
    const bot = queue(prefix);
    const outcome = bot.run(scoreJob('a'));
    await gate.reached;
    const thief = connect(redis.settings, () => {});
    const names = await thief.hkeys(`${prefix}:needs`);
    const copy = new Queue(names[0]!, { connection: thief, prefix, skipVersionCheck: true });
    try {
      const [taken] = await copy.getActive();
      gate.open();
      await outcome;
      const again = await copy.add(taken!.name, taken!.data, { jobId: taken!.id! });
      await until(async () => (await again.getState()) === 'failed', 'the copy to be refused');
      expect(runs).toEqual(['e a']);
      // Nor does the bot take what was answered to another life of the job.
      const old = await copy.getJob(taken!.id!);
      expect(old!.failedReason).toContain('begun here before');
    } finally {
      await copy.close();
      thief.cut();
    }
  });

  it('hears nothing any more of a run that has lost the job', async () => {
    const prefix = freshPrefix();
    const seen: number[] = [];
    const outcome = queue(prefix).run(scoreJob('a'), ({ done }) => seen.push(done));
    outcome.catch(() => {});
    const line = connect(redis.settings, () => {});
    stops.push(async () => line.cut());
    await until(async () => (await line.hkeys(`${prefix}:needs`)).length > 0, 'the job to be given out');
    const [name] = await line.hkeys(`${prefix}:needs`);
    // An engine that renews no lock.
    const worker = new Worker(name!, null, {
      ...{ connection: line, prefix, skipVersionCheck: true, autorun: false },
      ...{ lockDuration: 200, stalledInterval: 100, maxStalledCount: 2 },
    });
    stops.push(() => worker.close(true));
    const taken: Job[] = [];
    const take = async () => {
      const job = await worker.getNextJob('token', { block: false });
      if (job) taken.push(job);
      return job !== undefined;
    };
    await until(take, 'the job');
    const { nonce } = JSON.parse(JSON.parse(taken[0]!.data.sealed).body);
    const say = async (delivery: number, done: number) => {
      const progress = { stage: 'score', done, total: 9, secondsLeft: null };
      const said = { nonce, delivery, said: { type: 'progress', progress } };
      await taken[0]!.updateProgress({ sealed: new Envelopes('k'.repeat(32)).close('word', said) });
    };
    await say(1, 1);
    await until(() => seen.length > 0, 'its progress');
    await worker.startStalledCheckTimer();
    await until(take, 'the job, which was lost');
    await say(1, 2);
    await say(2, 3);
    await until(() => seen.includes(3), 'the progress of the other run');
    expect(seen).toEqual([1, 3]);
  });

  it('an operator reads in BullMQ what runs, how far it is and why it failed, and no preview', async () => {
    const prefix = freshPrefix();
    const gate = new Gate();
    const preview = 'QUJD'.repeat(10);
    await engine(prefix, 'a-poor', async (_, { progress }) => {
      progress({ stage: 'sample', done: 3, total: 4, secondsLeft: null, preview });
      await gate.pass();
      throw new AcclaimError('disk-full', 'no room', 'Make room.');
    });
    const bot = queue(prefix);
    const outcome = expect(bot.run(scoreJob('a'))).rejects.toMatchObject({
      code: 'disk-full',
      hint: 'Make room.',
    });
    await gate.reached;
    const line = connect(redis.settings, () => {});
    const [name] = await line.hkeys(`${prefix}:needs`);
    const board = new Queue(name!, { connection: line, prefix, skipVersionCheck: true });
    const events = new QueueEvents(name!, { connection: line, prefix, skipVersionCheck: true });
    try {
      await events.waitUntilReady();
      await until(async () => (await board.getActive())[0]?.progress !== 0, 'its progress');
      const [job] = await board.getActive();
      expect(job).toMatchObject({
        ...{ name: 'score', processedBy: 'a-poor', attemptsStarted: 1 },
        progress: { stage: 'sample', done: 3, total: 4 },
      });
      const failed = new Promise<string>((resolve) =>
        events.on('failed', ({ failedReason }) => resolve(failedReason)),
      );
      gate.open();
      expect(await failed).toMatch(/^disk-full: no room\n/);
      await outcome;
    } finally {
      await events.close();
      await board.close();
      line.cut();
    }
  });

  it('does not take an old sign of life for an engine', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const bot = queue(prefix, { graceMs: 0, lostMs: 300 });
    const first = await engine(prefix, 'e', on('e'));
    await bot.run(scoreJob('a'));
    const thief = connect(redis.settings, () => {});
    try {
      const beat = await thief.hget(`${prefix}:serving`, 'e');
      await first.stop();
      const put = () => thief.hset(`${prefix}:serving`, 'e', beat!);
      await put();
      const keep = setInterval(() => void put(), 20);
      await until(async () => (await bot.engines()).length === 0, 'the old word to be too old');
      const why: (string | undefined)[] = [];
      const outcome = bot.run(scoreJob('b'), undefined, (held) => why.push(held?.code));
      await until(() => why.at(-1) === 'no-engine', 'word that no engine is there');
      clearInterval(keep);
      await engine(prefix, 'other', on('other'));
      await outcome;
      expect(runs).toEqual(['e a', 'other b']);
    } finally {
      thief.disconnect();
    }
  });

  it('an engine whose work is not there is set aside, and its job goes to another', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const folder = randomUUID();
    const same = { folder: async () => folder };
    await engine(prefix, 'a-blind', on('blind'), same);
    let seen = false;
    const keep = async () => {
      if (!seen) throw new AcclaimError('data-mismatch', 'what it wrote is not here');
    };
    let now = 0;
    const aside = new Aside(silentLog, 60_000, () => now);
    const bot = queue(prefix, { transport: { ...nowhere, keep }, folder, graceMs: 0, aside });
    const held: (string | undefined)[] = [];
    const outcome = bot.run(scoreJob('a'), undefined, (why) => held.push(why?.code));
    await until(() => held.at(-1) === 'no-folder', 'word that there is no engine with the folder');
    expect(await bot.setAside()).toEqual([{ engine: 'a-blind', why: 'what it wrote is not here' }]);
    seen = true;
    await engine(prefix, 'b-elsewhere', on('elsewhere'), { folder: async () => randomUUID() });
    await engine(prefix, 'c-unmarked', on('unmarked'), { folder: async () => null });
    const other = await engine(prefix, 'd-other', on('other'), same);
    await outcome;
    expect(runs).toEqual(['blind a', 'other a']);
    expect((await bot.setAside()).map(({ engine: name }) => name).sort()).toEqual([
      'a-blind',
      'b-elsewhere',
      'c-unmarked',
    ]);
    // After a minute it may have jobs again.
    await other.stop();
    now += 60_000;
    await bot.run(scoreJob('b'));
    expect(runs.at(-1)).toBe('blind b');
  });

  it.each([
    'file-not-found',
    'file-unreadable',
    'data-unwritable',
    'files-exhausted',
    'model-changed',
    'device-unavailable',
  ] as const)(
    'what one engine alone suffers from (%s) is tried on another, and not by the first again',
    async (code) => {
      const prefix = freshPrefix();
      const { runs, gate, on } = jobs();
      await engine(prefix, 'b-well', on('well'));
      const bot = queue(prefix, { attempts: 2 });
      const busy = bot.run(scoreJob('busy'));
      await gate.reached;
      await engine(prefix, 'a-poor', async ({ session }) => {
        runs.push(`poor ${session}`);
        throw new AcclaimError(code, 'something of this machine alone');
      });
      const outcome = bot.run(scoreJob('a'));
      await until(() => runs.includes('poor a'), 'the other engine to fail');
      gate.open();
      await Promise.all([busy, outcome]);
      expect(runs).toEqual(['well busy', 'poor a', 'well a']);
    },
  );

  it('an engine that cannot read the mark of the folder says that, and takes no jobs', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const folder = randomUUID();
    const bot = queue(prefix, { folder, attempts: 1, graceMs: 0 });
    const lines: unknown[] = [];
    const log = { ...silentLog, error: (fields: unknown) => lines.push(fields) } as unknown as Log;
    const shut = new AcclaimError(
      'file-unreadable',
      'the mark may not be read by this user',
      'Give it the right.',
    );
    const shutEngine = await engine(prefix, 'a-shut', on('shut'), {
      folder: () => Promise.reject(shut),
      log,
    });
    const held: (string | undefined)[] = [];
    const outcome = bot.run(scoreJob('a'), undefined, (why) => held.push(why?.code));
    await until(() => held.at(-1) === 'no-folder', 'word that there is no engine with the folder');
    await until(() => lines.length > 0, 'the line of the log');
    expect(lines[0]).toMatchObject({
      code: 'data-mismatch',
      message: expect.stringContaining(shut.message),
      hint: shut.hint,
    });
    expect(shutEngine.look()).toBe('its data folder is not the one of the bot');
    await engine(prefix, 'b-right', on('right'), { folder: async () => folder });
    await outcome;
    expect(runs).toEqual(['right a']);
  });

  it('an engine that sees no longer what it saw when it beat does not begin the job', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const folder = randomUUID();
    let asked = 0;
    // Its mount goes right after its first sign of life, long before the next.
    const mark = async () => (++asked === 1 ? folder : null);
    await engine(prefix, 'a-lost', on('lost'), { folder: mark, lostMs: 60_000 });
    const bot = queue(prefix, { folder, attempts: 2 });
    const outcome = bot.run(scoreJob('a'));
    await until(() => asked > 1 || runs.length > 0, 'it to look before it begins');
    await engine(prefix, 'b-right', on('right'), { folder: async () => folder });
    await outcome;
    expect(runs).toEqual(['right a']);
  });

  it('has nothing to do with an engine that signs with another key', async () => {
    const prefix = freshPrefix();
    const { runs, gate, on } = jobs();
    gate.open();
    const lines: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown) => lines.push(fields) } as unknown as Log;
    await engine(prefix, 'a-stranger', on('stranger'), { key: 'x'.repeat(32), log });
    const bot = queue(prefix);
    const outcome = bot.run(scoreJob('a'));
    await engine(prefix, 'b-ours', on('ours'));
    await outcome;
    expect(runs).toEqual(['ours a']);
    await until(() => lines.length > 0, 'the word of the stranger');
    expect(lines).toEqual([
      expect.objectContaining({ code: 'job-invalid', hint: expect.stringContaining('ACCLAIM_QUEUE_KEY') }),
    ]);
  });
});
