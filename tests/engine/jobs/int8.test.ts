/** Rounds of an engine that draws in int8, at people's defaults: near those in float32, and learned from. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { sha256 } from '../../../engine/io/folder.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { JobPayload } from '../../../src/queue/jobs.js';
import { rmsError } from '../../support/golden.js';
import { robotJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-int8-round-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true });
});

/** `least`: channels from which on layers are in int8; those of the miniature have fewer than gain. */
const engine = (int8?: { least?: number }) =>
  createHandlers(
    new EngineContext({
      ...{ cache, threads: 1, device: 'cpu', software: 'acclaim/test' },
      ...(int8 && { int8: { folder: join(root, 'int8'), ...int8 } }),
    }),
  );
const [plain, int8] = [engine(), engine({ least: 1 })];
const quiet = () => ({ signal: new AbortController().signal, progress() {} });
const job = (out: string, learner: 'acclaim' | 'hero' = 'acclaim'): JobPayload<'generate'> => ({
  ...{ ...robotJob, count: 18, checkpoint: null, noise: 'plain', trajectory: false },
  sampler: { ...robotJob.sampler, steps: 20, eta: learner === 'hero' ? 1 : 0 },
  ...{ learner: { name: learner }, out: join(root, out) },
});
const small = (out: string, learner: 'acclaim' | 'hero') => {
  const { sampler, ...rest } = job(out, learner);
  return { ...rest, count: 2, width: 32, height: 32, sampler: { ...sampler, steps: 3 } };
};
const round = (name: string) => readRound(join(root, name));
const filesOf = (name: string) =>
  (readdirSync(join(root, name), { recursive: true }) as string[])
    .filter((file) => file.includes('.'))
    .map((file) => [file, sha256(readFileSync(join(root, name, file)))]);

beforeAll(async () => {
  await plain.generate(job('plain'), quiet());
  await int8.generate(job('int8'), quiet());
});

it('draws nearly the same pictures, says in what, and the same bytes again', async () => {
  const [wanted, found] = [round('plain'), round('int8')];
  expect([wanted.manifest.precision, found.manifest.precision]).toEqual(['fp32', 'int8']);
  const error = rmsError(found.latents.data, wanted.latents.data);
  expect(error).toBeLessThan(0.1);
  expect(error).toBeGreaterThan(1e-3);
  await engine({ least: 1 }).generate(small('once', 'acclaim'), quiet());
  await int8.generate(small('again', 'acclaim'), quiet());
  expect(filesOf('again')).toEqual(filesOf('once'));
});

it('learns from such a round in float32, unseen pictures and all', async () => {
  const learned = await int8.learn(
    {
      ...{ ...robotJob, checkpoint: null, roundDir: join(root, 'int8'), out: join(root, 'learned') },
      sampler: job('').sampler,
      learner: { name: 'acclaim', steps: 4, stepsPerGood: 4, drift: 0 },
      feedback: {
        images: Array.from({ length: 18 }, (_, index) => ({ index, good: index % 2, weight: 1 })),
        best: 1,
      },
    },
    quiet(),
  );
  expect(learned.learned).toBe(true);
  expect(learned.losses.every(Number.isFinite)).toBe(true);
  expect(readCheckpoint(join(root, 'learned')).manifest.precision).toBe('fp32');
});

it('draws the rounds of learners that compare likelihoods in float32, to the byte', async () => {
  await plain.generate(small('hero', 'hero'), quiet());
  await int8.generate(small('hero-int8', 'hero'), quiet());
  expect(filesOf('hero-int8')).toEqual(filesOf('hero'));
});

it('draws a model in float32 whose layers are all too small to gain', async () => {
  await plain.generate(small('small', 'acclaim'), quiet());
  await engine({}).generate(small('small-int8', 'acclaim'), quiet());
  expect(round('small-int8').manifest.precision).toBe('fp32');
  expect(filesOf('small-int8')).toEqual(filesOf('small'));
});
