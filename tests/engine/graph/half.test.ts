/**
 * Graphs that compute in float16: their mathematics, their gradients' range, and what the run time makes of
 * them.
 */
import { describe, expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import {
  add,
  cast,
  castLike,
  linear,
  mul,
  reduceMean,
  reduceSum,
  silu,
  square,
  wide,
} from '../../../engine/graph/ops.js';
import type { Value } from '../../../engine/graph/value.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { halved, opCases, ranked } from '../../support/op-cases.js';
import { buildCase, generator, rounded, size, worst } from '../../support/op-graph.js';
import { evaluate } from '../../support/reference.js';

describe.each(opCases)('$name', (c) => {
  it('has in float16 the values and gradients that it has in float32, but for rounding', () => {
    const [half, whole] = [buildCase(halved(c)), buildCase(c)];
    const types = half.g.nodes.flatMap(({ outputs }) => outputs.map(({ dtype }) => dtype));
    expect(types).toContain('float16');
    const wanted = evaluate(whole.g, whole.feeds);
    // float32 literals become float64 in both; the loss scale goes in and comes out.
    for (const [name, { data }] of Object.entries(evaluate(half.g, half.feeds)))
      expect(worst(data, wanted[name]!.data), name).toBeLessThan(1e-12);
  });
});

/** Two layers and a loss times `scale`, in float16 but for x, w and the loss. */
function small(scale: number) {
  const g = new Graph();
  const [x, w] = [g.input('x', [16, 24]), g.input('w', [24, 24])];
  const half = cast(w, 'float16');
  const y = wide(linear(silu(linear(cast(x, 'float16'), half)), half));
  const [dx, dw] = grad(mul(reduceMean(square(y)), scale), [x, w]);
  g.output('dx', dx!);
  g.output('dw', dw!);
  return g;
}
const random = generator(11);
const draw = (shape: readonly number[]) => Float64Array.from({ length: size(shape) }, () => random() - 0.5);
const feeds = { x: draw([16, 24]), w: draw([24, 24]) };

describe('gradients', () => {
  // Float16 ends at 6e-8 and at 65504: unscaled, all of these would be zero or infinite somewhere.
  it.each([2 ** -60, 2 ** -20, 1, 2 ** 20, 2 ** 60])(
    'keep their figures where the loss is times %d',
    (scale) => {
      const exact = evaluate(small(1), feeds);
      const found = evaluate(small(scale), feeds, { round: true });
      // Six roundings of 2^-11 each lie between.
      for (const name of ['dx', 'dw'])
        expect(
          worst(
            found[name]!.data.map((v) => v / scale),
            exact[name]!.data,
          ),
          name,
        ).toBeLessThan(6 * 2 ** -11);
    },
  );

  it('do not keep what was only widened, until the reverse pass comes by', () => {
    const g = new Graph();
    const [x, down, up] = [g.input('x', [6, 8]), g.input('down', [2, 8]), g.input('up', [8, 2])];
    let y = cast(x, 'float16');
    for (let layer = 0; layer < 3; layer++) y = silu(add(y, castLike(linear(linear(wide(y), down), up), y)));
    const loss = reduceMean(square(wide(y)));
    const forward = g.nodes.length;
    g.output('d', grad(loss, [down])[0]!);
    const kept = g.nodes
      .slice(forward)
      .flatMap(({ inputs }) => inputs)
      .flatMap(({ source }) => (source.kind === 'node' && source.node.id < forward ? [source.node] : []));
    const widened = kept.filter(({ op, inputs, outputs }) => {
      const [from] = inputs as [Value];
      return op === 'Cast' && from.dtype === 'float16' && outputs[0]!.dtype === 'float32';
    });
    expect(kept.length).toBeGreaterThan(3);
    expect(widened).toEqual([]);
  });

  it('are zero, and not no number, where the loss is', async () => {
    const executor = await Executor.create(small(0), { threads: 1 });
    const { dw } = await executor.run(rounded(small(0), feeds));
    await executor.release();
    expect(Math.max(...(dw!.data as Float32Array).map(Math.abs))).toBe(0);
  });

  it('are refused with respect to what is float16', () => {
    const g = new Graph();
    const x = g.input('x', [2], 'float16');
    expect(() => grad(reduceSum(wide(x)), [x])).toThrow('float16');
  });
});

it('runs on the CPU, where onnxruntime widens around the kernels that it has only for float32', async () => {
  const g = new Graph();
  const names = opCases
    .filter((c) => !ranked(c))
    .map((c, i) => {
      const before = new Set(g.outputs.keys());
      const prefix = `${i}.`;
      const { feeds } = buildCase(halved(c), g, prefix);
      return { ...c, feeds, outputs: [...g.outputs.keys()].filter((name) => !before.has(name)) };
    });
  const fed = Object.assign({}, ...names.map(({ feeds }) => feeds));
  const wanted = evaluate(g, fed);
  const executor = await Executor.create(g, { threads: 1 });
  const found = await executor.run(rounded(g, fed));
  await executor.release();
  const off = names.flatMap(({ name, outputs }) =>
    outputs.flatMap((output) => {
      const error = worst(found[output]!.data as Float32Array, wanted[output]!.data);
      return error < 2e-2 ? [] : [`${name}: ${output} is off by ${error}`];
    }),
  );
  expect(off).toEqual([]);
});
