/**
 * Drawing with LoRAs beside what is learned: their sum against files read together, both models of a round,
 * learning that does not see them, and what becomes of files that fit no more.
 */
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapters } from '../../../engine/adapters/read.js';
import { sample } from '../../../engine/diffusion/sampler.js';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { adapterShapes } from '../../../engine/nn/lora.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { stackFor } from '../../../src/config/stack.js';
import type { JobPayload } from '../../../src/queue/jobs.js';
import { Rng } from '../../../src/rng.js';
import { relativeError } from '../../support/compare.js';
import { MINI } from '../../support/golden.js';
import { robotJob } from '../../support/robot-job.js';

const stackOf = (files: readonly string[]) => stackFor(files, 'mini').stack;

describe('a stack', async () => {
  const root = mkdtempSync(join(tmpdir(), 'acclaim-stack-'));
  const cache = new ExecutorCache({ threads: 1 });
  const pipeline = await loadPipeline(MINI);
  const [all, attention] = ['all', 'attention'].map((name) => {
    const file = join(root, `${name}.safetensors`);
    cpSync(`tests/fixtures/mini/lora_${name}.safetensors`, file);
    return file;
  }) as [string, string];
  afterAll(async () => {
    await cache.clear();
    rmSync(root, { recursive: true });
  });
  const noise = f32([2, 4, 16, 16], new Rng(3, 0, 'test').normals(2 * 1024));
  const draw = async (options: {
    files?: string[];
    stack?: string[];
    own?: ReturnType<typeof readAdapters>;
    until?: number;
  }) => {
    const { files = [], stack = [], own, until } = options;
    const { latents } = await sample({
      pipeline,
      cache,
      prompt: 'a robot at a party',
      negative: '',
      noise,
      stepNoise: () => new Float32Array(2048),
      sampler: { scheduler: 'ddim', steps: 3, guidance: 3, eta: 0, stack: stackOf(stack) },
      adapter:
        own ??
        readAdapters(
          pipeline,
          files.map((path) => ({ path, weight: 1 })),
        ),
      until,
    });
    return latents;
  };

  it('is drawn with as its files are, and beside another adapter as both together', async () => {
    const alone = await draw({ files: [all] });
    expect(relativeError(alone, await draw({}))).toBeGreaterThan(1e-2);
    expect(await draw({ stack: [all] })).toEqual(alone);
    const both = await draw({ files: [all, attention] });
    expect(relativeError(both, alone)).toBeGreaterThan(1e-3);
    expect(relativeError(await draw({ files: [attention], stack: [all] }), both)).toBeLessThan(1e-4);
    // Weights count.
    const half = await draw({ stack: [`${all}:0.5`] });
    expect(relativeError(half, alone)).toBeGreaterThan(1e-3);
  });

  it('stays on in the steps that the learned adapter is off in', async () => {
    const spec = { rank: 2, alpha: 2, targets: 'attention' } as const;
    const idle = adapterShapes(pipeline, spec).map(({ name, shape }) => [name, f32(shape)] as const);
    const own = { spec, tensors: Object.fromEntries(idle) };
    const alone = await draw({ stack: [all] });
    expect(relativeError(await draw({ own, stack: [all], until: 0.5 }), alone)).toBeLessThan(1e-4);
  });

  const handlers = createHandlers(
    new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' }),
  );
  const quiet = () => ({ signal: new AbortController().signal, progress() {} });
  const sampler = { ...robotJob.sampler, scheduler: 'lcm', steps: 2, guidance: 1 } as const;
  const generate = (name: string, stack: string[], over: Partial<JobPayload<'generate'>> = {}) =>
    handlers.generate(
      {
        ...{ ...robotJob, count: 3, checkpoint: null, noise: 'plain', trajectory: false },
        sampler: { ...sampler, stack: stackOf(stack) },
        learner: { name: 'acclaim' },
        out: join(root, name),
        ...over,
      },
      quiet(),
    );

  it('makes the pictures of a round and is named in it; what is learned does not see it', async () => {
    await generate('plain', []);
    await generate('stacked', [all]);
    const [plain, stacked] = ['plain', 'stacked'].map((name) => readRound(join(root, name)));
    expect(relativeError(stacked!.latents, plain!.latents)).toBeGreaterThan(1e-2);
    const [one] = stackOf([all]);
    expect(stacked!.manifest.sampler.stack).toEqual([{ ...one, file: 'all.safetensors' }]);
    const learner = { name: 'acclaim', ...{ steps: 2, stepsPerGood: 2, batch: 2, microBatch: 2 } } as const;
    const learn = async (name: string, stack: string[]) => {
      const images = [0, 1, 2].map((index) => ({ index, good: index === 0 ? 1 : 0, weight: 1 }));
      await handlers.learn(
        {
          ...{ ...robotJob, learner: { ...learner, ghosts: 0 }, checkpoint: null },
          sampler: { ...sampler, stack: stackOf(stack) },
          roundDir: join(root, 'stacked'),
          feedback: { images, best: 0 },
          out: join(root, name),
        },
        quiet(),
      );
      return readCheckpoint(join(root, name)).state.adapter;
    };
    const learned = await learn('with', [all]);
    expect(learned).toEqual(await learn('without', []));
    // The next round: learned adapter and stack.
    const checkpoint = join(root, 'with');
    await generate('next', [all], { checkpoint, noise: 'learner' });
    const { latents, manifest } = readRound(join(root, 'next'));
    expect(manifest.sampler.stack).toHaveLength(1);
    expect(latents.data.every(Number.isFinite)).toBe(true);
  });

  it('that is gone, changed, of another model, or under a likelihood learner is one coded error each', async () => {
    const learner = { name: 'ddpo' } as const;
    await expect(generate('r', [attention], { learner, trajectory: true })).rejects.toMatchObject({
      code: 'not-learnable',
      message: expect.stringContaining('drawn with attention'),
    });
    const other = 'tests/fixtures/tiny/sd15-adapters/attention.diffusers.safetensors';
    await expect(generate('r', [other])).rejects.toMatchObject({
      code: expect.stringMatching(/^(adapter-unsupported|shape-mismatch)$/),
    });
    const lost = join(root, 'lost.safetensors');
    cpSync(attention, lost);
    const before = { ...sampler, stack: stackOf([lost]) };
    appendFileSync(lost, 'x');
    await expect(generate('r', [], { sampler: before })).rejects.toMatchObject({ code: 'model-changed' });
    rmSync(lost);
    await expect(generate('r', [], { sampler: before })).rejects.toMatchObject({ code: 'file-not-found' });
  });
});
