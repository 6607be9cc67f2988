/**
 * An op case as a graph: its value, a scalar of it, and the gradient of every input; and feeds drawn from its
 * range.
 */
import { grad } from '../../engine/graph/grad.js';
import { Graph } from '../../engine/graph/graph.js';
import { mul, reduceSum } from '../../engine/graph/ops.js';
import { type FloatTensor, f32 } from '../../engine/runtime/tensor.js';
import type { OpCase } from './op-cases.js';

export function generator(seed: number) {
  let s = seed;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}
export const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/**
 * L(x) = sum(r * f(x)) with fixed random r; outputs `y`, `loss` and `d0`... The graph may hold several cases,
 * told apart by `prefix`.
 */
export function buildCase({ shapes, range: [lo, hi] = [-2, 2], f }: OpCase, g = new Graph(), prefix = '') {
  const random = generator(7);
  const inputs = shapes.map((shape, i) => g.input(`${prefix}x${i}`, shape));
  const feeds = Object.fromEntries(
    shapes.map((shape, i) => [
      `${prefix}x${i}`,
      Float64Array.from({ length: size(shape) }, () => Math.fround(lo + (hi - lo) * random())),
    ]),
  );
  const y = f(...inputs);
  const r = g.constant(
    Float32Array.from({ length: size(y.shape) }, () => random() - 0.5),
    y.shape,
  );
  const loss = reduceSum(mul(y, r));
  g.output(`${prefix}y`, y);
  g.output(`${prefix}loss`, loss);
  const gradients = grad(loss, inputs);
  for (const [i, d] of gradients.entries()) g.output(`${prefix}d${i}`, d);
  return { g, feeds, random, gradients };
}

/** The same feeds for the run time. */
export const rounded = (g: Graph, feeds: Record<string, Float64Array>): Record<string, FloatTensor> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, x]) => [name, f32(g.inputs.get(name)!.shape, Float32Array.from(x))]),
  );

/** Largest difference over the largest value of `b`. */
export const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const scale = Math.max(1e-6, ...Array.from(b, Math.abs));
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!))) / scale;
};
