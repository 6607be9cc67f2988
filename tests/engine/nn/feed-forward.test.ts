/**
 * The gated layer, whole and in groups of tokens, against its formula in plain JavaScript; gradients of both
 * alike.
 */
import { expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { reduceSum, square } from '../../../engine/graph/ops.js';
import { feedForward, type Inside } from '../../../engine/nn/feed-forward.js';
import { Scope } from '../../../engine/nn/scope.js';
import { Rng } from '../../../src/rng.js';
import { erf, evaluate } from '../../support/reference.js';

const [N, T, C] = [2, 5, 3];
const shapes = {
  x: [N, T, C],
  '0.proj.weight': [8 * C, C],
  '0.proj.bias': [8 * C],
  '2.weight': [C, 4 * C],
  '2.bias': [C],
};
const rng = new Rng(9, 0, 'feed-forward');
const feeds = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [
    name,
    Float64Array.from(rng.normals(shape.reduce((n, d) => n * d, 1))),
  ]),
);

function run(inside?: Inside) {
  const g = new Graph();
  const weight = (graph: Graph, name: string, shape: readonly number[]) =>
    graph.inputs.get(name) ?? graph.input(name, shape);
  const y = feedForward(new Scope(g, { weight }), g.input('x', shapes.x), inside);
  g.output('y', y);
  g.output('dx', grad(reduceSum(square(y)), [g.inputs.get('x')!])[0]!);
  return { g, found: evaluate(g, feeds) };
}

it('is a gelu(b) W with (a, b) the halves of the first product', () => {
  const { y } = run().found;
  const row = (name: string, i: number, v: readonly number[]) =>
    v.reduce((s, x, k) => s + x * feeds[name]![i * v.length + k]!, 0);
  for (let token = 0; token < N * T; token++) {
    const x = [...feeds.x!.subarray(token * C, (token + 1) * C)];
    const first = Array.from(
      { length: 8 * C },
      (_, i) => row('0.proj.weight', i, x) + feeds['0.proj.bias']![i]!,
    );
    const inner = first.slice(0, 4 * C).map((a, i) => {
      const b = first[4 * C + i]!;
      return a * b * 0.5 * (1 + erf(b / Math.SQRT2));
    });
    for (let i = 0; i < C; i++)
      expect(y!.data[token * C + i]).toBeCloseTo(row('2.weight', i, inner) + feeds['2.bias']![i]!, 10);
  }
});

it('is the same in groups of tokens, the last of them smaller', () => {
  const whole = run();
  // 10 tokens, 4 at a time.
  const grouped = run({ most: 1, group: 4 * 4 * C });
  const products = ({ g }: typeof whole) => g.nodes.filter(({ op }) => op === 'Gelu').length;
  expect([products(whole), products(grouped)]).toEqual([1, 3]);
  for (const name of ['y', 'dx'])
    whole.found[name]!.data.forEach((v, i) => {
      expect(grouped.found[name]!.data[i]).toBeCloseTo(v, 10);
    });
});
