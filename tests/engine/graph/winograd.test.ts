/**
 * Convolutions by Winograd's algorithm against sums in float64, by their definition: forward and backward,
 * weights of every type as they lie in a file, in one piece, in bands of rows and in chunks of filters; and
 * what is left as it is.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Graph } from '../../../engine/graph/graph.js';
import { toOnnx } from '../../../engine/graph/onnx.js';
import type { ConvAttrs } from '../../../engine/graph/op-set.js';
import type { Value } from '../../../engine/graph/value.js';
import { walkMemory, winogradAdds } from '../../../engine/graph/winograd.js';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../../../engine/io/half.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-winograd-'));
afterAll(() => rmSync(dir, { recursive: true }));

interface Layer {
  /**
   * Images, channels in, channels out, height, width; of the convolution whose gradient it is when `back`.
   */
  n: number;
  c: number;
  k: number;
  h: number;
  w: number;
  pads?: ConvAttrs['pads'];
  back?: boolean;
  bias?: boolean;
  dtype?: 'float32' | 'float16' | 'bfloat16';
  /** Part of a name that only the second of several pieces bears. */
  second?: string;
}

/** Filters of more than 16 MB when they are transformed. */
const chunky: Layer = { n: 2, c: 400, k: 390, h: 16, w: 16, second: 'products.1' };

const dense = { strides: [1, 1], dilations: [1, 1] } as const;

/** y, and the operand's and the result's shapes. */
function build(g: Graph, layer: Layer, weight: Value) {
  const { n, c, k, h, w, pads = [1, 1, 1, 1], back, bias } = layer;
  const [oh, ow] = [h + pads[0] + pads[2] - 2, w + pads[1] + pads[3] - 2];
  if (back) {
    const y = g.op('ConvTranspose', [g.input('x', [n, k, oh, ow]), weight], {
      ...dense,
      pads,
      outputPadding: [0, 0],
    });
    return { y, operand: [n, k, oh, ow] };
  }
  const x = g.input('x', [n, c, h, w]);
  const y = g.op('Conv', bias ? [x, weight, g.input('b', [k])] : [x, weight], { ...dense, pads });
  return { y, operand: [n, c, h, w] };
}

/** The result at one place, in float64: weight [k, c, 3, 3]. */
function exact(
  layer: Layer,
  x: Float32Array,
  weight: Float32Array,
  b: Float32Array,
  place: number[],
): number {
  const { c, k, h, w, pads = [1, 1, 1, 1], back, bias } = layer;
  const [oh, ow] = [h + pads[0] + pads[2] - 2, w + pads[1] + pads[3] - 2];
  const [image, channel, row, column] = place as [number, number, number, number];
  const [from, rows, columns] = back ? [k, oh, ow] : [c, h, w];
  let sum = bias && !back ? b[channel]! : 0;
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      // Forward, tap (i, j) reads pixel (row + i - top, column + j - left); backward it hands its share back
      // from there.
      const [r, s] = back
        ? [row - i + pads[0], column - j + pads[1]]
        : [row + i - pads[0], column + j - pads[1]];
      if (r < 0 || s < 0 || r >= rows || s >= columns) continue;
      for (let q = 0; q < from; q++) {
        const tap = back ? (q * c + channel) * 9 : (channel * c + q) * 9;
        sum += x[((image * from + q) * rows + r) * columns + s]! * weight[tap + 3 * i + j]!;
      }
    }
  }
  return sum;
}

