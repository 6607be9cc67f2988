/**
 * Every op and every gradient rule: the run time against float64 reference kernels (1e-5), the gradients,
 * evaluated in float64, against central differences along random directions (1e-6).
 */
import { describe, expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { gradientRules } from '../../../engine/graph/gradient-rules.js';
import { attentionGradients } from '../../../engine/graph/gradients/attention.js';
import { Graph } from '../../../engine/graph/graph.js';
import { decomposedAttention } from '../../../engine/graph/op-decompositions.js';
import { maxPool2x2, mul, reduceSum, stopGradient } from '../../../engine/graph/ops.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { opCases } from '../../support/op-cases.js';
import { buildCase as build, generator, rounded, size, worst } from '../../support/op-graph.js';
import { evaluate } from '../../support/reference.js';

describe.each(opCases)('$name', (c) => {
  it('has the gradient that differences show', () => {
    const { g, feeds, random } = build(c);
    const out = evaluate(g, feeds);
    c.shapes.forEach((shape, i) => {
      const direction = Float64Array.from({ length: size(shape) }, () => random() - 0.5);
      const shifted = (h: number) =>
        evaluate(g, { ...feeds, [`x${i}`]: feeds[`x${i}`]!.map((v, k) => v + h * direction[k]!) }).loss!
          .data[0]!;
      const h = 1e-4;
      const numeric = (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h);
      const analytic = out[`d${i}`]!.data.reduce((s, d, k) => s + d * direction[k]!, 0);
      const scale = out[`d${i}`]!.data.reduce((s, d, k) => s + Math.abs(d * direction[k]!), 1e-3);
      expect(Math.abs(numeric - analytic) / scale).toBeLessThan(1e-6);
    });
  });

  it.each(['speed', 'memory'] as const)(
    'runs to the values of the reference kernels (%s)',
    async (profile) => {
      const { g, feeds } = build(c);
      const expected = evaluate(g, feeds);
      const executor = await Executor.create(g, { threads: 1, profile });
      const got = await executor.run(rounded(g, feeds));
      await executor.release();
      for (const [name, want] of Object.entries(expected)) {
        expect(got[name]!.shape).toEqual([...want.shape]);
        expect(worst(got[name]!.data as Float32Array, want.data), name).toBeLessThan(1e-5);
      }
    },
  );
});

describe('the reverse pass', () => {
  it('has a case for every differentiable op', () => {
    const used = new Set(opCases.flatMap((c) => build(c).g.nodes.map((n) => n.op)));
    const rules = Object.entries(gradientRules).filter(([, rule]) => rule !== 'none');
    expect(rules.map(([op]) => op).filter((op) => !used.has(op as never))).toEqual([]);
  });

  it.each([
    ['a head at a time', [5, 5], { scores: 25, queries: 8 }],
    ['some heads at a time, not the same number each', [5, 5], { scores: 75, queries: 8 }],
    ['queries in parts that do not divide them', [7, 7], { scores: 1, queries: 3 }],
    ['one query at a time', [3, 5], { scores: 1, queries: 1 }],
    ['as many queries as the scores allow', [10, 3], { scores: 12, queries: 1 }],
    ['few queries of many texts', [2, 77], { scores: 100, queries: 1 }],
  ] as const)('takes attention in blocks to the same gradients: %s', async (_, [t, s], block) => {
    const g = new Graph();
    // 4 channels a head: their scale is exact in binary.
    const shapes = { q: [2, t, 16], k: [2, s, 16], v: [2, s, 16], dy: [2, t, 16] };
    const [q, k, v, dy] = Object.entries(shapes).map(([name, shape]) => g.input(name, shape));
    const node = g.node('MultiHeadAttention', [q!, k!, v!], { heads: 4 });
    const flow = { ...node, dys: [dy], needs: [true, true, true] };
    const plain = decomposedAttention([q!, k!, v!], { heads: 4 });
    const expected = grad(reduceSum(mul(plain, dy!)), [q!, k!, v!]);
    const products = () => g.nodes.filter(({ op }) => op === 'Softmax').length;
    const before = products();
    const blocks = attentionGradients(flow, block);
    expect(products() - before).toBeGreaterThan(1);
    for (const [i, name] of ['dq', 'dk', 'dv'].entries()) {
      g.output(name, blocks[i]!);
      g.output(`plain.${name}`, expected[i]!);
    }
    const random = generator(3);
    const given = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        Float64Array.from({ length: size(shape) }, () => random() - 0.5),
      ]),
    );
    const out = evaluate(g, given);
    const executor = await Executor.create(g, { threads: 1, profile: 'memory' });
    const got = await executor.run(rounded(g, given));
    await executor.release();
    for (const name of ['dq', 'dk', 'dv']) {
      expect(worst(out[name]!.data, out[`plain.${name}`]!.data)).toBeLessThan(1e-12);
      expect(worst(got[name]!.data as Float32Array, out[`plain.${name}`]!.data)).toBeLessThan(1e-5);
    }
  });

  it('gives the gradient of a largest value to the first of several that are largest', () => {
    const g = new Graph();
    const x = g.input('x', [1, 1, 2, 4]);
    g.output('dx', grad(reduceSum(maxPool2x2(x)), [x])[0]!);
    const out = evaluate(g, { x: Float64Array.of(0, 0, 1, 2, 0, 0, 2, 1) });
    expect([...out.dx!.data]).toEqual([1, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('stops at stopGradient, gives zeros where nothing depends, and names what cannot be differentiated', () => {
    const g = new Graph();
    const x = g.input('x', [2]);
    const other = g.input('other', [3]);
    const loss = reduceSum(mul(x, stopGradient(x)));
    const [dx, zero] = grad(loss, [x, other]);
    g.output('dx', dx!);
    g.output('zero', zero!);
    const out = evaluate(g, { x: Float64Array.of(3, -4), other: new Float64Array(3) });
    expect([...out.dx!.data]).toEqual([3, -4]);
    expect([...out.zero!.data]).toEqual([0, 0, 0]);
    expect(() => grad(reduceSum(g.op('Sign', [x], {})), [x])).toThrow('Sign is not differentiable');
    expect(() => grad(x, [x])).toThrow('one element');
  });
});

describe('a graph', () => {
  it('is one node for equal nodes and refuses operands that do not fit', () => {
    const g = new Graph();
    const x = g.input('x', [2, 3]);
    expect(mul(x, 2)).toBe(mul(x, 2));
    expect(() => mul(x, g.input('y', [4]))).toThrow('cannot broadcast [2,3] with [4]');
    expect(() => g.input('x', [1])).toThrow('declared twice');
  });

  it('names every feed that is missing or misshapen at once', async () => {
    const g = new Graph();
    g.output('z', mul(g.input('x', [2]), g.input('y', [2])));
    const executor = await Executor.create(g, { threads: 1 });
    await expect(executor.run({ x: f32([3]) })).rejects.toThrow(
      'x is float32[3], not float32[2]; y is missing (float32[2])',
    );
  });
});
