/**
 * Recompute: the same gradients from a graph that keeps the ends of its segments, and what is dear to
 * compute. Against the plain graph's; the run time must not merge the second run with the first, and must let
 * it wait.
 */
import { describe, expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { reachable } from '../../../engine/graph/onnx.js';
import {
  add,
  attention,
  exp,
  groupNorm,
  linear,
  reduceSum,
  silu,
  square,
} from '../../../engine/graph/ops.js';
import type { Value } from '../../../engine/graph/value.js';
import { Executor, type ExecutorOptions, type Feeds } from '../../../engine/runtime/executor.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { evaluate } from '../../support/reference.js';

const wave = (n: number, step: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * step));

/**
 * Three blocks of attention, exponentials and norms on x [2,4,8], each reading w [8,8]; blocks share exp(w).
 */
function build(recompute: boolean) {
  const g = new Graph();
  const [x, w] = [g.input('x', [2, 4, 8]), g.input('w', [8, 8])];
  const ones = g.constant(new Float32Array(8).fill(1));
  const block = (y: Value) =>
    g.segment(() => {
      const h = linear(silu(y), exp(w));
      const mixed = attention(h, linear(h, w), h, { heads: 2 });
      return add(y, groupNorm(mixed, 2, g.constant(wave(4, 1)), g.constant(wave(4, 2))));
    });
  const end = block(block(block(linear(x, w, ones))));
  const loss = reduceSum(square(end));
  const [dx, dw] = grad(loss, [x, w], { recompute }) as [Value, Value];
  g.output('loss', loss);
  g.output('dx', dx);
  g.output('dw', dw);
  return g;
}
/** A block on x [1,tokens,4] whose attention is the dearer the more tokens there are. */
function attending(tokens: number, recompute: boolean) {
  const g = new Graph();
  const [x, w] = [g.input('x', [1, tokens, 4]), g.input('w', [4, 4])];
  const start = exp(x);
  const end = g.segment(() => {
    const h = linear(silu(start), w);
    return add(start, square(linear(attention(h, linear(h, w), h, { heads: 1 }), w)));
  });
  const [dx, dw] = grad(reduceSum(square(end)), [x, w], { recompute }) as [Value, Value];
  g.output('dx', dx);
  g.output('dw', dw);
  return g;
}

const feeds = { x: wave(64, 0.7), w: wave(64, 1.3).map((v) => v / 4) };

/** Forward ops that are written, of the insides of blocks. */
const count = (g: Graph, op: string) => reachable(g).nodes.filter((node) => node.op === op).length;

async function expectSame(
  graph: (recompute: boolean) => Graph,
  given: Feeds,
  profile: ExecutorOptions['profile'],
) {
  const results = [];
  for (const recompute of [false, true]) {
    const executor = await Executor.create(graph(recompute), { threads: 1, profile });
    results.push(await executor.run(given));
    await executor.release();
  }
  const [plain, again] = results as [(typeof results)[0], (typeof results)[0]];
  for (const name of ['dx', 'dw']) {
    const [want, got] = [plain, again].map((of) => of[name]!.data as Float32Array) as [
      Float32Array,
      Float32Array,
    ];
    const largest = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const off = want.reduce((m, v, i) => Math.max(m, Math.abs(got[i]! - v)), 0);
    expect(off).toBeLessThan(1e-5 * largest);
  }
}

describe('recompute', () => {
  it('gives the gradients of the plain graph, in float64', () => {
    const in64 = Object.fromEntries(Object.entries(feeds).map(([k, v]) => [k, Float64Array.from(v)]));
    const [plain, again] = [evaluate(build(false), in64), evaluate(build(true), in64)];
    for (const name of ['loss', 'dx', 'dw'])
      plain[name]!.data.forEach((v, i) => {
        expect(again[name]!.data[i]).toBeCloseTo(v, 12);
      });
  });

  it.each(['speed', 'memory'] as const)('gives them in the run time (%s)', async (profile) => {
    await expectSame(build, { x: f32([2, 4, 8], feeds.x), w: f32([8, 8], feeds.w) }, profile);
  });

  it('keeps attention over 1024 tokens, makes attention over 1023 again, and what leads to it in both', async () => {
    for (const [tokens, attentions] of [
      [1023, 2],
      [1024, 1],
    ] as const) {
      const again = attending(tokens, true);
      expect([count(again, 'MultiHeadAttention'), count(again, 'Gemm')]).toEqual([attentions, 12]);
      const given = { x: f32([1, tokens, 4], wave(4 * tokens, 0.7)), w: f32([4, 4], wave(16, 1.3)) };
      await expectSame((recompute) => attending(tokens, recompute), given, 'memory');
    }
  });

  it('runs the insides twice and keeps none of them: what the reverse pass reads entered a block or was made again', () => {
    const [plain, again] = [build(false), build(true)];
    expect([count(plain, 'MultiHeadAttention'), count(again, 'MultiHeadAttention')]).toEqual([3, 6]);
    // exp(w) is the first block's, but made of an input alone: it is held, not made again.
    expect([count(plain, 'Exp'), count(again, 'Exp')]).toEqual([1, 1]);
    const last = again.segments.at(-1)!.end;
    const { nodes } = reachable(again);
    const inside = (id: number) => again.segments.some(({ start, end }) => start <= id && id < end - 1);
    const kept = nodes
      .filter(({ id }) => id >= last)
      .flatMap(({ inputs }) => inputs)
      .flatMap(({ source }) => (source.kind === 'node' ? [source.node] : []))
      .filter(({ id, inputs }) => inside(id) && inputs.some(({ source }) => source.kind === 'node'));
    expect(kept.map(({ op }) => op)).toEqual([]);
  });

  it('keeps segments apart', () => {
    const g = new Graph();
    const x = g.input('x', [2]);
    expect(() => g.segment(() => g.segment(() => exp(x)))).toThrow('cannot overlap');
  });
});
