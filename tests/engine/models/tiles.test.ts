/**
 * Decoding in tiles: exact where the network looks at single pixels, close to the whole where it does not,
 * and only where the whole does not fit.
 */
import { describe, expect, it } from 'vitest';
import { decode, loadPipeline } from '../../../engine/models/pipeline.js';
import { inTiles, tileStarts } from '../../../engine/models/tiles.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { golden, MINI } from '../../support/golden.js';

describe('tiles', () => {
  it('cover an image evenly, with the overlap at least', () => {
    expect(tileStarts(64, 64, 16)).toEqual([0]);
    expect(tileStarts(96, 64, 16)).toEqual([0, 32]);
    expect(tileStarts(128, 64, 16)).toEqual([0, 32, 64]);
    for (const length of [65, 100, 113, 200]) {
      const starts = tileStarts(length, 64, 16);
      expect(starts.at(-1)! + 64).toBe(length);
      starts.slice(1).forEach((at, i) => {
        expect(at - starts[i]!).toBeLessThanOrEqual(48);
      });
    }
  });

  it('give what the whole gives where every pixel stands for itself', async () => {
    // y = 2 x + 1, each pixel doubled along both edges, one more channel that is minus the first.
    const twice = async ({ shape, data }: FloatTensor): Promise<FloatTensor> => {
      const [, , h, w] = shape as [number, number, number, number];
      const y = f32([1, 2, 2 * h, 2 * w]);
      for (let i = 0; i < 2 * h; i++)
        for (let j = 0; j < 2 * w; j++) {
          const v = 2 * data[(i >> 1) * w + (j >> 1)]! + 1;
          y.data[i * 2 * w + j] = v;
          y.data[(2 * h + i) * 2 * w + j] = -v;
        }
      return y;
    };
    const x = f32(
      [1, 1, 11, 7],
      Float32Array.from({ length: 77 }, (_, i) => Math.sin(i)),
    );
    const [whole, tiled] = [await twice(x), await inTiles(x, { size: 5, overlap: 2, factor: 2 }, twice)];
    expect(tiled.shape).toEqual(whole.shape);
    tiled.data.forEach((v, i) => {
      expect(v).toBeCloseTo(whole.data[i]!, 5);
    });
  });
});

describe('decoding', () => {
  it('takes tiles only where the whole does not fit, and they look like it', async () => {
    const pipeline = await loadPipeline(MINI);
    const { latents } = golden('trajectory_eta1') as Record<string, FloatTensor>;
    // Golden images of the last step as the fields of one image of 320x320 pixels.
    const size = 4 * 16 * 16;
    const last = latents!.data.subarray(latents!.data.length - 4 * size);
    const wide = f32([1, 4, 80, 80]);
    for (let c = 0; c < 4; c++)
      for (let i = 0; i < 80; i++)
        for (let j = 0; j < 80; j++) {
          const image = ((i >> 4) + (j >> 4)) % 4;
          wide.data[(c * 80 + i) * 80 + j] = last[image * size + (c * 16 + (i % 16)) * 16 + (j % 16)]!;
        }
    const roomy = new ExecutorCache({ threads: 2 });
    const whole = await decode(pipeline, roomy, wide);
    // What 320x320 pixels take, and no more, fits tiles of 256x256.
    const tight = new ExecutorCache(
      { threads: 2 },
      { executors: 4, memory: 2 ** 31, run: roomy.predicted - 1 },
    );
    const tiled = await decode(pipeline, tight, wide);
    await roomy.clear();
    await tight.clear();
    expect(tight.predicted).toBeLessThan(roomy.predicted);
    expect(tiled.shape).toEqual(whole.shape);
    let difference = 0;
    whole.data.forEach((v, i) => {
      difference += Math.abs(v - tiled.data[i]!) / whole.data.length;
    });
    // Of a range of 2: a few grey levels of 255, from the norms' statistics.
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.04);
  });
});