describe('3x3 convolutions', () => {
  it.each<[string, Layer]>([
    ['forward', { n: 2, c: 256, k: 192, h: 24, w: 24, bias: true }],
    ['backward', { n: 2, c: 256, k: 192, h: 24, w: 24, back: true }],
    ['on a wide image, weights in float16', { n: 1, c: 160, k: 224, h: 20, w: 64, dtype: 'float16' }],
    ['backward, weights in float16', { n: 3, c: 160, k: 224, h: 20, w: 32, dtype: 'float16', back: true }],
    ['padded unevenly', { n: 2, c: 224, k: 224, h: 25, w: 27, pads: [0, 2, 1, 1], bias: true }],
    ['padded unevenly, backward', { n: 2, c: 224, k: 224, h: 24, w: 28, pads: [0, 2, 1, 1], back: true }],
    ['in bands of rows', { n: 1, c: 192, k: 192, h: 128, w: 96, bias: true, second: 'band.1' }],
    ['in chunks of filters, from float16', { ...chunky, dtype: 'float16', bias: true }],
    ['in chunks of filters, backward', { ...chunky, dtype: 'float16', back: true }],
    ['in chunks of filters', chunky],
    ['in chunks of filters, from bfloat16', { ...chunky, dtype: 'bfloat16' }],
    ['in chunks of filters, backward, from bfloat16', { ...chunky, dtype: 'bfloat16', back: true }],
  ])('are right %s', async (name, layer) => {
    const { n, c, k, dtype = 'float32', second } = layer;
    const rng = new Rng(5, 0, name);
    const taps = rng.normals(k * c * 9);
    const lying = { float32: taps, float16: floatToHalf(taps), bfloat16: floatToBfloat(taps) }[dtype];
    const file = join(dir, `${name}.bin`);
    writeFileSync(file, lying);
    const g = new Graph();
    const raw = { name: 'w', dtype, shape: [k, c, 3, 3], file, offset: 0, length: lying.byteLength };
    const { y, operand } = build(g, layer, g.weight(raw));
    g.output('y', y);
    expect(winogradAdds(g.nodes.at(-1)!)).toBeDefined();
    const written = Buffer.from(toOnnx(g, { winograd: true }));
    expect(['band.1', 'products.1'].filter((part) => written.includes(`.${part}`))).toEqual(
      second ? [second] : [],
    );

    const x = rng.normals(operand.reduce((a, b) => a * b, 1));
    const b = rng.normals(k);
    const executor = await Executor.create(g, { threads: 1, profile: 'memory' });
    const found = (await executor.run({ x: f32(operand, x), b: f32([k], b) })).y!.data as Float32Array;
    await executor.release();

    const weight =
      lying instanceof Float32Array
        ? lying
        : { float16: halfToFloat, bfloat16: bfloatToFloat }[dtype as 'float16' | 'bfloat16'](lying);
    const [, channels, height, width] = y.shape as [number, number, number, number];
    const typical = Math.sqrt(9 * operand[1]!);
    const among = (m: number) => Math.floor(rng.uniform() * m);
    const places = Array.from({ length: 400 }, () => [
      among(n),
      among(channels),
      among(height),
      among(width),
    ]);
    // The rims, where tiles reach over the edge.
    for (const row of [0, 1, height - 1])
      for (const column of [0, width - 2, width - 1]) places.push([n - 1, channels - 1, row, column]);
    for (const place of places) {
      const at = place.reduce((flat, i, axis) => flat * y.shape[axis]! + i, 0);
      const off = Math.abs(found[at]! - exact(layer, x, weight, b, place)) / typical;
      expect(off, `${place}`).toBeLessThan(1e-5);
    }
  });

  it('are left as they are where that is as quick, and on devices with convolutions of their own', () => {
    const node = (layer: Layer, kernel = 3, attrs: Partial<ConvAttrs> = {}) => {
      const g = new Graph();
      const w = g.input('w', [layer.k, layer.c, kernel, kernel]);
      const x = g.input('x', [layer.n, layer.c, layer.h, layer.w]);
      g.output('y', g.op('Conv', [x, w], { ...dense, pads: [1, 1, 1, 1], ...attrs }));
      return g.nodes.at(-1)!;
    };
    const layer = { n: 2, c: 320, k: 320, h: 64, w: 64 };
    expect(winogradAdds(node(layer))).toBeLessThan(0.6 * (2 * 64 * 64 * 320 * 320 * 9));
    for (const other of [
      node(layer, 1),
      node(layer, 3, { strides: [2, 2] }),
      node(layer, 3, { dilations: [2, 2], pads: [2, 2, 2, 2] }),
      node({ ...layer, h: 66 }),
      // Few channels, or few tiles for a large filter.
      node({ ...layer, c: 4 }),
      node({ n: 2, c: 1280, k: 1280, h: 8, w: 8 }),
    ])
      expect(winogradAdds(other)).toBeUndefined();

    const { graph } = node(layer).outputs[0]!;
    const has = (how: { winograd?: boolean }) => Buffer.from(toOnnx(graph, how)).includes('winograd');
    expect([has({ winograd: true }), has({})]).toEqual([true, false]);
  });
});

describe('what it takes while it works', () => {
  /** Bytes at the peak, of a layer whose weights are float16, its result counted with it. */
  function peakOf(layer: Layer): number {
    const g = new Graph();
    const shape = [layer.k, layer.c, 3, 3];
    const weight = { name: 'w', dtype: 'float16' as const, shape, file: '/w', offset: 0, length: 0 };
    const { y } = build(g, layer, g.weight(weight));
    let [now, peak, results] = [0, 0, 0];
    const take = (bytes: number) => {
      now += bytes;
      peak = Math.max(peak, now);
      return bytes;
    };
    walkMemory(g.nodes.at(-1)!, new Set(['float16']), {
      take,
      give(bytes) {
        now -= bytes;
      },
      result() {
        results += take(4 * y.shape.reduce((a, b) => a * b, 1));
      },
    });
    expect(now).toBe(results);
    return peak / 4;
  }

  it('is the filters, their taps widened, and the transformed inputs', () => {
    // 36 products of 128 tiles are there before the filters are made.
    const layer = { n: 2, c: 640, k: 640, h: 32, w: 32 };
    expect(peakOf(layer)).toBe(640 * 640 * 9 + 36 * 640 * 640 + 36 * 640 * 128);
  });

  it('is, of several bands, all of their results beside what joins them and the sum with the bias', () => {
    // 96 bands of 8 rows, 128 tiles each: all results twice, as parts and joined, are more than a band needs.
    const layer = { n: 1, c: 192, k: 192, h: 768, w: 256 };
    const results = 192 * 768 * 256;
    expect(peakOf({ ...layer, bias: true })).toBe(2 * results);
    expect(peakOf(layer)).toBe(2 * results);
  });
});
