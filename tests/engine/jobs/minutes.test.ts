/**
 * Rounds that are held to minutes: on a machine as slow as the test says they are smaller, and a job whose
 * engine died between plan and end is done as it was planned, on whatever comes after.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { sha256 } from '../../../engine/io/folder.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { afforded } from '../../../engine/learn/afforded.js';
import { PROBES } from '../../../engine/learn/collapse-guard.js';
import type { AffordedSteps, LearnContext } from '../../../engine/learn/learner.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { AcclaimParams } from '../../../src/config/learners.js';
import { AcclaimError } from '../../../src/errors.js';
import type { JobPayload } from '../../../src/queue/jobs.js';
import { robotJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-minutes-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true });
});

/** Floating-point operations a second. */
const [SLOW, FAST] = [1.28e7, 1e15];
const handlersAt = (speed: number) =>
  createHandlers(new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test', speed }));
const cancelled = { code: 'cancelled' };
const quiet = () => ({ signal: new AbortController().signal, progress() {} });

/** Ends the engine as soon as the stage has begun. */
function dying(stage: string) {
  const abort = new AbortController();
  return {
    signal: abort.signal,
    progress: (p: { stage: string; done: number }) => {
      if (p.stage === stage && p.done > 0) abort.abort(new AcclaimError('cancelled', 'ended'));
    },
  };
}

const job = { ...robotJob, model: 'tests/fixtures/tiny/sd15/model' };
const drawn = (out: string, minutes?: number): JobPayload<'generate'> => ({
  ...{ ...job, count: 8, checkpoint: null, noise: 'plain', trajectory: false },
  sampler: { steps: 30, guidance: 3, eta: 0, scheduler: 'dpmpp-2m' },
  learner: { name: 'acclaim' },
  ...(minutes !== undefined && { minutes }),
  out: join(root, out),
});
const learned = (out: string, minutes?: number): JobPayload<'learn'> => ({
  ...{ ...job, checkpoint: null, roundDir: join(root, 'round') },
  learner: {
    ...{ name: 'acclaim', steps: 10, stepsPerGood: 5, batch: 8, microBatch: 2, drift: 0, ghosts: 0 },
    ...(minutes !== undefined && { minutes }),
  },
  feedback: { images: [0, 1, 2].map((index) => ({ index, good: index < 2 ? 1 : 0, weight: 1 })), best: 0 },
  out: join(root, out),
});
const bytes = (name: string) =>
  Object.fromEntries(
    (readdirSync(join(root, name), { recursive: true }) as string[])
      .filter((file) => file.includes('.'))
      .map((file) => [file, sha256(readFileSync(join(root, name, file)))]),
  );

beforeAll(async () => {
  await handlersAt(FAST).generate({ ...drawn('round'), count: 3, sampler: job.sampler }, quiet());
});

it('learns as it planned, and after its engine died as it had planned, to the same bytes', async () => {
  const whole = await handlersAt(SLOW).learn(learned('whole', 6), quiet());
  expect(whole.plan).toMatchObject({ minutes: 6, probes: 4, wanted: { steps: 10, batch: 8, probes: 12 } });
  const { steps, batch, seconds } = whole.plan!;
  expect({ steps, batch, taken: whole.steps }).toEqual({ steps: 9, batch: 4, taken: 9 });
  expect(seconds).toBeLessThan(360);
  expect(readCheckpoint(join(root, 'whole')).manifest.plan).toEqual(whole.plan);

  await expect(handlersAt(SLOW).learn(learned('killed', 6), dying('train'))).rejects.toMatchObject(cancelled);
  const again = await handlersAt(FAST).learn(learned('killed', 6), quiet());
  expect(again.plan).toEqual(whole.plan);
  expect(bytes('killed')).toEqual(bytes('whole'));
  expect(readdirSync(root).filter((name) => name.includes('plan'))).toEqual([]);
});

it('leaves everything as it is where all fits, and what was fitted ahead of the votes where rows stay', () => {
  const ahead = () => undefined;
  const context = { params: { batch: 8 }, ahead } as unknown as LearnContext<AcclaimParams>;
  const wanted = { steps: 10, rows: 2, fits: 1 };
  const within = (plan: AffordedSteps) => afforded({ ...context, afford: () => plan }, wanted);
  expect(afforded(context, wanted)).toEqual({ context, steps: 10 });
  expect(within({ steps: 10, batch: 8, probes: PROBES }).context).toMatchObject({ ...context, probes: 12 });
  expect(within({ steps: 9, batch: 8, probes: 4 })).toMatchObject({
    steps: 9,
    context: { ahead, probes: 4 },
  });
  expect(within({ steps: 9, batch: 4, probes: 4 }).context).toMatchObject({ params: { batch: 4 } });
  expect(within({ steps: 9, batch: 4, probes: 4 }).context.ahead).toBeUndefined();
});

it('draws in fewer steps, then fewer pictures, and again as it was planned after the engine died', async () => {
  const whole = await handlersAt(SLOW).generate(drawn('drawn', 1), quiet());
  expect(whole.plan).toMatchObject({ steps: 12, images: 6, wanted: { steps: 30, images: 8 } });
  expect(whole.images).toHaveLength(6);
  const { manifest, latents } = readRound(join(root, 'drawn'));
  expect(manifest).toMatchObject({ count: 6, plan: whole.plan, sampler: { steps: 12 } });
  expect(latents.shape[0]).toBe(6);
  // Of another delivery, as over Redis.
  const first = { ...drawn('again', 1), out: join(root, 'again.try-1') };
  await expect(handlersAt(SLOW).generate(first, dying('sample'))).rejects.toMatchObject(cancelled);
  expect(existsSync(join(root, 'again.try-plan.json'))).toBe(true);
  const again = await handlersAt(FAST).generate({ ...first, out: join(root, 'again.try-2') }, quiet());
  expect(again.plan).toEqual(whole.plan);
  expect(bytes('again.try-2')).toEqual(bytes('drawn'));
  // Others ask for others.
  const fast = await handlersAt(FAST).generate(drawn('quick', 1), quiet());
  expect(fast.plan).toMatchObject({ steps: 30, images: 8 });
});
