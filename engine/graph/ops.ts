/**
 * The language models are written in: free functions over values, thin over nodes where an op exists,
 * composed where it does not. A bare number stands for a scalar of the other operand's type; binary ops
 * broadcast as numpy does.
 */
import type { Graph } from './graph.js';
import type { BinaryOp, ConvAttrs, OpAttrs, UnaryOp } from './op-set.js';
import { normalAxes } from './shape-rules.js';
import {
  axisOf,
  type FloatType,
  isFloat,
  numel,
  type Shape,
  sameShape,
  type Value,
  weightRows,
} from './value.js';

export type Operand = Value | number;

function graphOf(...xs: readonly Operand[]): Graph {
  for (const x of xs) if (typeof x !== 'number') return x.graph;
  throw new Error('an op needs at least one graph value');
}

/** Numbers become scalars of the type that the other operands have. */
function lifted(g: Graph, ...xs: readonly Operand[]): Value[] {
  const half = xs.some((x) => typeof x !== 'number' && x.dtype === 'float16');
  return xs.map((x) => (typeof x === 'number' ? g.constant(x, [], half ? 'float16' : 'float32') : x));
}

const binary =
  (op: BinaryOp) =>
  (a: Operand, b: Operand): Value => {
    const g = graphOf(a, b);
    return g.op(op, lifted(g, a, b), {});
  };

const unary =
  (op: UnaryOp) =>
  (x: Value): Value =>
    x.graph.op(op, [x], {});

export const add = binary('Add');
export const sub = binary('Sub');
export const mul = binary('Mul');
export const div = binary('Div');
export const maximum = binary('Max');
export const minimum = binary('Min');
export const greater = binary('Greater');
export const equal = binary('Equal');

export const neg = unary('Neg');
export const exp = unary('Exp');
export const log = unary('Log');
export const sqrt = unary('Sqrt');
export const reciprocal = unary('Reciprocal');
export const abs = unary('Abs');
export const sin = unary('Sin');
export const cos = unary('Cos');
export const floor = unary('Floor');
export const erf = unary('Erf');
export const sigmoid = unary('Sigmoid');
export const softplus = unary('Softplus');
export const relu = unary('Relu');
export const sign = unary('Sign');
/** Gaussian error linear unit, exact (erf). */
export const gelu = unary('Gelu');
/** Over the last axis. */
export const softmax = unary('Softmax');
/** Same value; gradients stop here. */
export const stopGradient = unary('Identity');
/** [N,C,H,W] -> [N,C,2H,2W], nearest neighbour. */
export const upsampleNearest2x = unary('Resize');
/** [N,C,H,W] -> [N,C,H/2,W/2], mean of each 2x2 window. */
export const averagePool2x2 = unary('AveragePool');

export const square = (x: Value): Value => mul(x, x);

/** x sigmoid(x). */
export const silu = (x: Value): Value => x.graph.op('QuickGelu', [x], { alpha: 1 });
/** CLIP's x * sigmoid(1.702 x). */
export const quickGelu = (x: Value): Value => x.graph.op('QuickGelu', [x], { alpha: 1.702 });

/** log sigmoid(x), without overflow. */
export const logSigmoid = (x: Value): Value => neg(softplus(neg(x)));

/** x within [lo, hi]. */
export const clip = (x: Value, lo: number, hi: number): Value => minimum(maximum(x, lo), hi);
export const cast = (x: Value, to: OpAttrs['Cast']['to']): Value =>
  x.dtype === to ? x : x.graph.op('Cast', [x], { to });
/** In float32: where float16 would overflow, or lose a sum's smaller terms. */
export const wide = (x: Value): Value => cast(x, 'float32');
/** In the type of `like`, either of the two that are computed in. */
export const castLike = (x: Value, like: Value): Value => cast(x, floatType(like));

/** Errors: anything but a float. */
export function floatType({ dtype }: Value): FloatType {
  if (!isFloat(dtype)) throw new Error(`${dtype} is not computed with`);
  return dtype;
}

