/**
 * Shape rules: operand types -> result types, one row per op, total over OpAttrs. A rule throws on operands
 * that do not fit, naming both shapes: a graph that was built is a graph whose shapes agree.
 */
import type { OpAttrs, OpName } from './op-set.js';
import { axisOf, type DType, numel, type Shape, sameShape, type TensorType } from './value.js';

type ShapeRule<K extends OpName> = (inputs: readonly TensorType[], attrs: OpAttrs[K]) => TensorType[];

const type = (dtype: DType, shape: Shape): TensorType[] => [{ dtype, shape }];
const show = (t: TensorType): string => `${t.dtype}[${t.shape.join(',')}]`;

function check(ok: boolean, op: string, ...inputs: readonly TensorType[]): void {
  if (!ok) throw new Error(`${op}: operands do not fit: ${inputs.map(show).join(' and ')}`);
}

/** numpy broadcasting: aligned from the right, 1 stretches. */
export function broadcast(a: Shape, b: Shape, op = 'broadcast'): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`${op}: cannot broadcast [${a}] with [${b}]`);
    return x === 1 ? y : x;
  });
}

const same = ([x]: readonly TensorType[]): TensorType[] => type(x!.dtype, x!.shape);

const binary =
  (op: string, to?: DType) =>
  ([a, b]: readonly TensorType[]): TensorType[] => {
    check(a!.dtype === b!.dtype, op, a!, b!);
    return type(to ?? a!.dtype, broadcast(a!.shape, b!.shape, op));
  };

const reduce = ([x]: readonly TensorType[], { axes }: { axes: readonly number[] }): TensorType[] =>
  type(
    x!.dtype,
    x!.shape.map((d, i) => (axes.includes(i) ? 1 : d)),
  );

const windows2 = (op: string, x: TensorType): Shape => {
  check(x.shape.length === 4, op, x);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return [n, c, Math.floor(h / 2), Math.floor(w / 2)];
};

