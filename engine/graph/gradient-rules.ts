/**
 * Gradient rules: for y = op(x...), the cotangents of the operands from those of the results, one row per op,
 * total over OpAttrs; `none` is a written row. Notation: dy = dL/dy; a rule is asked only for operands in
 * `needs`. Every row is checked in tests against float64 reference kernels by differences along random
 * directions.
 */

import type { Cotangents, Flow } from './cotangents.js';
import { attentionGradients } from './gradients/attention.js';
import { conv2dGradients } from './gradients/convolution.js';
import { layerNormGradients } from './gradients/normalization.js';
import { maxPoolGradient } from './gradients/pooling.js';
import type { OpName } from './op-set.js';
import {
  add,
  averagePool2x2,
  castLike,
  concat,
  cos,
  div,
  equal,
  erf,
  exp,
  expand,
  floatType,
  greater,
  matmul,
  mul,
  neg,
  pad,
  reduceSum,
  reshape,
  sigmoid,
  sign,
  sin,
  slice,
  split,
  sub,
  sumTo,
  swapLast,
  transpose,
  upsampleNearest2x,
  where,
} from './ops.js';
import { numel, type Value } from './value.js';

export type GradientRule<K extends OpName> =
  | ((c: Cotangents<K>) => readonly (Value | undefined)[])
  /** Not differentiable, or never asked for: reaching it is an error that names the op. */
  | 'none';

/** y = f(x): dx = dy * f'(x). */
const pointwise =
  (dx: (dy: Value, x: Value, y: Value) => Value) =>
  ({ inputs: [x], outputs: [y], dys: [dy] }: Flow) => [dx(dy!, x!, y!)];

/** z = f(a, b), broadcast: each partial is summed back to its operand's shape. */
const pair =
  (
    da: (dy: Value, a: Value, b: Value, y: Value) => Value,
    db: (dy: Value, a: Value, b: Value, y: Value) => Value,
  ) =>
  ({ inputs: [a, b], outputs: [y], dys: [dy], needs }: Flow) => [
    needs[0] ? sumTo(da(dy!, a!, b!, y!), a!.shape) : undefined,
    needs[1] ? sumTo(db(dy!, a!, b!, y!), b!.shape) : undefined,
  ];

/**
 * Share of the gradient that goes to the operand `a` of max(a, b): 1 where larger, half at a tie (as
 * PyTorch).
 */
const share = (a: Value, b: Value): Value => where(equal(a, b), 0.5, castLike(greater(a, b), a));

const sumBack = ({ inputs: [x], dys: [dy] }: Flow) => [expand(dy!, x!.shape)];

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

