/**
 * What an engine has made is not made twice because its answer got lost: both ways of getting artifacts
 * between the ends, over a real Redis that restarts empty. Handlers count how often they run; the bytes tell
 * which run was taken.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Artifacts } from '../../../src/artifacts/artifacts.js';
import { Cache } from '../../../src/artifacts/cache.js';
import { fileHash } from '../../../src/artifacts/tree.js';
import { quietAwsClient } from '../../../src/config/env.js';
import type { JobRequest } from '../../../src/queue/contract.js';
import { BucketBotTransport, BucketEngineTransport } from '../../../src/queue/transport/bucket.js';
import { SharedFolderTransport } from '../../../src/queue/transport/shared-folder.js';
import type { BotTransport, EngineTransport } from '../../../src/queue/transport/transport.js';
import { botModels, engineModels, fill } from '../../contracts/places.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../../support/redis-queue.js';
import { TestS3 } from '../../support/s3.js';
import { Gate, until } from '../../support/wait.js';

const KEY = 'k'.repeat(32);
const never = new AbortController().signal;
let redis: TestRedis;
let s3: TestS3;
let dir: string;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  quietAwsClient();
  redis = await TestRedis.start();
  s3 = await TestS3.start();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-standing-'));
  mkdirSync(join(dir, 'bot'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  rmSync(dir, { recursive: true });
});
afterAll(async () => {
  await redis.stop();
  await s3.stop();
});

interface Ends {
  bot: BotTransport;
  engine: EngineTransport;
  /** Puts other bytes in the place of those that an engine wrote as `b`. */
  spoil(text: string): Promise<void>;
}

const ways: Record<string, () => Promise<Ends>> = {
  'a shared folder': async () => {
    const data = join(dir, 'bot');
    return {
      bot: new SharedFolderTransport(data, botModels, 100),
      engine: new SharedFolderTransport(data, engineModels),
      spoil: async () => {
        const checkpoints = join(data, 'sessions/s/checkpoints');
        for (const name of readdirSync(checkpoints))
          if (!name.endsWith('.note')) writeFileSync(join(checkpoints, name, 'b'), 'spoilt');
      },
    };
  },
  'a bucket': async () => {
    const artifacts = new Artifacts(await s3.bucket(), { partBytes: 5 << 20, keepMs: 86_400_000 });
    const cache = new Cache(join(dir, 'engine'), { bytes: 1 << 30, ageMs: 86_400_000 });
    return {
      bot: new BucketBotTransport(artifacts, join(dir, 'bot'), botModels),
      engine: new BucketEngineTransport({ artifacts, cache, models: engineModels, onWait: () => {} }),
      spoil: async (text) => {
        const file = join(dir, 'spoilt');
        writeFileSync(file, text);
        const hash = await fileHash(file);
        await artifacts.bucket.put(`sha256/${hash.slice(0, 2)}/${hash}`, Buffer.from('spoilt'));
      },
    };
  },
};

function learnJob(): JobRequest<'learn'> & { kind: 'learn' } {
  const session = join(dir, 'bot/sessions/s');
  fill(join(session, 'rounds/1'), { a: 'one' });
  return {
    id: 's.1.learn.1',
    kind: 'learn',
    payload: {
      session: 's',
      round: 1,
      attempt: 1,
      seed: 1,
      model: '/bot/model',
      prompt: 'a',
      negative: '',
      sampler: { steps: 1, guidance: 1, eta: 0, scheduler: 'ddim' },
      width: null,
      height: null,
      learner: { name: 'acclaim' },
      roundDir: join(session, 'rounds/1'),
      feedback: { images: [], best: null },
      checkpoint: null,
      out: join(session, 'checkpoints/1'),
    },
  };
}

