/**
 * Told to leave while Redis is away, bot and engines are gone in time: with real processes, over a
 * redis-server that is killed and one that is stopped, so that it holds the line and says nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/machine/within.js';
import { type ScoreHandler, scoreJob } from '../contracts/queue.js';
import { AcclaimProcess } from '../support/acclaim-process.js';
import { isAlive } from '../support/bot-process.js';
import { TestRedis } from '../support/redis.js';
import { freshPrefix, openEngine, openQueue } from '../support/redis-queue.js';
import { Gate } from '../support/wait.js';

/** What docs/operating.md promises of each, s. */
const BOUND_S = 8.5;

const dir = mkdtempSync(join(tmpdir(), 'acclaim-leaving-'));
let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(async () => {
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
});

const processes = ['start', 'bot', 'engine'] as const;

const spawn = (command: (typeof processes)[number], name: string) =>
  AcclaimProcess.spawn(command, dir, [
    `dataDir=${join(dir, name)}`,
    `queue.redis=${redis.settings.url}`,
    'server.port=0',
    'session.task=null',
    'engine.threads=1',
  ]);

/** Seconds until each is gone, and how it went. */
async function leave(running: readonly AcclaimProcess[]) {
  const from = performance.now();
  for (const one of running) one.signal('SIGTERM');
  return Promise.all(
    running.map(async (one) => {
      const ended = await one.ended;
      return { ...ended, seconds: (performance.now() - from) / 1000, err: one.err };
    }),
  );
}

it.each([
  ['killed', () => redis.down(), () => redis.up()],
  // Stopped, a process that computes is one whose step takes for ever: the longest leaving that there is.
  [
    'stopped, and with it what computes',
    async (children: readonly number[]) => {
      redis.signal('SIGSTOP');
      for (const pid of children) process.kill(pid, 'SIGSTOP');
    },
    async () => redis.signal('SIGCONT'),
  ],
])('a Redis that is %s does not hold up who is told to leave', async (how, away, back) => {
  const running = processes.map((command) => spawn(command, `${how.length}-${command}`));
  try {
    await Promise.all(running.map((one) => one.ready()));
    const children = running.flatMap((one) => one.children());
    // Of `start` and of `engine`.
    expect(children).toHaveLength(2);
    await away(children);
    for (const { seconds, err, ...ended } of await leave(running)) {
      expect(ended).toEqual({ code: 0, signal: null });
      expect(seconds).toBeLessThan(BOUND_S);
      expect(err).not.toContain('something held up');
    }
    expect(children.filter(isAlive)).toEqual([]);
  } finally {
    await Promise.all(running.map((one) => one.kill()));
    await back();
  }
});

it('a queue and an engine that have a job out end while Redis says nothing', async () => {
  const prefix = freshPrefix();
  const begun = new Gate();
  const score: ScoreHandler = async (_, { signal }) => {
    void begun.pass();
    while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
    throw signal.reason;
  };
  const engine = await openEngine(redis, prefix, 'e', { score });
  const bot = openQueue(redis, prefix);
  const dropped = expect(bot.run(scoreJob('a'))).rejects.toMatchObject({ code: 'cancelled' });
  await begun.reached;
  redis.signal('SIGSTOP');
  try {
    const all = Promise.all([bot.close(), engine.stop(), dropped]);
    expect(await within(BOUND_S * 1000, all)).toBe(true);
  } finally {
    redis.signal('SIGCONT');
  }
});
