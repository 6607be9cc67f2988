/** AdamW, pi_HERO, rewards: against closed forms, the golden tensors, and each other. */
import { describe, expect, it } from 'vitest';
import { heroNoise, perturb } from '../../../engine/diffusion/noise.js';
import { initAdapter } from '../../../engine/learn/lora-init.js';
import { adam } from '../../../engine/learn/optimiser.js';
import { advantages, cosine, goodsReward, nearestToMean } from '../../../engine/learn/reward.js';
import { globalNorm } from '../../../engine/runtime/named-tensors.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';
import { golden, relativeError } from '../../support/golden.js';

const plain = { lr: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: null };

describe('adam', () => {
  it('shortens a gradient to the norm that is set, by PyTorch’s divisor, and leaves a shorter one', () => {
    const clipped = (gradient: number, clipNorm: number) => {
      const params = { w: f32([1]) };
      const optimiser = adam({ ...plain, clipNorm });
      const state = optimiser.init(params);
      expect(optimiser.update(params, { w: f32([1], [gradient]) }, state)).toBeCloseTo(gradient, 12);
      return state.m.w!.data[0]! / (0.1 * gradient);
    };
    expect(clipped(0.5, 1)).toBeCloseTo(1, 5);
    expect(clipped(4, 1)).toBeCloseTo(0.25, 5);
    // clip / (norm + 1e-6)
    expect(clipped(2e-6, 1e-6)).toBeCloseTo(1 / 3, 5);
  });

  it('first moves every weight by lr against the sign of its gradient', () => {
    const params = { w: f32([3], [1, 2, 3]) };
    const optimiser = adam(plain);
    const state = optimiser.init(params);
    expect(optimiser.update(params, { w: f32([3], [3, -4, 0]) }, state)).toBeCloseTo(5, 6);
    expect([...params.w.data]).toEqual([0.9, 2.1, 3].map(Math.fround));
  });

  it('shrinks by lr x decay and clips by the global norm over all tensors', () => {
    const params = { a: f32([1], [10]), b: f32([1], [0]) };
    const optimiser = adam({ ...plain, weightDecay: 0.5, clipNorm: 1 });
    const state = optimiser.init(params);
    optimiser.update(params, { a: f32([1], [0]), b: f32([1], [100]) }, state);
    expect(params.a.data[0]).toBeCloseTo(10 * (1 - 0.05), 6);
    expect(state.m.b!.data[0]).toBeCloseTo(0.1, 6); // (1 - beta1) x clipped gradient of 1
  });

  it('finds the bottom of a quadratic', () => {
    const params = { w: f32([2], [5, -3]) };
    const optimiser = adam(plain);
    const state = optimiser.init(params);
    for (let i = 0; i < 500; i++)
      optimiser.update(params, { w: f32([2], [params.w.data[0]! - 1, params.w.data[1]! - 2]) }, state);
    expect(params.w.data[0]).toBeCloseTo(1, 2);
    expect(params.w.data[1]).toBeCloseTo(2, 2);
  });
});

describe('pi_HERO', () => {
  it('mixes as the golden seeds do', () => {
    const seeds = golden('seeds') as Record<string, FloatTensor>;
    expect(relativeError(perturb(seeds.source!.data, seeds.noise!.data, 0.1), seeds.out!.data)).toBeLessThan(
      1e-6,
    );
  });

  const best = new Float32Array(64).fill(1);
  const goods = [new Float32Array(64).fill(2), new Float32Array(64).fill(-2)];
  const nearest = (z: Float32Array) => [best, ...goods].map((s) => cosine(z, s)).findIndex((c) => c > 0.9);

  it('starts the first beta x count from the best and the rest from the other goods', () => {
    const noise = heroNoise({ best, positives: goods }, 10, { eps0: 0.1, beta: 0.3 }, new Rng(1, 1, 'noise'));
    const scale = noise.map((z) => Math.round(z.reduce((a, b) => a + b, 0) / 64));
    expect(scale.slice(0, 3)).toEqual([1, 1, 1]);
    expect(scale.slice(3).every((s) => Math.abs(s) === 2)).toBe(true);
  });

  it('uses the best itself where it is the only good, and spreads over all at beta 0', () => {
    const alone = heroNoise({ best, positives: [] }, 4, { eps0: 0.1, beta: 0.5 }, new Rng(1, 1, 'noise'));
    expect(alone.map(nearest)).toEqual([0, 0, 0, 0]);
    const spread = heroNoise({ best, positives: goods }, 60, { eps0: 0.1, beta: 0 }, new Rng(1, 1, 'noise'));
    const means = spread.map((z) => Math.round(z.reduce((a, b) => a + b, 0) / 64));
    expect(new Set(means)).toEqual(new Set([1, 2, -2]));
  });
});

describe('reward and advantage', () => {
  it('normalises over the round and clamps', () => {
    expect(advantages([0, 1])).toEqual([-1, 1].map((x) => expect.closeTo(x, 6)));
    expect(advantages([0.5, 0.5, 0.5])).toEqual([0, 0, 0]);
    expect(Math.max(...advantages([...new Array<number>(99).fill(0), 1]))).toBe(5);
  });

  it('averages over goods, and finds the one nearest to their mean', () => {
    const e = (x: number, y: number) => Float32Array.of(x, y);
    expect(goodsReward([e(1, 0)], [e(1, 0), e(-1, 0)])).toEqual([0.5]);
    expect(nearestToMean([e(1, 0), e(1, 1), e(0, 1)])).toBe(1);
    expect(cosine(e(0, 0), e(1, 0))).toBe(0);
  });
});

describe('initAdapter', () => {
  it('draws down with std 1/r (1/(r k) for a k x k convolution) and leaves up at zero', () => {
    const shapes = [
      { name: 'unet.a.lora_A.weight', shape: [4, 2048] },
      { name: 'unet.a.lora_B.weight', shape: [8, 4] },
      { name: 'unet.c.lora_A.weight', shape: [4, 256, 3, 3] },
    ];
    const adapter = initAdapter(shapes, 4, new Rng(1, 0, 'adapter'));
    const std = (name: string) => globalNorm({ x: adapter[name]! }) / Math.sqrt(adapter[name]!.data.length);
    expect(std('unet.a.lora_A.weight')).toBeCloseTo(1 / 4, 2);
    expect(std('unet.c.lora_A.weight')).toBeCloseTo(1 / 12, 2);
    expect(std('unet.a.lora_B.weight')).toBe(0);
  });
});