export const gradientRules: { readonly [K in OpName]: GradientRule<K> } = {
  Add: pair(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: pair(
    (dy) => dy,
    (dy) => neg(dy),
  ),
  Mul: pair(
    (dy, _a, b) => mul(dy, b),
    (dy, a) => mul(dy, a),
  ),
  // d(a/b)/db = -a/b^2 = -y/b
  Div: pair(
    (dy, _a, b) => div(dy, b),
    (dy, _a, b, y) => neg(div(mul(dy, y), b)),
  ),
  Max: pair(
    (dy, a, b) => mul(dy, share(a, b)),
    (dy, a, b) => mul(dy, share(b, a)),
  ),
  Min: pair(
    (dy, a, b) => mul(dy, share(b, a)),
    (dy, a, b) => mul(dy, share(a, b)),
  ),
  Neg: pointwise((dy) => neg(dy)),
  Exp: pointwise((dy, _x, y) => mul(dy, y)),
  Log: pointwise((dy, x) => div(dy, x)),
  // 1 / (2 sqrt x) = 0.5 / y
  Sqrt: pointwise((dy, _x, y) => div(mul(dy, 0.5), y)),
  Reciprocal: pointwise((dy, _x, y) => neg(mul(dy, mul(y, y)))),
  Abs: pointwise((dy, x) => mul(dy, sign(x))),
  Sin: pointwise((dy, x) => mul(dy, cos(x))),
  Cos: pointwise((dy, x) => neg(mul(dy, sin(x)))),
  Floor: 'none',
  Erf: pointwise((dy, x) => mul(dy, mul(exp(neg(mul(x, x))), TWO_OVER_SQRT_PI))),
  // s' = s (1 - s)
  Sigmoid: pointwise((dy, _x, y) => mul(dy, mul(y, sub(1, y)))),
  Softplus: pointwise((dy, x) => mul(dy, sigmoid(x))),
  Relu: pointwise((dy, x) => mul(dy, castLike(greater(x, 0), x))),
  // x Phi(x): Phi + x phi, Phi the normal distribution function, phi its density
  Gelu: pointwise((dy, x) => {
    const distribution = add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5);
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(dy, add(distribution, mul(x, density)));
  }),
  // s = sigmoid(alpha x), y = x s: s + alpha x s (1 - s) = s + alpha y (1 - s)
  QuickGelu: ({ inputs: [x], outputs: [y], attrs: { alpha }, dys: [dy] }) => {
    const s = sigmoid(alpha === 1 ? x! : mul(x!, alpha));
    const tail = mul(y!, sub(1, s));
    return [mul(dy!, add(s, alpha === 1 ? tail : mul(tail, alpha)))];
  },
  Sign: 'none',
  Greater: 'none',
  Equal: 'none',
  Where: ({ inputs: [condition, a, b], dys: [dy], needs }) => [
    undefined,
    needs[1] ? sumTo(where(condition!, dy!, 0), a!.shape) : undefined,
    needs[2] ? sumTo(where(condition!, 0, dy!), b!.shape) : undefined,
  ],
  // Y = A B: dA = dY B', dB = A' dY; batch axes that were broadcast are summed
  MatMul: ({ inputs: [a, b], dys: [dy], needs }) => {
    const rows = (x: Value) => reshape(x, [numel(x.shape) / x.shape.at(-1)!, x.shape.at(-1)!]);
    const db = () =>
      b!.rank === 2 && a!.rank > 2
        ? matmul(swapLast(rows(a!)), rows(dy!))
        : sumTo(matmul(swapLast(a!), dy!), b!.shape);
    return [needs[0] ? sumTo(matmul(dy!, swapLast(b!)), a!.shape) : undefined, needs[1] ? db() : undefined];
  },
  // Y = A' B' + C: dA' = dY B'^T, dB' = A'^T dY, transposed again where the operand was
  Gemm: ({ inputs: [a, b, c], attrs: { transA, transB }, dys: [dy], needs }) => {
    const gemm = (x: Value, y: Value, tx: boolean, ty: boolean) =>
      x.graph.op('Gemm', [x, y], { transA: tx, transB: ty });
    const da = () => (transA ? gemm(b!, dy!, transB, true) : gemm(dy!, b!, false, !transB));
    const db = () => (transB ? gemm(dy!, a!, true, transA) : gemm(a!, dy!, !transA, false));
    return [
      needs[0] ? da() : undefined,
      needs[1] ? db() : undefined,
      needs[2] ? sumTo(dy!, c!.shape) : undefined,
    ];
  },
  DynamicQuantizeMatMul: 'none',
  Conv: conv2dGradients,
  ConvTranspose: 'none',
  Reshape: ({ inputs: [x], dys: [dy] }) => [reshape(dy!, x!.shape)],
  Transpose: ({ attrs: { perm }, dys: [dy] }) => [
    transpose(
      dy!,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
  Concat: ({ inputs, attrs: { axis }, dys: [dy] }) =>
    split(
      dy!,
      inputs.map((x) => x.shape[axis]!),
      axis,
    ),
  Split: ({ outputs, attrs: { axis }, dys }) => {
    const zeros = (y: Value) => expand(y.graph.constant(0, [], floatType(y)), y.shape);
    return [
      concat(
        outputs.map((y, i) => dys[i] ?? zeros(y)),
        axis,
      ),
    ];
  },
  Slice: ({ inputs: [x], attrs: { axis, start, end }, dys: [dy] }) => {
    const only = (n: number) => x!.shape.map((_, i) => (i === axis ? n : 0));
    return [pad(dy!, only(start), only(x!.shape[axis]! - end))];
  },
  Expand: ({ inputs: [x], dys: [dy] }) => [sumTo(dy!, x!.shape)],
  Pad: ({ inputs: [x], attrs: { before }, dys: [dy] }) => [
    x!.shape.reduce((d, size, i) => slice(d, i, before[i]!, before[i]! + size), dy!),
  ],
  ReduceSum: sumBack,
  ReduceMean: ({ inputs: [x], outputs: [y], dys: [dy] }) => [
    expand(mul(dy!, numel(y!.shape) / numel(x!.shape)), x!.shape),
  ],
  // y = softmax(x): dx = y (dy - sum(dy y))
  Softmax: pointwise((dy, _x, y) => mul(y, sub(dy, reduceSum(mul(dy, y), [-1])))),
  LayerNormalization: layerNormGradients,
  MultiHeadAttention: attentionGradients,
  MaxPool: maxPoolGradient,
  AveragePool: pointwise((dy) => mul(upsampleNearest2x(dy), 0.25)),
  Resize: pointwise((dy) => mul(averagePool2x2(dy), 4)),
  Gather: 'none',
  // The only place where a cotangent changes its type.
  Cast: ({ inputs: [x], dys: [dy], carry }) => [carry(dy!, floatType(x!))],
  // stopGradient: the reverse pass never walks through it
  Identity: 'none',
};