describe.each(Object.entries(ways))('over %s', (_name, open) => {
  /**
   * A job that was made and delivered while Redis was away, which then has come back empty; `before` happens
   * in between.
   */
  async function answerLost(before: (ends: Ends) => Promise<void> = async () => {}) {
    const ends = await open();
    const prefix = freshPrefix();
    const job = learnJob();
    const gate = new Gate();
    let runs = 0;
    const served = await openEngine(
      redis,
      prefix,
      'e',
      {
        learn: async ({ out }) => {
          runs += 1;
          await gate.pass();
          fill(out, { b: `run ${runs}` });
          return { steps: runs, losses: [], learned: true, notes: [], seconds: 1, device: 'cpu' };
        },
      },
      {
        transport: ends.engine,
        ability: { device: 'cpu', memoryMb: 1000, models: ['a'.repeat(64)] },
      },
    );
    stops.push(served.stop);
    const queue = openQueue(redis, prefix, { transport: ends.bot });
    stops.push(() => queue.close());
    const outcome = queue.run(job);
    await gate.reached;
    await redis.down();
    gate.open();
    const identity = (await ends.bot.identity('learn', job.payload))!;
    const noted = () => ends.bot.noted('learn', job.payload, identity, never);
    await until(async () => (await noted()).length === 1, 'a note of what was made');
    await before(ends);
    await redis.up();
    const { steps } = await outcome;
    const made = readFileSync(join(job.payload.out, 'b'), 'utf8');
    expect(readdirSync(dirname(job.payload.out)), 'nothing else is left').toEqual(['1']);
    expect(await noted()).toEqual([]);
    return { runs, steps, made };
  }

  it('it is taken as it stands, with the result that belongs to it', async () => {
    expect(await answerLost()).toEqual({ runs: 1, steps: 1, made: 'run 1' });
  });

  it('it is computed again where its bytes are not those that were written', async () => {
    expect(await answerLost(({ spoil }) => spoil('run 1'))).toEqual({ runs: 2, steps: 2, made: 'run 2' });
  });

  it('it is computed again where the work is another: another word, or other bytes to read', async () => {
    const { bot } = await open();
    const { payload } = learnJob();
    const first = await bot.identity('learn', payload);
    expect(await bot.identity('learn', { ...payload })).toBe(first);
    expect(await bot.identity('learn', { ...payload, out: `${payload.out}0` })).toBe(first);
    expect(await bot.identity('learn', { ...payload, seed: 2 })).not.toBe(first);
    expect(await bot.identity('learn', { ...payload, attempt: 2 })).not.toBe(first);
    fill(payload.roundDir, { a: 'two' });
    expect(await bot.identity('learn', payload)).not.toBe(first);
    expect(await bot.identity('score', payload)).toBeNull();
  });

  it('a note that nobody with our key has signed is none', async () => {
    const ends = await open();
    const { id, kind, payload } = learnJob();
    const identity = (await ends.bot.identity(kind, payload))!;
    await ends.bot.prepare(kind, payload, never);
    const there = await ends.engine.unpack(kind, (await ends.bot.pack(kind, payload, 7)).payload, never);
    fill(String(there.out), { b: 'forged' });
    const artifact = await ends.engine.deliver(kind, there, never);
    const result = { steps: 9, losses: [], learned: true, notes: [], seconds: 1, device: 'cpu' };
    const body = JSON.stringify({ identity, delivery: 7, artifact, result });
    await ends.engine.note(kind, there, identity, JSON.stringify({ body, mac: '' }), never);
    const prefix = freshPrefix();
    const queue = openQueue(redis, prefix, { transport: ends.bot, key: KEY });
    stops.push(() => queue.close());
    const served = await openEngine(
      redis,
      prefix,
      'e',
      {
        learn: async ({ out }) => {
          fill(out, { b: 'computed' });
          return { ...result, steps: 1 };
        },
      },
      { transport: ends.engine, ability: { device: 'cpu', memoryMb: 1000, models: ['a'.repeat(64)] } },
    );
    stops.push(served.stop);
    expect(await queue.run({ id, kind, payload })).toMatchObject({ steps: 1 });
    expect(readFileSync(join(payload.out, 'b'), 'utf8')).toBe('computed');
  });
});
