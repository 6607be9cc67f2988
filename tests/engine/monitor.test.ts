/**
 * The port of an engine of its own: the compiled `acclaim engine` over a real Redis that goes away and comes
 * back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectPath } from '../../src/files/paths.js';
import { notAnswered } from '../support/alert-rules.js';
import { Exposition, lint } from '../support/exposition.js';
import { TestRedis } from '../support/redis.js';
import { until } from '../support/wait.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-monitor-'));
let redis: TestRedis;
let engine: ChildProcess;
let url: string;

beforeAll(async () => {
  redis = await TestRedis.start();
  const set = [
    `dataDir=${dir}`,
    `queue.redis=${redis.settings.url}`,
    'queue.lostSeconds=3',
    'engine.threads=1',
    'engine.monitor.port=0',
    'logLevel=silent',
  ];
  const args = [projectPath('dist/src/acclaim.js'), 'engine', ...set.flatMap((one) => ['--set', one])];
  engine = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  engine.stdout!.on('data', (bytes) => {
    said += bytes;
  });
  await until(() => said.includes('takes jobs'), 'the engine to take jobs');
  url = /^(http:\S+)\/metrics/m.exec(said)![1]!;
});
afterAll(async () => {
  const gone = once(engine, 'exit');
  engine.kill('SIGTERM');
  await gone;
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
});

const ready = async () => {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, body: (await answer.json()) as { checks: object[] } };
};

it('tells that it can take jobs, and of what it is', async () => {
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true });
  expect(await ready()).toEqual({
    status: 200,
    body: {
      ready: true,
      checks: [
        { name: 'engine', ok: true, needed: true, why: null },
        { name: 'redis', ok: true, needed: true, why: null },
        { name: 'disk', ok: true, needed: true, why: null },
      ],
    },
  });
  const found = new Exposition(await (await fetch(`${url}/metrics`)).text());
  expect(lint(found)).toEqual([]);
  expect(found.value('acclaim_build_info', { half: 'engine' })).toBe(1);
  expect(found.value('acclaim_engine_up')).toBe(1);
  const botsAlone = /_(round|vote|outbox|platform|backup|database|queue|engines)_/;
  expect(notAnswered(found, 'acclaim-engine').filter((name) => !botsAlone.test(name))).toEqual([]);
  expect(found.value('acclaim_engine_device_info', { device: 'cpu' })).toBe(1);
});

it('is not ready while Redis is away, says so, and is again when it is back', async () => {
  await redis.down();
  await until(async () => (await ready()).status === 503, 'the engine to miss Redis');
  expect((await ready()).body.checks).toContainEqual({
    name: 'redis',
    ok: false,
    needed: true,
    why: 'Redis does not answer',
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await redis.up();
  await until(async () => (await ready()).status === 200, 'the engine to find Redis');
});

it('answers nothing else', async () => {
  expect((await fetch(`${url}/api/status`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
});