/** a where `condition` (bool) holds, else b; all are broadcast. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const g = condition.graph;
  return g.op('Where', [condition, ...lifted(g, a, b)], {});
}

// --- shape ---

export const reshape = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : x.graph.op('Reshape', [x], { shape: [...shape] });

export const transpose = (x: Value, perm: readonly number[]): Value =>
  perm.every((p, i) => p === i) ? x : x.graph.op('Transpose', [x], { perm: [...perm] });

/** [..., A, B] -> [..., B, A]. */
export const swapLast = (x: Value): Value => {
  const perm = x.shape.map((_, i) => i);
  return transpose(x, [...perm.slice(0, -2), x.rank - 1, x.rank - 2]);
};

export function concat(xs: readonly Value[], axis: number): Value {
  const [first] = xs;
  if (!first) throw new Error('concat needs at least one value');
  return xs.length === 1 ? first : first.graph.op('Concat', xs, { axis: axisOf(axis, first.rank) });
}

export const split = (x: Value, sizes: readonly number[], axis: number): readonly Value[] =>
  x.graph.node('Split', [x], { axis: axisOf(axis, x.rank), sizes: [...sizes] }).outputs;

/** Elements [start, end) along `axis`. */
export const slice = (x: Value, axis: number, start: number, end: number): Value => {
  const at = axisOf(axis, x.rank);
  return start === 0 && end === x.shape[at] ? x : x.graph.op('Slice', [x], { axis: at, start, end });
};

/**
 * Rows [start, end) along the first axis; of a weight that lies in a file those bytes of it, which copies
 * nothing.
 */
export function rows(x: Value, start: number, end: number): Value {
  const { source } = x;
  const raw = source.kind === 'node' && source.node.op === 'Cast' ? source.node.inputs[0]!.source : source;
  const count = x.shape[0]!;
  if (raw.kind !== 'weight' || (start === 0 && end === count)) return slice(x, 0, start, end);
  return x.graph.weight(weightRows(raw.weight, start, end), floatType(x));
}

/** x repeated along its axes of one element. */
export const expand = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : x.graph.op('Expand', [x], { shape: [...shape] });

/** x with before[i] zeros before and after[i] after it on axis i. */
export const pad = (x: Value, before: readonly number[], after: readonly number[]): Value =>
  [...before, ...after].every((p) => p === 0)
    ? x
    : x.graph.op('Pad', [x], { before: [...before], after: [...after] });

// --- reductions ---

const reduction =
  (op: 'ReduceSum' | 'ReduceMean') =>
  (x: Value, axes: readonly number[] = x.shape.map((_, i) => i), keep = true): Value => {
    const over = normalAxes(axes, x.rank);
    const y = over.length === 0 ? x : x.graph.op(op, [x], { axes: over });
    return keep
      ? y
      : reshape(
          y,
          x.shape.filter((_, i) => !over.includes(i)),
        );
  };

export const reduceSum = reduction('ReduceSum');
export const reduceMean = reduction('ReduceMean');

/**
 * Sums `x` down to `shape`: the transpose of broadcasting `shape` to x's. The sum itself is formed in
 * float32.
 */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.rank - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []));
  return reshape(castLike(reduceSum(wide(x), axes), x), shape);
}

// --- linear algebra ---

export const matmul = (a: Value, b: Value): Value => a.graph.op('MatMul', [a, b], {});

/**
 * x [..., in] times weight [out, in] transposed, plus bias [out]: Gemm on the raw weight, nothing is copied.
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const [out, inner] = weight.shape as [number, number];
  const rows = reshape(x, [numel(x.shape) / inner, inner]);
  const y = x.graph.op('Gemm', bias ? [rows, weight, bias] : [rows, weight], { transA: false, transB: true });
  return reshape(y, [...x.shape.slice(0, -1), out]);
}

/** A linear layer's weight in whole steps: `steps` [in, out] in int8, each column's step in `scale` [out]. */
export interface Int8Weight {
  readonly steps: Value;
  readonly scale: Value;
}

/** As `linear`, in products of integers; x is rounded to 256 steps between its extremes. No gradient. */
export function int8Linear(x: Value, { steps, scale }: Int8Weight, bias?: Value): Value {
  const [inner, out] = steps.shape as [number, number];
  const rows = reshape(x, [numel(x.shape) / inner, inner]);
  const operands = bias ? [rows, steps, scale, bias] : [rows, steps, scale];
  return reshape(x.graph.op('DynamicQuantizeMatMul', operands, {}), [...x.shape.slice(0, -1), out]);
}

