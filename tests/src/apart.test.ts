/**
 * A round drawn and learned by engines that are processes of their own, over a real Redis: on the bot's data
 * folder, and on a folder of their own with a real bucket between them. The bytes are the same, whatever is
 * killed on the way.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { quietAwsClient } from '../../src/config/env.js';
import { loadConfig } from '../../src/config/load.js';
import { openBullQueue } from '../../src/engines/serving.js';
import { openBucket } from '../../src/engines/transport-of-config.js';
import { projectPath } from '../../src/files/paths.js';
import { silentLog } from '../../src/log.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import type { BullQueue } from '../../src/queue/redis/bullmq.js';
import { MINI } from '../support/golden.js';
import { TestRedis } from '../support/redis.js';
import { TestS3 } from '../support/s3.js';
import { until } from '../support/wait.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-apart-'));
let redis: TestRedis;
let s3: TestS3;
beforeAll(async () => {
  quietAwsClient();
  [redis, s3] = await Promise.all([TestRedis.start(), TestS3.start()]);
});
const engines: ChildProcess[] = [];
let queue: BullQueue | undefined;
afterEach(async () => {
  await queue?.close();
  for (const engine of engines.splice(0)) {
    if (engine.exitCode !== null || engine.signalCode !== null) continue;
    const gone = once(engine, 'exit');
    engine.kill('SIGKILL');
    await gone;
  }
});
afterAll(async () => {
  await Promise.all([redis.stop(), s3.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

/** What bot and engines are told alike. */
function settings(prefix: string, bucket: string | null): string[] {
  const common = [`queue.redis=${redis.settings.url}`, `queue.prefix=${prefix}`, 'queue.lostSeconds=3'];
  if (bucket === null) return [...common, 'engine.threads=1'];
  const { endpoint, accessKeyId, secretAccessKey } = s3.settings(bucket);
  const keys = [`artifacts.accessKeyId=${accessKeyId}`, `artifacts.secretAccessKey=${secretAccessKey}`];
  const where = [`artifacts.bucket=${bucket}`, `artifacts.endpoint=${endpoint}`, 'artifacts.pathStyle=true'];
  return [...common, 'engine.threads=1', ...keys, ...where];
}

async function startEngine(name: string, set: readonly string[], data: string): Promise<ChildProcess> {
  const args = ['engine', '--data', data, '--name', name, ...set.flatMap((one) => ['--set', one])];
  const engine = spawn(process.execPath, [projectPath('dist/src/acclaim.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ACCLAIM_LOG_LEVEL: 'error' },
  });
  engines.push(engine);
  const [words] = await once(engine.stdout!, 'data');
  expect(String(words)).toContain('takes jobs');
  return engine;
}

const COUNT = 4;
const common = {
  session: 's',
  attempt: 1,
  seed: 5,
  model: MINI,
  prompt: 'a robot at a party',
  negative: '',
  sampler: { steps: 4, guidance: 3, eta: 1, scheduler: 'ddim' as const },
  learner: { name: 'acclaim' as const, steps: 3, batch: 4, microBatch: 4 },
  width: null,
  height: null,
};
const round = (data: string, n: number) => join(data, 'sessions/s/rounds', String(n));
const checkpoint = (data: string, n: number) => join(data, 'sessions/s/checkpoints', String(n));

function generate(queue: BullQueue, data: string, n: number) {
  const payload: JobPayload<'generate'> = {
    ...common,
    round: n,
    count: COUNT,
    checkpoint: n === 1 ? null : checkpoint(data, n - 1),
    noise: 'learner',
    trajectory: false,
    out: round(data, n),
  };
  return queue.run({ id: `s.${n}.generate.1`, kind: 'generate', payload });
}

function learn(queue: BullQueue, data: string, n: number) {
  const images = Array.from({ length: COUNT }, (_, index) => ({ index, good: index % 2, weight: 1 }));
  const payload: JobPayload<'learn'> = {
    ...common,
    round: n,
    roundDir: round(data, n),
    feedback: { images, best: 1 },
    checkpoint: n === 1 ? null : checkpoint(data, n - 1),
    out: checkpoint(data, n),
  };
  return queue.run({ id: `s.${n}.learn.1`, kind: 'learn', payload });
}

/** Path -> bytes of all that lies in the sessions. */
const bytes = (data: string): [string, string][] =>
  (readdirSync(join(data, 'sessions'), { recursive: true }) as string[])
    // The mark of a folder that is shared is another in each.
    .filter((name) => name.includes('.') && name !== '.acclaim-folder')
    .sort()
    .map((name) => [name, readFileSync(join(data, 'sessions', name)).toString('base64')]);

async function openBot(set: readonly string[], data: string): Promise<BullQueue> {
  const config = loadConfig({ env: {}, set: [...set, `dataDir=${data}`] });
  queue = await openBullQueue({
    config,
    log: silentLog,
    bucket: await openBucket(config),
    onStarved: () => {},
  });
  return queue;
}

const shared = join(dir, 'shared');

test('a data folder that both share', async () => {
  const set = settings('shared', null);
  await startEngine('e', set, shared);
  const bot = await openBot(set, shared);
  await generate(bot, shared, 1);
  await learn(bot, shared, 1);
  await generate(bot, shared, 2);
  expect(bytes(shared).map(([name]) => name)).toContain('s/checkpoints/1/adapter.safetensors');
}, 120_000);

test('a bucket between them: the same bytes, though the server and an engine go away in the middle', async () => {
  const bucket = await s3.bucket();
  const set = settings('apart', bucket.name);
  const data = join(dir, 'bot');
  const first = await startEngine('first', set, join(dir, 'first'));
  const bot = await openBot(set, data);
  // The server is away when the round is drawn: the engine keeps it, and is killed with it in its hands.
  await s3.down();
  const drawn = generate(bot, data, 1);
  const made = join(dir, 'first/cache/out/sessions/s/rounds');
  const waits = () => existsSync(made) && readdirSync(made).some((name) => /^1\.try-\d+$/.test(name));
  await until(waits, 'the round to be drawn');
  const gone = once(first, 'exit');
  first.kill('SIGKILL');
  await gone;
  // An engine does not start without its bucket.
  await s3.up();
  await startEngine('second', set, join(dir, 'second'));
  await drawn;
  await learn(bot, data, 1);
  await generate(bot, data, 2);
  expect(bytes(data)).toEqual(bytes(shared));
  expect(existsSync(join(dir, 'second/sessions')), 'the engine has no sessions of its own').toBe(false);
}, 120_000);
