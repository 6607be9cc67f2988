/**
 * Plain forms against float64 kernels that know the fused op only: the same values, and nothing of the fused
 * op left in the model.
 */
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../engine/graph/graph.js';
import { fusedEmission, toOnnx } from '../../../engine/graph/onnx.js';
import { decomposedAttention, fusedOps } from '../../../engine/graph/op-decompositions.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { opCases } from '../../support/op-cases.js';
import { buildCase, generator, rounded, size, worst } from '../../support/op-graph.js';
import { evaluate } from '../../support/reference.js';

const plain = new Set(fusedOps);
const isFused = (op: string) => (fusedOps as string[]).includes(op);
const cases = opCases.filter((c) => buildCase(c).g.nodes.some((node) => isFused(node.op)));

it('every fused op has a case', () => {
  const ops = new Set(cases.flatMap((c) => buildCase(c).g.nodes.map((node) => node.op)));
  expect(fusedOps.filter((op) => !ops.has(op))).toEqual([]);
});

describe.each(cases)('$name', (c) => {
  it('has the values of the fused op, gradients too, without it', async () => {
    const { g, feeds } = buildCase(c);
    const executor = await Executor.create(g, { threads: 1, emission: { ...fusedEmission, plain } });
    const got = await executor.run(rounded(g, feeds));
    await executor.release();
    for (const [name, want] of Object.entries(evaluate(g, feeds)))
      expect(worst(got[name]!.data as Float32Array, want.data), name).toBeLessThan(1e-5);
    // Op types are written with a capital, names of values in small letters.
    const named = (op: string, model: Uint8Array) => Buffer.from(model).includes(op);
    for (const { op } of g.nodes.filter((node) => isFused(node.op)))
      expect([named(op, toOnnx(g)), named(op, toOnnx(g, { plain }))]).toEqual([true, false]);
  });
});

it('attention over few scores at a time is attention', () => {
  const g = new Graph();
  const [q, k, v] = [g.input('q', [2, 7, 12]), g.input('k', [2, 5, 12]), g.input('v', [2, 5, 12])];
  g.output('fused', g.op('MultiHeadAttention', [q, k, v], { heads: 3 }));
  // Scores are [6,7,5]: all at once, two heads, one head, three queries of a head, one query.
  const bounds = [1000, 80, 40, 17, 1];
  for (const bound of bounds) g.output(`${bound}`, decomposedAttention([q, k, v], { heads: 3 }, bound));
  const random = generator(5);
  const draw = (shape: readonly number[]) => Float64Array.from({ length: size(shape) }, () => random() - 0.5);
  const { fused, ...others } = evaluate(g, { q: draw(q.shape), k: draw(k.shape), v: draw(v.shape) });
  for (const bound of bounds) expect(worst(others[bound]!.data, fused!.data)).toBeLessThan(1e-12);
  const products = (bound: number) => {
    const own = new Graph();
    decomposedAttention(
      [q, k, v].map((x) => own.input(x.name, x.shape)),
      { heads: 3 },
      bound,
    );
    return own.nodes.filter((node) => node.op === 'Softmax').length;
  };
  expect(bounds.map(products)).toEqual([1, 3, 6, 18, 42]);
});