export interface ConvOptions {
  stride?: number;
  /** One number for all sides, or [top, left, bottom, right]. */
  padding?: number | readonly [number, number, number, number];
}

/** x [N,C,H,W], weight [O,C,kh,kw], bias [O] -> [N,O,oh,ow]. */
export function conv2d(
  x: Value,
  weight: Value,
  bias?: Value,
  { stride = 1, padding = 0 }: ConvOptions = {},
): Value {
  const attrs: ConvAttrs = {
    strides: [stride, stride],
    pads: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
    dilations: [1, 1],
  };
  return x.graph.op('Conv', bias ? [x, weight, bias] : [x, weight], attrs);
}

// --- networks ---

export const layerNorm = (x: Value, gamma: Value, beta: Value, epsilon = 1e-5): Value =>
  x.graph.op('LayerNormalization', [x, gamma, beta], { epsilon });

/**
 * x [N,C,H,W]; statistics over each of `groups` groups of channels: LayerNormalization of [N, groups, rest],
 * then affine.
 */
export function groupNorm(x: Value, groups: number, gamma: Value, beta: Value, epsilon = 1e-5): Value {
  const [n, c] = x.shape as [number, number];
  const size = numel(x.shape) / (n * groups);
  const ones = x.graph.constant(new Float32Array(size).fill(1), [size], floatType(x));
  const normal = x.graph.op('LayerNormalization', [reshape(x, [n, groups, size]), ones], { epsilon });
  const perChannel = [1, c, ...x.shape.slice(2).map(() => 1)];
  return add(mul(reshape(normal, x.shape), reshape(gamma, perChannel)), reshape(beta, perChannel));
}

/** [N,T,C] -> [N,heads,T,C/heads]. */
export const toHeads = (x: Value, heads: number): Value => {
  const [n, t, c] = x.shape as [number, number, number];
  return transpose(reshape(x, [n, t, heads, c / heads]), [0, 2, 1, 3]);
};

/** [N,heads,T,d] -> [N,T,heads*d]. */
export const fromHeads = (x: Value): Value => {
  const [n, h, t, d] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [n, t, h * d]);
};

/** Over the last axis, in float32 whatever x is: sums of many small shares. */
export const wideSoftmax = (x: Value): Value => softmax(wide(x));

/**
 * softmax(q k' / sqrt(d)) v by heads. q [N,T,C], k and v [N,S,C] -> [N,T,C]; `causal` hides later positions.
 */
export function attention(
  q: Value,
  k: Value,
  v: Value,
  { heads, causal = false }: { heads: number; causal?: boolean },
): Value {
  if (!causal) return q.graph.op('MultiHeadAttention', [q, k, v], { heads });
  const t = q.shape[1]!;
  const mask = Float32Array.from({ length: t * t }, (_, i) => (i % t > Math.floor(i / t) ? -1e9 : 0));
  const scores = mul(
    matmul(toHeads(q, heads), swapLast(toHeads(k, heads))),
    1 / Math.sqrt(q.shape[2]! / heads),
  );
  const weights = wideSoftmax(add(wide(scores), q.graph.constant(mask, [t, t])));
  return fromHeads(matmul(castLike(weights, v), toHeads(v, heads)));
}

/** [N,C,H,W] -> [N,C,H/2,W/2], largest of each 2x2 window. */
export const maxPool2x2 = (x: Value): Value => x.graph.op('MaxPool', [x], {});

/** Rows of table [V, ...] at int64 ids [...]. */
export const gather = (table: Value, ids: Value): Value => table.graph.op('Gather', [table, ids], {});

/** a.b / (max(|a|, eps) max(|b|, eps)) over `axis`, which stays with size 1. */
export function cosineSimilarity(a: Value, b: Value, axis = -1, epsilon = 1e-8): Value {
  const length = (x: Value) => maximum(sqrt(reduceSum(square(x), [axis])), epsilon);
  return div(reduceSum(mul(a, b), [axis]), mul(length(a), length(b)));
}
