/**
 * A graph has two emissions, weights as they lie and weights laid out anew; whichever a device is given, the
 * values are the same. Convolution's input gradient is where they differ: ConvTranspose, or Conv with the
 * weight turned.
 */
import { expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { toOnnx } from '../../../engine/graph/onnx.js';
import { conv2d, reduceSum, square } from '../../../engine/graph/ops.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { f32 } from '../../../engine/runtime/tensor.js';

const wave = (n: number, step: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * step));

it.each([
  { kernel: 3, padding: 1, stride: 1 },
  { kernel: 3, padding: 0, stride: 1 },
  { kernel: 1, padding: 0, stride: 1 },
  { kernel: 3, padding: [1, 0, 2, 1] as const, stride: 1 },
  { kernel: 3, padding: 1, stride: 2 },
])('gives convolution the same input gradient in both profiles: %o', async ({ kernel, ...options }) => {
  const build = () => {
    const g = new Graph();
    const x = g.input('x', [2, 8, 6, 5]);
    const weight = g.constant(wave(16 * 8 * kernel * kernel, 0.7), [16, 8, kernel, kernel]);
    g.output('dx', grad(reduceSum(square(conv2d(x, weight, undefined, options))), [x])[0]!);
    return g;
  };
  const results = [];
  for (const profile of ['memory', 'speed'] as const) {
    const executor = await Executor.create(build(), { threads: 1, profile });
    results.push((await executor.run({ x: f32([2, 8, 6, 5], wave(480, 0.3)) })).dx!.data as Float32Array);
    await executor.release();
  }
  const [lying, relaid] = results as [Float32Array, Float32Array];
  const largest = lying.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  lying.forEach((v, i) => {
    expect(Math.abs(v - relaid[i]!)).toBeLessThan(2e-6 * largest);
  });
  const named = (prepackWeights: boolean) =>
    Buffer.from(toOnnx(build(), { prepackWeights })).includes('ConvTranspose');
  expect([named(false), named(true)]).toEqual([true, options.stride === 2]);
});
