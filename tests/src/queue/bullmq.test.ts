import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AcclaimError } from '../../../src/errors.js';
import { type Log, silentLog } from '../../../src/log.js';
import { Envelopes } from '../../../src/queue/envelope.js';
import type { EngineTransport } from '../../../src/queue/transport/transport.js';
import { connect } from '../../../src/redis/connection.js';
import { queueContract, scoreJob } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import {
  endsOfTest,
  freshPrefix,
  gatedJobs,
  nowhere,
  openEngine,
  openQueue,
} from '../../support/redis-queue.js';
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

const { engine, queue, stops } = endsOfTest(() => redis);

it('says that Redis is away, and goes on when it is back', async () => {
  const prefix = freshPrefix();
  const { gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
