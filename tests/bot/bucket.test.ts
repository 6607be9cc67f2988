/**
 * The bot and a real engine that share no folder but a bucket: while it is away the round's message says so,
 * votes are taken, and it goes on; when a server is purged, nothing of its sessions stays in the bucket or
 * with the engine.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Bucket } from '../../src/artifacts/bucket.js';
import { quietAwsClient } from '../../src/config/env.js';
import { loadConfig } from '../../src/config/load.js';
import { openServing } from '../../src/engines/serving.js';
import { silentLog } from '../../src/log.js';
import { Meter } from '../../src/monitor/meter.js';
import { ann, small, TestHouse } from '../support/house.js';
import { TestRedis } from '../support/redis.js';
import { TestS3 } from '../support/s3.js';
import { until } from '../support/wait.js';

let redis: TestRedis;
let s3: TestS3;
let bucket: Bucket;
let test: TestHouse;
let folder: string;
let stop: () => Promise<void>;
beforeAll(async () => {
  quietAwsClient();
  redis = await TestRedis.start();
  s3 = await TestS3.start();
});
beforeEach(async () => {
  bucket = await s3.bucket();
  const { endpoint, prefix, accessKeyId, secretAccessKey } = s3.settings(bucket.name);
  const settings = [
    `queue.redis=${redis.settings.url}`,
    `queue.key=${'k'.repeat(32)}`,
    `queue.prefix=${bucket.name}`,
    'queue.lostSeconds=3',
    'privacy.purgeDays=0',
    'votes.quorum=1',
    'votes.quorumBy=done',
    `artifacts.bucket=${bucket.name}`,
    `artifacts.endpoint=${endpoint}`,
    `artifacts.prefix=${prefix}`,
    'artifacts.pathStyle=true',
    `artifacts.accessKeyId=${accessKeyId}`,
    `artifacts.secretAccessKey=${secretAccessKey}`,
  ];
  folder = mkdtempSync(join(tmpdir(), 'acclaim-engine-'));
  test = await TestHouse.open(settings, undefined, false, { engines: 'redis' });
  const set = [`dataDir=${folder}`, ...small, ...settings];
  const config = loadConfig({ set, env: {} });
  ({ stop } = await openServing({ config, log: silentLog, meter: new Meter('engine') }));
});
afterEach(async () => {
  await s3.down();
  await s3.up();
  await stop();
  await test.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await redis.stop();
  await s3.stop();
});

async function vote(): Promise<void> {
  const { platform, channel } = test;
  await platform.consent(channel, ann);
  for (const letter of ['A', 'B']) await platform.mark(test.sheet(1, letter).ref, ann, '1');
  for (const letter of ['A', 'B']) await platform.mark(test.sheet(1, letter).ref, ann, 'done');
}

async function objects(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list('')) keys.push(key);
  return keys;
}

it('people are told that it waits for the bucket, and the round goes on', async () => {
  const { platform } = test;
  const told: string[] = [];
  platform.onPost = ({ card }) => {
    if (card.kind === 'progress') told.push(card.text);
  };
  await test.openSession();
  await test.open(1);
  await s3.down();
  await vote();
  const closed = await test.until((s) => s.rounds[0]!.state === 'learning');
  expect(closed.rounds[0]!.outcome).toMatchObject({ voters: 1, votes: 4 });
  const waits = 'It waits: the bucket between bot and engines does not answer.';
  await until(() => told.some((text) => text.startsWith(waits)), 'word that the bucket is away');
  expect(test.state().rounds[0]!.failure ?? null).toBeNull();
  await s3.up();
  await test.open(2);
  const times = told.filter((text, i) => text.startsWith(waits) && told[i - 1] !== text);
  expect(times).toHaveLength(1);
});

it('of a server that is purged nothing stays in the bucket, nor with an engine that is there', async () => {
  const { platform, channel } = test;
  platform.homes.set(channel, 'server');
  await test.openSession();
  await test.open(1);
  await vote();
  await test.open(2);
  const cache = join(folder, 'cache');
  const copies = () => readdirSync(cache).filter((name) => /^[0-9a-f]{64}$/.test(name));
  expect(await objects()).not.toEqual([]);
  // Two rounds and a checkpoint.
  await expect.poll(() => copies().length).toBe(3);
  // Not read a short while ago.
  for (const name of copies()) utimesSync(join(cache, name), new Date(0), new Date(0));
  await platform.invite(channel, 'server', false, Date.now());
  await until(() => !existsSync(join(test.dir, 'sessions', 'cat')), 'the purge');
  await until(async () => (await objects()).length === 0, 'the bucket to be empty');
  await until(() => copies().length === 0, "the engine's copies to be gone");
});
