/**
 * A session of two rounds in float16 beside one in float32, on the miniature: what is drawn, what is learned,
 * what is written.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { Feedback } from '../../../src/queue/jobs.js';
import { rmsError } from '../../support/golden.js';
import { robotJob } from '../../support/robot-job.js';

vi.setConfig({ testTimeout: 240_000 });
const root = mkdtempSync(join(tmpdir(), 'acclaim-half-'));
const caches: ExecutorCache[] = [];
afterAll(async () => {
  for (const cache of caches) await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

const COUNT = 6;
const feedback: Feedback = {
  images: Array.from({ length: COUNT }, (_, index) => ({ index, good: index % 3 ? 0 : 1, weight: 1 })),
  best: 0,
};
const regression = { name: 'acclaim' as const, steps: 6, batch: 4, microBatch: 4 };
/** Trains on likelihoods, and compares those of sampling and training. */
const likelihood = { name: 'ddpo' as const, microBatch: 4, timesteps: 2, imagesPerStep: 3 };

function engineOf(precision: 'fp32' | 'fp16') {
  const cache = new ExecutorCache({ threads: 1 });
  caches.push(cache);
  const handlers = createHandlers(
    new EngineContext({ cache, threads: 1, device: 'cpu', precision, software: 'acclaim/test' }),
  );
  const at = (name: string) => join(root, `${precision}-${name}`);
  const quiet = { signal: new AbortController().signal, progress: () => {} };
  return {
    at,
    async draw(
      out: string,
      round: number,
      checkpoint: string | null,
      learner: typeof regression | typeof likelihood = regression,
    ) {
      const more = { count: COUNT, noise: 'plain' as const, learner, trajectory: true };
      await handlers.generate({ ...robotJob, ...more, round, checkpoint, out: at(out) }, quiet);
      return readRound(at(out));
    },
    async learn(
      out: string,
      given: { round: number; roundDir: string; checkpoint: string | null },
      learner: typeof regression | typeof likelihood = regression,
    ) {
      const result = await handlers.learn({ ...robotJob, ...given, learner, feedback, out: at(out) }, quiet);
      return { ...result, checkpoint: readCheckpoint(at(out)) };
    },
  };
}

describe('a session in float16', () => {
  const [half, whole] = [engineOf('fp16'), engineOf('fp32')];

  it('draws what float32 draws, and says what it was', async () => {
    const [a, b] = [await half.draw('0', 0, null), await whole.draw('0', 0, null)];
    expect([a.manifest.precision, b.manifest.precision]).toEqual(['fp16', 'fp32']);
    const error = rmsError(a.latents.data, b.latents.data);
    expect(error).toBeLessThan(1e-2);
    expect(error).toBeGreaterThan(1e-5);
  });

  it('draws the same bytes again', async () => {
    await half.draw('0-again', 0, null);
    const [a, b] = [half.at('0'), half.at('0-again')].map((dir) =>
      readFileSync(join(dir, 'images/0003.png')),
    );
    expect(a!.equals(b!)).toBe(true);
  });

  it('learns what float32 learns from the same round', async () => {
    const given = { round: 0, roundDir: whole.at('0'), checkpoint: null };
    const [a, b] = [await half.learn('c0', given), await whole.learn('c0', given)];
    expect([a.learned, b.learned]).toEqual([true, true]);
    expect(a.checkpoint.manifest.precision).toBe('fp16');
    expect(Math.max(...a.losses.map((loss, i) => Math.abs(loss / b.losses[i]! - 1)))).toBeLessThan(1e-2);
    // What learning changed in the pictures of the next round, in float32 from either adapter.
    const base = (await whole.draw('1-base', 1, null)).latents.data;
    const from = async (engine: typeof half, name: string) =>
      (await whole.draw(name, 1, engine.at('c0'))).latents.data.map((v, i) => v - base[i]!);
    const moved = await from(whole, '1-whole');
    expect(rmsError(await from(half, '1-half'), moved)).toBeLessThan(0.1);
    expect(Math.max(...moved.map(Math.abs))).toBeGreaterThan(0.05);
  });

  it('trains on the likelihoods of its own rounds, whose adapter was merged when they were drawn', async () => {
    // The checkpoint has a drift adapter, of which such a learner knows nothing.
    await half.draw('1', 1, half.at('c0'), likelihood);
    const given = { round: 1, roundDir: half.at('1'), checkpoint: half.at('c0') };
    // `not-learnable` where sampling and training differ by more than the policy allows.
    const { learned, steps } = await half.learn('c1', given, likelihood);
    expect({ learned, steps }).toEqual({ learned: true, steps: 2 });
    expect(readCheckpoint(half.at('c0')).state.drift).toBeDefined();
    expect(readCheckpoint(half.at('c1')).state.drift).toBeUndefined();
  });
});
