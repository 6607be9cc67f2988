/**
 * One case for each op and composed function: inputs with their shapes and ranges, and the function under
 * test.
 */
import * as ops from '../../engine/graph/ops.js';
import type { Shape, Value } from '../../engine/graph/value.js';

export interface OpCase {
  name: string;
  /** Shape of each input; values are drawn from [lo, hi]. */
  shapes: Shape[];
  range?: [number, number];
  f: (...xs: Value[]) => Value;
}

const unary = (name: string, f: (x: Value) => Value, range: [number, number] = [-2, 2]): OpCase => ({
  name,
  shapes: [[3, 4]],
  range,
  f,
});
const binary = (
  name: string,
  f: (a: Value, b: Value) => Value,
  range: [number, number] = [-2, 2],
): OpCase[] => [
  {
    name,
    shapes: [
      [3, 4],
      [3, 4],
    ],
    range,
    f,
  },
  {
    name: `${name}, broadcast`,
    shapes: [
      [2, 1, 4],
      [3, 1],
    ],
    range,
    f,
  },
];

export const opCases: OpCase[] = [
  ...binary('add', ops.add),
  ...binary('sub', ops.sub),
  ...binary('mul', ops.mul),
  ...binary('div', ops.div, [0.5, 2]),
  ...binary('maximum', ops.maximum),
  ...binary('minimum', ops.minimum),
  { name: 'number operands', shapes: [[5]], f: (x) => ops.sub(1, ops.div(2, ops.add(ops.mul(x, x), 3))) },
  unary('neg', ops.neg),
  unary('exp', ops.exp),
  unary('log', ops.log, [0.3, 3]),
  unary('sqrt', ops.sqrt, [0.3, 3]),
  unary('reciprocal', ops.reciprocal, [0.4, 2]),
  unary('abs', ops.abs),
  unary('sin', ops.sin),
  unary('cos', ops.cos),
  unary('erf', ops.erf),
  unary('sigmoid', ops.sigmoid),
  unary('softplus', ops.softplus),
  unary('logSigmoid', ops.logSigmoid),
  unary('relu', ops.relu),
  unary('gelu', ops.gelu),
  unary('silu', ops.silu),
  unary('quickGelu', ops.quickGelu),
  unary('clip', (x) => ops.clip(x, -0.7, 0.9)),
  unary('where', (x) => ops.where(ops.greater(x, 0.1), ops.mul(x, 3), ops.neg(x))),
  unary('softmax', ops.softmax),
  {
    name: 'matmul',
    shapes: [
      [3, 4],
      [4, 5],
    ],
    f: ops.matmul,
  },
  {
    name: 'matmul, batched',
    shapes: [
      [2, 3, 2, 4],
      [2, 3, 4, 5],
    ],
    f: ops.matmul,
  },
  {
    name: 'matmul, shared right side',
    shapes: [
      [2, 3, 4],
      [4, 5],
    ],
    f: ops.matmul,
  },
  {
    name: 'matmul, broadcast batch',
    shapes: [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
    f: ops.matmul,
  },
  { name: 'linear', shapes: [[2, 3, 4], [5, 4], [5]], f: ops.linear },
  ...[true, false].flatMap((transA) =>
    [true, false].map(
      (transB): OpCase => ({
        name: `gemm ${transA} ${transB}`,
        shapes: [transA ? [4, 3] : [3, 4], transB ? [5, 4] : [4, 5]],
        f: (a, b) => a.graph.op('Gemm', [a, b], { transA, transB }),
      }),
    ),
  ),
  {
    name: 'conv 3x3',
    shapes: [[2, 3, 5, 4], [4, 3, 3, 3], [4]],
    f: (x, w, b) => ops.conv2d(x, w, b, { padding: 1 }),
  },
  { name: 'conv 1x1', shapes: [[2, 3, 4, 5], [2, 3, 1, 1], [2]], f: (x, w, b) => ops.conv2d(x, w, b) },
  {
    name: 'conv stride 2',
    shapes: [[2, 3, 6, 4], [4, 3, 3, 3], [4]],
    f: (x, w, b) => ops.conv2d(x, w, b, { stride: 2, padding: 1 }),
  },
  {
    name: 'conv stride 2, odd',
    shapes: [
      [1, 2, 7, 5],
      [3, 2, 3, 3],
    ],
    f: (x, w) => ops.conv2d(x, w, undefined, { stride: 2, padding: 1 }),
  },
  {
    name: 'conv stride 2, uneven padding',
    shapes: [
      [1, 2, 6, 6],
      [3, 2, 3, 3],
    ],
    f: (x, w) => ops.conv2d(x, w, undefined, { stride: 2, padding: [0, 0, 1, 1] }),
  },
  { name: 'reshape', shapes: [[2, 6]], f: (x) => ops.reshape(x, [3, 4]) },
  { name: 'transpose', shapes: [[2, 3, 4]], f: (x) => ops.transpose(x, [2, 0, 1]) },
  {
    name: 'concat',
    shapes: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    f: (a, b, c) => ops.concat([a, b, c], 1),
  },
  {
    name: 'split, one part unused',
    shapes: [[2, 6]],
    f: (x) => {
      const [a, , c] = ops.split(x, [1, 2, 3], 1);
      return ops.mul(a!, c!);
    },
  },
  { name: 'slice', shapes: [[4, 5]], f: (x) => ops.slice(x, 1, 1, 4) },
  { name: 'expand', shapes: [[3, 1]], f: (x) => ops.expand(x, [2, 3, 4]) },
  { name: 'pad', shapes: [[2, 3]], f: (x) => ops.pad(x, [1, 0], [0, 2]) },
  { name: 'reduceSum', shapes: [[2, 3, 4]], f: (x) => ops.reduceSum(x, [0, 2]) },
  { name: 'reduceMean, axes dropped', shapes: [[2, 3, 4]], f: (x) => ops.reduceMean(x, [1], false) },
  { name: 'layerNorm', shapes: [[2, 3, 6], [6], [6]], f: (x, g, b) => ops.layerNorm(x, g, b) },
  { name: 'groupNorm', shapes: [[2, 6, 3, 2], [6], [6]], f: (x, g, b) => ops.groupNorm(x, 3, g, b) },
  {
    name: 'attention',
    shapes: [
      [2, 3, 8],
      [2, 5, 8],
      [2, 5, 8],
    ],
    f: (q, k, v) => ops.attention(q, k, v, { heads: 2 }),
  },
  {
    name: 'attention, causal',
    shapes: [
      [2, 4, 6],
      [2, 4, 6],
      [2, 4, 6],
    ],
    f: (q, k, v) => ops.attention(q, k, v, { heads: 3, causal: true }),
  },
  { name: 'maxPool', shapes: [[2, 2, 4, 6]], f: ops.maxPool2x2 },
  { name: 'maxPool, odd sides', shapes: [[1, 2, 5, 3]], f: ops.maxPool2x2 },
  { name: 'averagePool', shapes: [[2, 2, 4, 6]], f: ops.averagePool2x2 },
  { name: 'upsample', shapes: [[2, 3, 2, 3]], f: ops.upsampleNearest2x },
  {
    name: 'cosineSimilarity',
    shapes: [
      [3, 5],
      [3, 5],
    ],
    f: (a, b) => ops.cosineSimilarity(a, b),
  },
  { name: 'a value used twice', shapes: [[4]], f: (x) => ops.add(ops.mul(x, ops.sigmoid(x)), ops.exp(x)) },
];

/** The same function, all of it in float16. */
export const halved = (c: OpCase): OpCase => ({
  ...c,
  f: (...xs) => ops.wide(c.f(...xs.map((x) => ops.cast(x, 'float16')))),
});

/**
 * Asks for equality, which rounding breaks: max pooling's gradient. It has no place in a network that
 * computes in float16.
 */
export const ranked = (c: OpCase): boolean => c.name.startsWith('maxPool');
