/**
 * A session's jobs on the tiny Stable Diffusion XL: two rounds by the default learner and one by a likelihood
 * learner, whose ratios and log-probabilities only agree if sampling and training see the same texts and
 * sizes; and a model that is written into while an engine has it open.
 */
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { JobPayload } from '../../../src/queue/jobs.js';

vi.setConfig({ testTimeout: 240_000 });
const XL = 'tests/fixtures/tiny/sdxl/model';
const root = mkdtempSync(join(tmpdir(), 'acclaim-xl-'));
const cache = new ExecutorCache({ threads: 1 });
const engine = () =>
  createHandlers(new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' }));
const handlers = engine();
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
const common = {
  session: 's',
  round: 0,
  attempt: 0,
  seed: 5,
  model: XL,
  prompt: 'one blue rose in a vase',
  negative: '',
  sampler: { steps: 3, guidance: 5, eta: 1, scheduler: 'ddim' as const },
  width: null,
  height: null,
};
const feedback = {
  images: [0, 1, 2, 3].map((index) => ({ index, good: index % 2, weight: 1 })),
  best: 1,
};
type Settings = JobPayload<'learn'>['learner'];
const generate = (out: string, learner: Settings, over: Partial<JobPayload<'generate'>> = {}) =>
  handlers.generate(
    { ...common, count: 4, checkpoint: null, noise: 'learner', learner, trajectory: true, out, ...over },
    quiet(),
  );

describe('sessions', () => {
  it.each<Settings>([
    { name: 'acclaim', steps: 2, batch: 2, microBatch: 2 },
    { name: 'ddpo', timesteps: 1, imagesPerStep: 2, microBatch: 2 },
  ])('$name learns, and the next round shows it', async (learner) => {
    const at = (name: string) => join(root, `${learner.name}-${name}`);
    await generate(at('round'), learner);
    const payload = {
      ...common,
      learner,
      roundDir: at('round'),
      feedback,
      checkpoint: null,
      out: at('tuned'),
    };
    const result = await handlers.learn(payload, quiet());
    expect(result).toMatchObject({ learned: true });
    const { adapter } = readCheckpoint(at('tuned')).state;
    const up = adapter['unet.mid_block.attentions.0.transformer_blocks.1.attn2.to_k.lora_B.weight']!;
    expect(up.data.some((x) => x !== 0)).toBe(true);

    const next = { round: 1, noise: 'plain' as const, checkpoint: at('tuned') };
    await generate(at('next'), learner, next);
    await generate(at('untuned'), learner, { ...next, untuned: true });
    expect(readRound(at('next')).latents.data).not.toEqual(readRound(at('untuned')).latents.data);
  });
});

it('a model that was written into under an engine is refused, by name', async () => {
  const model = join(root, 'model');
  cpSync(XL, model, { recursive: true });
  const own = engine();
  const learner: Settings = { name: 'acclaim' };
  const work = (out: string) =>
    own.generate(
      {
        ...common,
        model,
        count: 1,
        checkpoint: null,
        noise: 'plain',
        learner,
        trajectory: false,
        out: join(root, out),
      },
      quiet(),
    );
  await work('before');
  appendFileSync(join(model, 'unet/config.json'), ' ');
  await expect(work('after')).rejects.toMatchObject({
    code: 'model-changed',
    message: expect.stringMatching(/unet.config\.json has changed/),
    hint: expect.stringMatching(/new session/),
  });
});
