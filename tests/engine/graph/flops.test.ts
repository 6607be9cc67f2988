/** Operations of a run, counted by hand. */
import { expect, it } from 'vitest';
import { flops } from '../../../engine/graph/flops.js';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { attention, conv2d, linear, matmul, reduceSum, sin } from '../../../engine/graph/ops.js';

function count(build: (g: Graph) => Record<string, ReturnType<typeof sin>>): number {
  const g = new Graph();
  for (const [name, value] of Object.entries(build(g))) g.output(name, value);
  return flops(g);
}

it('counts two for each multiply-add of products, convolutions and attention', () => {
  // [5,7] x [7,3]
  expect(count((g) => ({ y: matmul(g.input('a', [5, 7]), g.input('b', [7, 3])) }))).toBe(2 * 5 * 7 * 3);
  expect(count((g) => ({ y: linear(g.input('x', [5, 7]), g.input('w', [3, 7])) }))).toBe(2 * 5 * 7 * 3);
  // 6 filters over 4 channels, 3x3, on 2 images whose results have 5x5 pixels
  const convolved = (g: Graph) =>
    conv2d(g.input('x', [2, 4, 10, 10]), g.input('w', [6, 4, 3, 3]), undefined, { stride: 2, padding: 1 });
  expect(count((g) => ({ y: convolved(g) }))).toBe(2 * (2 * 6 * 5 * 5) * (4 * 3 * 3));
  // Scores [2,3,4] and their products with the values, 8 numbers a token.
  const tokens = (g: Graph) =>
    attention(g.input('q', [2, 3, 8]), g.input('k', [2, 4, 8]), g.input('v', [2, 4, 8]), { heads: 2 });
  expect(count((g) => ({ y: tokens(g) }))).toBe(2 * 2 * (2 * 3 * 4 * 8));
});

it('counts a gradient as its products, and what is folded when a graph is compiled not at all', () => {
  const trained = (g: Graph) => {
    const [x, w] = [g.input('x', [5, 7]), g.input('w', [3, 7])];
    const [dx, dw] = grad(reduceSum(sin(linear(x, w))), [x, w]);
    return { dx: dx!, dw: dw! };
  };
  expect(count(trained)).toBe(3 * 2 * 5 * 7 * 3);
  expect(count((g) => ({ y: matmul(g.constant([1, 2], [1, 2]), g.constant([1, 2], [2, 1])) }))).toBe(0);
});
