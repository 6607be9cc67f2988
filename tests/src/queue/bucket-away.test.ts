/**
 * Both ends over a real Redis and a real bucket that goes away: whoever waits for a job is told so, and that
 * it goes on.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Artifacts } from '../../../src/artifacts/artifacts.js';
import { Cache } from '../../../src/artifacts/cache.js';
import { quietAwsClient } from '../../../src/config/env.js';
import type { Held, JobRequest } from '../../../src/queue/contract.js';
import { BucketBotTransport, BucketEngineTransport } from '../../../src/queue/transport/bucket.js';
import { botModels, engineModels, fill } from '../../contracts/places.js';
import { TestRedis } from '../../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../../support/redis-queue.js';
import { TestS3 } from '../../support/s3.js';
import { Gate, until } from '../../support/wait.js';

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
  dir = mkdtempSync(join(tmpdir(), 'acclaim-away-'));
  mkdirSync(join(dir, 'bot'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  rmSync(dir, { recursive: true });
  await s3.down();
  await s3.up();
});
afterAll(async () => {
  await redis.stop();
  await s3.stop();
});

/** A round stands with the bot; an engine learns it once the gate is open. */
async function open() {
  const prefix = freshPrefix();
  const artifacts = new Artifacts(await s3.bucket(), { partBytes: 5 << 20, keepMs: 86_400_000 });
  const cache = new Cache(join(dir, 'engine'), { bytes: 1 << 30, ageMs: 86_400_000 });
  const roundDir = join(dir, 'bot/sessions/s/rounds/1');
  fill(roundDir, { a: 'one' });
  const out = join(dir, 'bot/sessions/s/checkpoints/1');
  const gate = new Gate();
  const queue = openQueue(redis, prefix, {
    transport: new BucketBotTransport(artifacts, join(dir, 'bot'), botModels),
    graceMs: 0,
  });
  stops.push(() => queue.close());
  const engine = await openEngine(
    redis,
    prefix,
    'e',
    {
      learn: async (payload) => {
        await gate.pass();
        fill(payload.out, { b: readFileSync(join(payload.roundDir, 'a'), 'utf8') });
        return { steps: 1, losses: [1], learned: true, notes: [], seconds: 1, device: 'cpu' };
      },
    },
    {
      transport: new BucketEngineTransport({ artifacts, cache, models: engineModels, onWait: () => {} }),
      ability: { device: 'cpu', memoryMb: 1000, models: ['a'.repeat(64)] },
    },
  );
  stops.push(engine.stop);
  const job: JobRequest<'learn'> = {
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
      roundDir,
      feedback: { images: [], best: null },
      checkpoint: null,
      out,
    },
  };
  const told: (Held['code'] | undefined)[] = [];
  const run = () => queue.run(job, undefined, (why) => told.push(why?.code));
  return { gate, run, told, made: () => readFileSync(join(out, 'b'), 'utf8') };
}

it('before a job goes out', async () => {
  const { gate, run, told, made } = await open();
  gate.open();
  await s3.down();
  const outcome = run();
  await until(() => told.includes('no-bucket'), 'word that the bucket is away');
  await s3.up();
  await outcome;
  expect(told).toEqual(['no-bucket', undefined]);
  expect(made()).toBe('one');
});

it('while an engine sends what it made: it is told of as well, and nothing is made twice', async () => {
  const { gate, run, told, made } = await open();
  const outcome = run();
  await gate.reached;
  await s3.down();
  gate.open();
  await until(() => told.includes('no-bucket'), 'word that the bucket is away');
  await s3.up();
  await outcome;
  expect(told).toEqual(['no-bucket', undefined]);
  expect(made()).toBe('one');
});
