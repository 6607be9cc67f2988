/**
 * The embedding against PyTorch: five Adam steps on given triplets, then rewards and advantages
 * (tests/fixtures).
 */
import { describe, expect, it } from 'vitest';
import { embeddingShapes } from '../../../engine/io/embedding-tensors.js';
import { featureGraph, initEmbedding, oneHot, tripletGraph } from '../../../engine/learn/embedding.js';
import { adam } from '../../../engine/learn/optimiser.js';
import { advantages, bestReward } from '../../../engine/learn/reward.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { asFloat, type NamedTensors } from '../../../engine/runtime/named-tensors.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';
import { golden, relativeError, rmsError } from '../../support/golden.js';

const spec = { latent: [4, 16, 16], widen: 2 } as const;
const options = { lr: 5e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: null };

/** Five steps on the golden triplets; `batchAxis` = the released fault. */
async function fiveSteps(batchAxis: boolean): Promise<{ params: NamedTensors; losses: number[] }> {
  const { latents, triplets } = golden('embedding');
  const params = golden('embedding_init') as NamedTensors;
  const executor = await Executor.create(tripletGraph(spec, 12, 8, { margin: 0.5, batchAxis }), {
    threads: 1,
  });
  const optimiser = adam(options);
  const state = optimiser.init(params);
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const pick = (role: number) =>
      f32(
        [8, 12],
        oneHot(
          Array.from({ length: 8 }, (_, i) => Number(triplets!.data[(step * 3 + role) * 8 + i])),
          12,
        ),
      );
    const feeds = { ...params, latents: latents!, anchor: pick(0), positive: pick(1), negative: pick(2) };
    const out = await executor.run(feeds);
    losses.push(Number(out.loss!.data[0]));
    const gradients = Object.fromEntries(
      Object.keys(params).map((name) => [name, asFloat(out[`grad.${name}`], name)]),
    );
    optimiser.update(params, gradients, state);
  }
  await executor.release();
  return { params, losses };
}

describe('embedding', () => {
  it('has the layers of the paper: 4096 features at 64x64 latents, half as many as released', () => {
    expect(embeddingShapes({ latent: [4, 64, 64], widen: 2 })['E.10.weight']).toEqual([4096, 2048]);
    expect(embeddingShapes({ latent: [4, 64, 64], widen: 1 })['E.10.weight']).toEqual([2048, 2048]);
    expect(Object.keys(embeddingShapes(spec)).sort()).toEqual(Object.keys(golden('embedding_init')).sort());
  });

  it('follows PyTorch over five steps and to the rewards', async () => {
    const expected = golden('embedding');
    const { params, losses } = await fiveSteps(false);
    expect(relativeError(losses, expected.losses!.data)).toBeLessThan(1e-3);
    const after = golden('embedding_after');
    // Root mean square: Adam turns the sign of a vanishing gradient into a whole step, for a few weights of
    // 80,000.
    for (const name of Object.keys(after))
      expect(rmsError(params[name]!.data, after[name]!.data as Float32Array), name).toBeLessThan(1e-3);

    const executor = await Executor.create(featureGraph(spec, 12), { threads: 1 });
    const { features } = await executor.run({ ...params, latents: expected.latents! });
    await executor.release();
    const rows = Array.from({ length: 12 }, (_, i) =>
      asFloat(features, 'features').data.subarray(i * 256, (i + 1) * 256),
    );
    const rewards = bestReward(rows, rows[3]!);
    expect(relativeError(rewards, expected.rewards!.data)).toBeLessThan(1e-3);
    expect(relativeError(advantages(rewards), expected.advantages!.data)).toBeLessThan(1e-3);
  });

  it('in faithful mode measures over the batch axis, and so learns something else', async () => {
    const fixed = await fiveSteps(false);
    const faithful = await fiveSteps(true);
    expect(Math.abs(faithful.losses[4]! - fixed.losses[4]!)).toBeGreaterThan(5e-3);
  });

  it('begins uniform within 1/sqrt(fan-in), the same for the same stream', () => {
    const a = initEmbedding(spec, new Rng(1, 0, 'embedding'));
    expect(initEmbedding(spec, new Rng(1, 0, 'embedding'))['g.4.bias']).toEqual(a['g.4.bias']);
    const bound = 1 / Math.sqrt(128);
    const linear = a['E.10.weight']!.data;
    expect(Math.max(...linear)).toBeLessThanOrEqual(bound);
    expect(Math.max(...linear)).toBeGreaterThan(0.99 * bound);
  });
});
