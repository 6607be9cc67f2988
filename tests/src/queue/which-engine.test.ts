/**
 * Which engine a job goes to over a real Redis: to one that can do it, and whose word and work can be trusted.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AcclaimError } from '../../../src/errors.js';
import { type Log, silentLog } from '../../../src/log.js';
import { Aside } from '../../../src/queue/matching/aside.js';
import { memoryShort } from '../../../src/queue/predict.js';
import { connect } from '../../../src/redis/connection.js';
import { scoreJob } from '../../contracts/queue.js';
import { TestRedis } from '../../support/redis.js';
import { endsOfTest, freshPrefix, gatedJobs, nowhere } from '../../support/redis-queue.js';
import { until } from '../../support/wait.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());
const { engine, queue, stops } = endsOfTest(() => redis);

it('gives a job only to an engine that can do it, and tells when there is none', async () => {
  const prefix = freshPrefix();
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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

it('does not take an old sign of life for an engine', async () => {
  const prefix = freshPrefix();
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
    const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
  const { runs, gate, on } = gatedJobs();
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
