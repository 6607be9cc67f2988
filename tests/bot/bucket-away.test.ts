/**
 * The bot and a real engine that share no folder, while their bucket is away: the round's message says what it waits for, votes
 * are taken all the while, and it goes on when the bucket is back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quietAwsClient } from '../../src/config/env.js';
import { loadConfig } from '../../src/config/load.js';
import { silentLog } from '../../src/log.js';
import { Meter } from '../../src/monitor/meter.js';
import { openServing } from '../../src/serving.js';
import { ann, small, TestHouse } from '../support/house.js';
import { TestRedis } from '../support/redis.js';
import { TestS3 } from '../support/s3.js';
import { until } from '../support/wait.js';

let redis: TestRedis;
let s3: TestS3;
beforeAll(async () => {
  quietAwsClient();
  redis = await TestRedis.start();
  s3 = await TestS3.start();
});
afterAll(async () => {
  await redis.stop();
  await s3.stop();
});

it('people are told that it waits for the bucket, and the round goes on', async () => {
  const { name } = await s3.bucket();
  const { endpoint, prefix, accessKeyId, secretAccessKey } = s3.settings(name);
  const settings = [
    `queue.redis=${redis.settings.url}`,
    `queue.key=${'k'.repeat(32)}`,
    'queue.lostSeconds=1',
    'votes.quorum=1',
    'votes.quorumBy=done',
    `artifacts.bucket=${name}`,
    `artifacts.endpoint=${endpoint}`,
    `artifacts.prefix=${prefix}`,
    'artifacts.pathStyle=true',
    `artifacts.accessKeyId=${accessKeyId}`,
    `artifacts.secretAccessKey=${secretAccessKey}`,
  ];
  const folder = mkdtempSync(join(tmpdir(), 'acclaim-engine-'));
  const test = await TestHouse.open(settings, undefined, false, { engines: 'redis' });
  const engine = await openServing({
    config: loadConfig({ set: [`dataDir=${folder}`, ...small, ...settings], env: {} }),
    log: silentLog,
    meter: new Meter('engine'),
  });
  try {
    const { platform } = test;
    const told: string[] = [];
    platform.onPost = ({ card }) => {
      if (card.kind === 'progress') told.push(card.text);
    };
    await test.openSession();
    await test.open(1);
    await s3.down();
    await platform.consent(test.channel, ann);
    for (const letter of ['A', 'B']) await platform.mark(test.sheet(1, letter).ref, ann, '1');
    for (const letter of ['A', 'B']) await platform.mark(test.sheet(1, letter).ref, ann, 'done');
    const closed = await test.until((s) => s.rounds[0]!.state === 'learning');
    expect(closed.rounds[0]!.outcome).toMatchObject({ voters: 1, votes: 4 });
    const waits = 'It waits: the bucket between bot and engines does not answer.';
    await until(() => told.some((text) => text.startsWith(waits)), 'word that the bucket is away');
    expect(test.state().rounds[0]!.failure ?? null).toBeNull();
    await s3.up();
    await test.open(2);
    const times = told.filter((text, i) => text.startsWith(waits) && told[i - 1] !== text);
    expect(times).toHaveLength(1);
  } finally {
    await s3.down();
    await s3.up();
    await engine.stop();
    await test.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
