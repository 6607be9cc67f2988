/**
 * Half-precision weights that stay in their file: numbers against the same sum in plain JavaScript, for
 * layers forward and backward and for a table, and that compiling takes no float32 copy of them.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { conv2d, gather, linear, reduceSum, rows, square } from '../../../engine/graph/ops.js';
import { floatToHalf } from '../../../engine/io/half.js';
import { externalWeight, openSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { f32, i64 } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';
import { largestDifference } from '../../support/compare.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-late-'));
afterAll(() => rmSync(dir, { recursive: true }));
const rng = new Rng(3, 0, 'late');
const half = (shape: readonly number[]) => {
  const size = shape.reduce((n, d) => n * d, 1);
  return { dtype: 'float16' as const, shape, data: floatToHalf(rng.normals(size)) };
};

/** Anonymous memory of this process, MB. */
const privateMb = () =>
  Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))![1]) / 1024;

it('both profiles give the same layers, gradients and rows', async () => {
  const file = join(dir, 'layers.safetensors');
  writeSafetensors(file, { dense: half([160, 128]), kernel: half([32, 64, 3, 3]), table: half([300, 64]) });
  const source = openSafetensors(file);
  const build = () => {
    const g = new Graph();
    const weight = (name: string) => g.weight(externalWeight(source, name)!);
    const [x, image] = [g.input('x', [4, 128]), g.input('image', [1, 64, 8, 8])];
    const y = linear(x, weight('dense'));
    const z = conv2d(image, weight('kernel'), undefined, { padding: 1 });
    g.output('y', y);
    g.output('z', z);
    g.output('rows', gather(weight('table'), g.input('ids', [3], 'int64')));
    const [dx] = grad(reduceSum(square(y)), [x]);
    const [dimage] = grad(reduceSum(square(z)), [image]);
    g.output('dx', dx!);
    g.output('dimage', dimage!);
    return g;
  };
  const feeds = {
    x: f32([4, 128], rng.normals(512)),
    image: f32([1, 64, 8, 8], rng.normals(4096)),
    ids: i64([3], [299, 0, 7]),
  };
  const results = [];
  for (const profile of ['speed', 'memory'] as const) {
    const executor = await Executor.create(build(), { threads: 1, profile });
    results.push(await executor.run(feeds));
    await executor.release();
  }
  const [fast, lean] = results;
  for (const [name, tensor] of Object.entries(fast!)) {
    const scale = Math.max(...(tensor.data as Float32Array).map(Math.abs));
    expect(largestDifference(lean![name]!, tensor) / scale, name).toBeLessThan(1e-5);
  }
});

it.each(['speed', 'memory'] as const)(
  'some rows of a weight are those bytes of its file (%s)',
  async (profile) => {
    const file = join(dir, 'rows.safetensors');
    const wide = f32([300, 64], rng.normals(300 * 64));
    writeSafetensors(file, { narrow: half([300, 64]), wide });
    const source = openSafetensors(file);
    const g = new Graph();
    const x = g.input('x', [4, 64]);
    for (const name of ['narrow', 'wide']) {
      const weight = g.weight(externalWeight(source, name)!);
      g.output(name, linear(x, weight));
      g.output(`${name} rows`, linear(x, rows(weight, 17, 290)));
    }
    expect(g.nodes.some(({ op }) => op === 'Slice')).toBe(false);
    const executor = await Executor.create(g, { threads: 1, profile });
    const found = await executor.run({ x: f32([4, 64], rng.normals(256)) });
    await executor.release();
    for (const name of ['narrow', 'wide']) {
      const [all, some] = [found[name]!, found[`${name} rows`]!];
      expect(some.shape).toEqual([4, 273]);
      for (let i = 0; i < 4 * 273; i++)
        expect(Number(some.data[i])).toBeCloseTo(
          Number(all.data[Math.floor(i / 273) * 300 + 17 + (i % 273)]),
          4,
        );
    }
  },
);

it.runIf(process.platform === 'linux')('compiling takes no copy of a weight of 64 MB', async () => {
  const file = join(dir, 'large.safetensors');
  const n = 2 ** 25;
  writeSafetensors(file, {
    w: { dtype: 'float16', shape: [n / 1024, 1024], data: new Uint16Array(n).fill(0x3c00) },
  });
  const g = new Graph();
  g.output('y', linear(g.input('x', [1, 1024]), g.weight(externalWeight(openSafetensors(file), 'w')!)));
  const before = privateMb();
  const executor = await Executor.create(g, { threads: 1, profile: 'memory' });
  // A float32 copy would be 128 MB.
  expect(privateMb() - before).toBeLessThan(32);
  const { y } = await executor.run({ x: f32([1, 1024], new Float32Array(1024).fill(1)) });
  expect(y!.data[n / 1024 - 1]).toBe(1024);
  await executor.release();
});
