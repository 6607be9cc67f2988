/** The machine's rate: operations by what the clock says they took, measured once; and how times are told. */
import { expect, it } from 'vitest';
import { durationInWords } from '../../../engine/foretold-costs.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { rate } from '../../../engine/runtime/rate.js';

it('is what the probe computes over the best of its times, and is measured once a process', async () => {
  const cache = new ExecutorCache({ threads: 1 });
  // One to warm up, then runs that take 30, 10 and 20 ms.
  const clock = [0, 0, 30, 100, 110, 200, 220];
  const found = await rate(cache, () => clock.shift()!);
  // A convolution of 128 filters over 128 channels, 3x3, at 32x32, and [1024,320] x [320,1280].
  const flops = 2 * (128 * 32 * 32 * (128 * 9) + 1024 * 320 * 1280);
  expect(found).toBeCloseTo(flops / 0.01, 0);
  expect(await rate(cache)).toBe(found);
  expect(cache.size).toBe(0);
});

it('tells times with two digits', () => {
  const times = [1.26, 12.4, 89, 95, 3000, 5400, 86_400];
  expect(times.map(durationInWords)).toEqual([
    '1.3 s',
    '12 s',
    '89 s',
    '1.6 minutes',
    '50 minutes',
    '1.5 hours',
    '24 hours',
  ]);
});
