/** The predicted peak against arithmetic by hand, for each rule of the run time that decides it. */
import { describe, expect, it } from 'vitest';
import { Arena } from '../../../engine/graph/arena.js';
import { compiledBytes, SMALL_WEIGHTS } from '../../../engine/graph/compiled-bytes.js';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { executionOrder, peakBytes } from '../../../engine/graph/memory.js';
import {
  add,
  exp,
  layerNorm,
  linear,
  matmul,
  mul,
  reduceSum,
  reshape,
  silu,
  sin,
  square,
  transpose,
} from '../../../engine/graph/ops.js';

const MB = 2 ** 20;
/** Elements of a tensor of one megabyte. */
const SIDE = 512;

/** Output and feeds are of one element, so that buffers decide. */
function graphOf(build: (x: ReturnType<Graph['input']>) => ReturnType<Graph['input']>): Graph {
  const g = new Graph();
  const x = g.input('x', [1, 1]);
  g.output('y', reduceSum(build(add(x, g.constant(new Float32Array(SIDE), [SIDE, 1])))));
  return g;
}
const megabytes = (g: Graph) => peakBytes(g) / MB;

describe('the predicted peak', () => {
  it('counts what is alive at a time: a chain of results holds two, in-place ones and views none', () => {
    const wide = (v: ReturnType<Graph['input']>) =>
      matmul(v, v.graph.constant(new Float32Array(SIDE), [1, SIDE]));
    expect(megabytes(graphOf((v) => wide(v)))).toBeCloseTo(1, 1);
    expect(megabytes(graphOf((v) => silu(silu(silu(wide(v))))))).toBeCloseTo(1, 1);
    expect(megabytes(graphOf((v) => reshape(wide(v), [SIDE * SIDE])))).toBeCloseTo(1, 1);
    expect(megabytes(graphOf((v) => transpose(transpose(sin(wide(v)), [1, 0]), [1, 0])))).toBeCloseTo(2, 1);
    // While sin(a) is made: a, sin(a), 3 a, and sin(2 a), which came first.
    expect(
      megabytes(
        graphOf((v) => {
          const a = wide(v);
          return add(add(sin(a), mul(a, 3)), sin(mul(a, 2)));
        }),
      ),
    ).toBeCloseTo(4, 1);
  });

  it('gives no room to results that a node leaves out', () => {
    // 128 rows of one element: their means and deviations would take half a kilobyte each if they were made.
    const rows = (build: (x: ReturnType<Graph['input']>) => ReturnType<Graph['input']>) => {
      const g = new Graph();
      const x = g.input('x', [128, 1]);
      g.output('y', reduceSum(build(x)));
      return peakBytes(g);
    };
    const [scale, zero] = [1, 0].map((v) => [v]);
    const normal = rows((x) => layerNorm(x, x.graph.constant(scale!, [1]), x.graph.constant(zero!, [1])));
    expect(normal - rows((x) => mul(x, 2))).toBe(4);
  });

  it('takes nodes depth first, of the operands the newest first, of the outputs the earliest first', () => {
    const g = new Graph();
    const x = g.input('x', [2]);
    const [a, b] = [sin(x), exp(x)];
    g.output('late', mul(add(a, b), 2));
    g.output('early', square(a));
    // 'late' was named first but is older: Add's newer operand is Exp.
    expect(executionOrder(g).map(({ op }) => op)).toEqual(['Exp', 'Sin', 'Add', 'Mul', 'Mul']);
    const h = new Graph();
    const z = h.input('z', [2]);
    const [early, late] = [exp(z), sin(z)];
    h.output('late', late);
    h.output('early', early);
    expect(executionOrder(h).map(({ op }) => op)).toEqual(['Exp', 'Sin']);
  });

  it('falls when blocks are recomputed', () => {
    const build = (recompute: boolean) => {
      const g = new Graph();
      const x = g.input('x', [64, 64]);
      let y = sin(x);
      for (let i = 0; i < 6; i++) {
        const before = y;
        y = g.segment(() => sin(exp(sin(exp(sin(before))))));
      }
      g.output('dx', grad(reduceSum(y), [x], { recompute })[0]!);
      return g;
    };
    expect(peakBytes(build(true))).toBeLessThan(0.6 * peakBytes(build(false)));
  });
});

describe('a compiled graph', () => {
  /** y = x W^T with W [side,side], and its gradient where asked for: what its weight takes. */
  function layer(side: number, dtype: 'float32' | 'float16', backward = false) {
    const g = new Graph();
    const bytes = { float32: 4, float16: 2 }[dtype] * side * side;
    const weight = { name: 'w', dtype, shape: [side, side], file: '/w', offset: 0, length: bytes };
    const x = g.input('x', [2, side]);
    const y = linear(x, g.weight(weight));
    g.output('y', y);
    if (backward) g.output('dx', grad(reduceSum(square(y)), [x])[0]!);
    return { bytes: compiledBytes(g) - 3 * MB - 6144 * g.nodes.length, weight: 4 * side * side };
  }

  it('holds a copy of small weights, laid out, once a kind of layer; of half-precision ones more stays', () => {
    const single = layer(256, 'float32');
    expect(single.bytes).toBe(single.weight);
    expect(layer(256, 'float16').bytes).toBeCloseTo(1.6 * single.weight, 6);
    // x W^T reads the rows of W, dy W its columns.
    expect(layer(256, 'float32', true).bytes).toBe(2 * single.weight);
  });

  it('holds none of large weights: they stay mapped', () => {
    const side = Math.sqrt(SMALL_WEIGHTS / 4);
    expect(layer(side, 'float32').bytes).toBeGreaterThan(0);
    expect(layer(side + 1, 'float32').bytes).toBe(0);
  });
});

describe('the arena', () => {
  it('gives the smallest chunk that fits, splits large ones, joins neighbours, and grows by doubling', () => {
    const arena = new Arena();
    const [a, b, c] = [arena.take(0.25 * MB), arena.take(0.25 * MB), arena.take(0.25 * MB)];
    expect(arena.peak).toBe(0.75 * MB);
    arena.give(a!);
    arena.give(b!);
    // Joined: half a megabyte fits where the two were.
    const d = arena.take(0.5 * MB);
    expect([d.region, d.at, arena.peak]).toEqual([0, 0, 0.75 * MB]);
    // No room in the first region: the second is twice as large.
    const e = arena.take(1.5 * MB);
    expect([e.region, e.size]).toEqual([1, 2 * MB]);
    expect(arena.peak).toBe(2.25 * MB);
    arena.give(c!);
    expect(arena.take(100).region).toBe(0);
  });

  it('touches more in a second run, which takes of regions of one size the newest first; none is larger than 1 GB but for a larger chunk', () => {
    const arena = new Arena();
    const run = (sizes: readonly number[]) => {
      const taken = sizes.map((size) => arena.take(size * MB));
      for (const chunk of taken) arena.give(chunk);
      return arena.peak / MB;
    };
    expect(run([900, 300])).toBe(900 + 300);
    expect([run([900, 300]), run([900, 300])]).toEqual([900 + 900, 900 + 900]);
    expect(run([1000, 900, 950])).toBe(1000 + 900 + 950);
    // What is left over is not split off below 128 MB.
    expect([1000, 1000, 1000].map((size) => arena.take(size * MB).size / MB)).toEqual([1024, 1024, 1024]);
    expect(arena.take(2000 * MB).size / MB).toBe(2048);
  });
});