export const shapeRules: { readonly [K in OpName]: ShapeRule<K> } = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  Max: binary('Max'),
  Min: binary('Min'),
  Neg: same,
  Exp: same,
  Log: same,
  Sqrt: same,
  Reciprocal: same,
  Abs: same,
  Sin: same,
  Cos: same,
  Floor: same,
  Erf: same,
  Sigmoid: same,
  Softplus: same,
  Relu: same,
  Gelu: same,
  QuickGelu: same,
  Sign: same,
  Greater: binary('Greater', 'bool'),
  Equal: binary('Equal', 'bool'),
  Where: ([c, a, b]) => {
    check(c!.dtype === 'bool' && a!.dtype === b!.dtype, 'Where', c!, a!, b!);
    return type(a!.dtype, broadcast(c!.shape, broadcast(a!.shape, b!.shape, 'Where'), 'Where'));
  },
  MatMul: ([a, b]) => {
    const [m, k] = a!.shape.slice(-2);
    const [k2, n] = b!.shape.slice(-2);
    check(a!.shape.length >= 2 && b!.shape.length >= 2 && k === k2, 'MatMul', a!, b!);
    return type(a!.dtype, [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2), 'MatMul'), m!, n!]);
  },
  Gemm: ([a, b, c], { transA, transB }) => {
    check(a!.shape.length === 2 && b!.shape.length === 2, 'Gemm', a!, b!);
    const [m, k] = transA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!];
    const [k2, n] = transB ? [b!.shape[1]!, b!.shape[0]!] : [b!.shape[0]!, b!.shape[1]!];
    check(k === k2, 'Gemm', a!, b!);
    if (c) check(sameShape(broadcast(c.shape, [m, n], 'Gemm'), [m, n]), 'Gemm', a!, b!, c);
    return type(a!.dtype, [m, n]);
  },
  DynamicQuantizeMatMul: ([x, q, scale, bias]) => {
    const [m, k] = x!.shape;
    const [k2, n] = q!.shape;
    const ranks = x!.shape.length === 2 && q!.shape.length === 2 && q!.dtype === 'int8';
    check(ranks && k === k2 && x!.dtype === 'float32', 'DynamicQuantizeMatMul', x!, q!);
    for (const row of bias ? [scale!, bias] : [scale!])
      check(sameShape(row.shape, [n!]), 'DynamicQuantizeMatMul', q!, row);
    return type('float32', [m!, n!]);
  },
  Conv: ([x, w, b], { strides, pads, dilations }) => {
    check(x!.shape.length === 4 && w!.shape.length === 4 && x!.shape[1] === w!.shape[1], 'Conv', x!, w!);
    if (b) check(sameShape(b.shape, [w!.shape[0]!]), 'Conv', w!, b);
    const side = (axis: 0 | 1) => {
      const span = dilations[axis] * (w!.shape[2 + axis]! - 1) + 1;
      return Math.floor((x!.shape[2 + axis]! + pads[axis] + pads[axis + 2]! - span) / strides[axis]) + 1;
    };
    const [oh, ow] = [side(0), side(1)];
    check(oh > 0 && ow > 0, 'Conv', x!, w!);
    return type(x!.dtype, [x!.shape[0]!, w!.shape[0]!, oh, ow]);
  },
  ConvTranspose: ([x, w], { strides, pads, dilations, outputPadding }) => {
    check(x!.shape[1] === w!.shape[0], 'ConvTranspose', x!, w!);
    const side = (axis: 0 | 1) =>
      (x!.shape[2 + axis]! - 1) * strides[axis] +
      dilations[axis] * (w!.shape[2 + axis]! - 1) +
      1 +
      outputPadding[axis] -
      pads[axis] -
      pads[axis + 2]!;
    return type(x!.dtype, [x!.shape[0]!, w!.shape[1]!, side(0), side(1)]);
  },
  Reshape: ([x], { shape }) => {
    check(numel(x!.shape) === numel(shape), 'Reshape', x!, { dtype: x!.dtype, shape });
    return type(x!.dtype, shape);
  },
  Transpose: ([x], { perm }) => {
    check(
      [...perm].sort((a, b) => a - b).every((p, i) => p === i),
      'Transpose',
      x!,
    );
    check(perm.length === x!.shape.length, 'Transpose', x!);
    return type(
      x!.dtype,
      perm.map((p) => x!.shape[p]!),
    );
  },
  Concat: (inputs, { axis }) => {
    const [first] = inputs;
    for (const x of inputs) {
      const fits = x.shape.length === first!.shape.length && x.dtype === first!.dtype;
      check(fits && x.shape.every((d, i) => i === axis || d === first!.shape[i]), 'Concat', first!, x);
    }
    const total = inputs.reduce((n, x) => n + x.shape[axis]!, 0);
    return type(
      first!.dtype,
      first!.shape.map((d, i) => (i === axis ? total : d)),
    );
  },
  Split: ([x], { axis, sizes }) => {
    check(sizes.reduce((n, s) => n + s, 0) === x!.shape[axis], 'Split', x!);
    return sizes.map((size) => ({
      dtype: x!.dtype,
      shape: x!.shape.map((d, i) => (i === axis ? size : d)),
    }));
  },
  Slice: ([x], { axis, start, end }) => {
    check(0 <= start && start <= end && end <= x!.shape[axis]!, 'Slice', x!);
    return type(
      x!.dtype,
      x!.shape.map((d, i) => (i === axis ? end - start : d)),
    );
  },
  Expand: ([x], { shape }) => {
    check(sameShape(broadcast(x!.shape, shape, 'Expand'), shape), 'Expand', x!, { dtype: x!.dtype, shape });
    return type(x!.dtype, shape);
  },
  Pad: ([x], { before, after }) =>
    type(
      x!.dtype,
      x!.shape.map((d, i) => d + before[i]! + after[i]!),
    ),
  ReduceSum: reduce,
  ReduceMean: reduce,
  Softmax: same,
  LayerNormalization: ([x, gamma, beta]) => {
    const last = x!.shape.slice(-1);
    check(sameShape(gamma!.shape, last), 'LayerNormalization', x!, gamma!);
    if (beta) check(sameShape(beta.shape, last), 'LayerNormalization', x!, beta);
    const rows = [...x!.shape.slice(0, -1), 1];
    return [x!, ...type('float32', rows), ...type('float32', rows)];
  },
  MultiHeadAttention: ([q, k, v], { heads }) => {
    const [n, , c] = q!.shape;
    check(q!.shape.length === 3 && c! % heads === 0, 'MultiHeadAttention', q!);
    check(
      k!.shape[0] === n && k!.shape[2] === c && sameShape(k!.shape, v!.shape),
      'MultiHeadAttention',
      q!,
      k!,
      v!,
    );
    return type(q!.dtype, q!.shape);
  },
  MaxPool: ([x]) => type(x!.dtype, windows2('MaxPool', x!)),
  AveragePool: ([x]) => type(x!.dtype, windows2('AveragePool', x!)),
  Resize: ([x]) => {
    check(x!.shape.length === 4, 'Resize', x!);
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    return type(x!.dtype, [n, c, 2 * h, 2 * w]);
  },
  Gather: ([table, ids]) => {
    check(ids!.dtype === 'int64', 'Gather', table!, ids!);
    return type(table!.dtype, [...ids!.shape, ...table!.shape.slice(1)]);
  },
  Cast: ([x], { to }) => type(to, x!.shape),
  Identity: same,
};

/** Sorted, non-negative axes of a reduction. */
export const normalAxes = (axes: readonly number[], rank: number): number[] =>
  axes.map((a) => axisOf(a, rank)).sort((a, b) => a - b);
