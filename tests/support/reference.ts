/**
 * An independent evaluator of graphs: every op as a plain float64 loop over indices, total over OpAttrs.
 * Slow, written from the ops' definitions, sharing no code with the engine's rules; the judge of gradients
 * and of the run time.
 */
import type { Graph } from '../../engine/graph/graph.js';
import type { OpAttrs, OpName } from '../../engine/graph/op-set.js';
import type { Node, Shape, Value } from '../../engine/graph/value.js';

export interface Array64 {
  shape: Shape;
  data: Float64Array;
}

const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/** Index vector of flat position i, and back. */
function unravel(i: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
const ravel = (index: readonly number[], shape: Shape) =>
  index.reduce((flat, x, axis) => flat * shape[axis] + x, 0);

/** Builds an array from a function of the index vector. */
function build(shape: Shape, f: (index: number[]) => number): Array64 {
  return { shape, data: Float64Array.from({ length: size(shape) }, (_, i) => f(unravel(i, shape))) };
}

/** Reads with broadcasting: missing leading axes are dropped, axes of size 1 are pinned. */
const at = (x: Array64, index: readonly number[]) => {
  const own = index.slice(index.length - x.shape.length).map((v, i) => (x.shape[i] === 1 ? 0 : v));
  return x.data[ravel(own, x.shape)];
};

export function erf(x: number): number {
  // Maclaurin series below 3, continued fraction above: both to double precision.
  const a = Math.abs(x);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-18; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let tail = 0;
  for (let k = 60; k > 0; k--) tail = k / 2 / (a + tail);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + tail));
}
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

type Kernel<K extends OpName> = (xs: Array64[], attrs: OpAttrs[K], node: Node<K>) => Array64[];

const map =
  (f: (x: number) => number) =>
  ([x]: Array64[]): Array64[] => [{ shape: x.shape, data: x.data.map(f) }];
const zip =
  (f: (a: number, b: number) => number) =>
  ([a, b]: Array64[], _attrs: unknown, node: Node): Array64[] => [
    build(node.outputs[0]!.shape, (i) => f(at(a, i), at(b, i))),
  ];

function conv(
  x: Array64,
  w: Array64,
  b: Array64 | undefined,
  { strides, pads, dilations }: OpAttrs['Conv'],
  out: Shape,
): Array64 {
  const [, c, h, wd] = x.shape;
  const [, , kh, kw] = w.shape;
  return build(out, ([n, o, i, j]) => {
    let sum = b ? b.data[o] : 0;
    for (let ch = 0; ch < c; ch++)
      for (let u = 0; u < kh; u++)
        for (let v = 0; v < kw; v++) {
          const y = i * strides[0] + u * dilations[0] - pads[0];
          const z = j * strides[1] + v * dilations[1] - pads[1];
          if (y >= 0 && y < h && z >= 0 && z < wd) sum += at(x, [n, ch, y, z]) * at(w, [o, ch, u, v]);
        }
    return sum;
  });
}

function convTranspose(
  x: Array64,
  w: Array64,
  { strides, pads, dilations }: OpAttrs['ConvTranspose'],
  out: Shape,
): Array64 {
  const y = build(out, () => 0);
  const [, , kh, kw] = w.shape;
  x.data.forEach((value, flat) => {
    const [n, o, i, j] = unravel(flat, x.shape);
    for (let c = 0; c < w.shape[1]; c++)
      for (let u = 0; u < kh; u++)
        for (let v = 0; v < kw; v++) {
          const a = i * strides[0] + u * dilations[0] - pads[0];
          const b = j * strides[1] + v * dilations[1] - pads[1];
          if (a >= 0 && a < out[2] && b >= 0 && b < out[3])
            y.data[ravel([n, c, a, b], out)] += value * at(w, [o, c, u, v]);
        }
  });
  return y;
}

const reduce =
  (mean: boolean) =>
  ([x]: Array64[], _attrs: unknown, node: Node): Array64[] => {
    const y = build(node.outputs[0]!.shape, () => 0);
    x.data.forEach((v, i) => {
      const index = unravel(i, x.shape).map((k, axis) => (y.shape[axis] === 1 ? 0 : k));
      y.data[ravel(index, y.shape)] += v;
    });
    const share = mean ? y.data.length / x.data.length : 1;
    return [{ shape: y.shape, data: y.data.map((v) => v * share) }];
  };

function softmaxRows(x: Array64): Array64 {
  const d = x.shape.at(-1)!;
  const data = Float64Array.from(x.data);
  for (let r = 0; r < data.length; r += d) {
    const row = data.subarray(r, r + d);
    const top = Math.max(...row);
    const total = row.reduce((s, v) => s + Math.exp(v - top), 0);
    row.forEach((v, i) => {
      row[i] = Math.exp(v - top) / total;
    });
  }
  return { shape: x.shape, data };
}

const windows = ([n, c, i, j]: number[], x: Array64) =>
  [0, 1, 2, 3].map((k) => ravel([n, c, 2 * i + (k >> 1), 2 * j + (k & 1)], x.shape));

const kernels: { [K in OpName]: Kernel<K> } = {
  Add: zip((a, b) => a + b),
  Sub: zip((a, b) => a - b),
  Mul: zip((a, b) => a * b),
  Div: zip((a, b) => a / b),
  Max: zip(Math.max),
  Min: zip(Math.min),
  Neg: map((x) => -x),
  Exp: map(Math.exp),
  Log: map(Math.log),
  Sqrt: map(Math.sqrt),
  Reciprocal: map((x) => 1 / x),
  Abs: map(Math.abs),
  Sin: map(Math.sin),
  Cos: map(Math.cos),
  Floor: map(Math.floor),
  Erf: map(erf),
  Sigmoid: map(sigmoid),
  Softplus: map((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Relu: map((x) => Math.max(x, 0)),
  Gelu: map((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
  QuickGelu: ([x], { alpha }) => map((v) => v * sigmoid(alpha * v))([x]),
  Sign: map(Math.sign),
  Greater: zip((a, b) => Number(a > b)),
  Equal: zip((a, b) => Number(a === b)),
  Where: ([c, a, b], _attrs, node) => [
    build(node.outputs[0]!.shape, (i) => (at(c, i) ? at(a, i) : at(b, i))),
  ],
  MatMul: ([a, b], _attrs, node) => [
    build(node.outputs[0]!.shape, (i) => {
      const [m, n] = i.slice(-2);
      let sum = 0;
      for (let k = 0; k < a.shape.at(-1)!; k++)
        sum += at(a, [...i.slice(0, -2), m, k]) * at(b, [...i.slice(0, -2), k, n]);
      return sum;
    }),
  ],
  Gemm: ([a, b, c], { transA, transB }, node) => [
    build(node.outputs[0]!.shape, ([m, n]) => {
      let sum = c ? at(c, [m, n]) : 0;
      for (let k = 0; k < a.shape[transA ? 0 : 1]; k++) {
        sum += at(a, transA ? [k, m] : [m, k]) * at(b, transB ? [n, k] : [k, n]);
      }
      return sum;
    }),
  ],
  DynamicQuantizeMatMul: ([x, q, scale, bias], _attrs, node) => {
    // Between the extremes, zero among them, 255 steps; zero is a whole number of them.
    const [low, high] = [Math.min(0, ...x.data), Math.max(0, ...x.data)];
    const step = (high - low) / 255;
    const zero = Math.round(-low / step);
    const steps = x.data.map((v) => Math.min(255, Math.max(0, Math.round(v / step) + zero)) - zero);
    return [
      build(node.outputs[0]!.shape, ([m, n]) => {
        let sum = 0;
        for (let k = 0; k < x.shape[1]; k++) sum += steps[m * x.shape[1] + k] * at(q, [k, n]);
        return sum * step * scale.data[n] + (bias ? bias.data[n] : 0);
      }),
    ];
  },
  Conv: ([x, w, b], attrs, node) => [conv(x, w, b, attrs, node.outputs[0]!.shape)],
  ConvTranspose: ([x, w], attrs, node) => [convTranspose(x, w, attrs, node.outputs[0]!.shape)],
  Reshape: ([x], { shape }) => [{ shape, data: x.data }],
  Transpose: ([x], { perm }, node) => [
    build(node.outputs[0]!.shape, (i) => {
      const source = new Array<number>(i.length);
      perm.forEach((p, k) => {
        source[p] = i[k];
      });
      return at(x, source);
    }),
  ],
  Concat: (xs, { axis }, node) => [
    build(node.outputs[0]!.shape, (i) => {
      let offset = i[axis];
      for (const x of xs) {
        if (offset < x.shape[axis]) return at(x, i.with(axis, offset));
        offset -= x.shape[axis];
      }
      throw new Error('out of range');
    }),
  ],
  Split: ([x], { axis, sizes }, node) =>
    node.outputs.map((y, part) => {
      const start = sizes.slice(0, part).reduce((a, b) => a + b, 0);
      return build(y.shape, (i) => at(x, i.with(axis, i[axis] + start)));
    }),
  Slice: ([x], { axis, start }, node) => [
    build(node.outputs[0]!.shape, (i) => at(x, i.with(axis, i[axis] + start))),
  ],
  Expand: ([x], { shape }) => [build(shape, (i) => at(x, i))],
  Pad: ([x], { before }, node) => [
    build(node.outputs[0]!.shape, (i) => {
      const source = i.map((v, axis) => v - before[axis]);
      return source.every((v, axis) => v >= 0 && v < x.shape[axis]) ? at(x, source) : 0;
    }),
  ],
  ReduceSum: reduce(false),
  ReduceMean: reduce(true),
  Softmax: ([x]) => [softmaxRows(x)],
  LayerNormalization: ([x, gamma, beta], { epsilon }, node) => {
    const d = x.shape.at(-1)!;
    const rowsShape = node.outputs[1]!.shape;
    const row = (r: number) => x.data.subarray(r * d, r * d + d);
    const n = size(rowsShape);
    const mean = Float64Array.from({ length: n }, (_, r) => row(r).reduce((a, b) => a + b, 0) / d);
    const inverse = Float64Array.from(
      { length: n },
      (_, r) => 1 / Math.sqrt(row(r).reduce((a, b) => a + (b - mean[r]) ** 2, 0) / d + epsilon),
    );
    const y = x.data.map((v, i) => {
      const r = Math.floor(i / d);
      return (v - mean[r]) * inverse[r] * gamma.data[i % d] + (beta ? beta.data[i % d] : 0);
    });
    return [
      { shape: x.shape, data: y },
      { shape: rowsShape, data: mean },
      { shape: rowsShape, data: inverse },
    ];
  },
  MultiHeadAttention: ([q, k, v], { heads }) => {
    const [n, t, c] = q.shape;
    const s = k.shape[1];
    const d = c / heads;
    const scores = build([n, heads, t, s], ([b, h, i, j]) => {
      let sum = 0;
      for (let e = 0; e < d; e++) sum += at(q, [b, i, h * d + e]) * at(k, [b, j, h * d + e]);
      return sum / Math.sqrt(d);
    });
    const p = softmaxRows(scores);
    return [
      build(q.shape, ([b, i, e]) => {
        let sum = 0;
        for (let j = 0; j < s; j++) sum += at(p, [b, Math.floor(e / d), i, j]) * at(v, [b, j, e]);
        return sum;
      }),
    ];
  },
  MaxPool: ([x], _attrs, node) => [
    build(node.outputs[0]!.shape, (i) => Math.max(...windows(i, x).map((k) => x.data[k]))),
  ],
  AveragePool: ([x], _attrs, node) => [
    build(node.outputs[0]!.shape, (i) => windows(i, x).reduce((sum, k) => sum + x.data[k], 0) / 4),
  ],
  Resize: ([x], _attrs, node) => [
    build(node.outputs[0]!.shape, ([n, c, i, j]) => at(x, [n, c, i >> 1, j >> 1])),
  ],
  Gather: ([table, ids], _attrs, node) => [
    build(node.outputs[0]!.shape, (i) => {
      const row = at(ids, i.slice(0, ids.shape.length));
      return at(table, [row, ...i.slice(ids.shape.length)]);
    }),
  ],
  Cast: ([x], { to }) =>
    map((v) => (to === 'bool' ? Number(v !== 0) : to === 'int64' || to === 'int8' ? Math.trunc(v) : v))([x]),
  Identity: map((x) => x),
};

/** To the nearest float16 (11 significant bits, none below 2^-24), infinite from 65520 on. */
function rounded16(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const unit = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(x))) - 10);
  const steps = x / unit;
  const down = Math.floor(steps);
  const even = steps - down === 0.5 ? down + (down & 1) : Math.round(steps);
  return Math.abs(even * unit) < 65_520 ? even * unit : Math.sign(x) * Number.POSITIVE_INFINITY;
}

/**
 * Values of all outputs of `graph` in float64; with `round`, each float16 value rounded to what float16 can
 * hold.
 */
export function evaluate(
  graph: Graph,
  feeds: Record<string, Float64Array>,
  { round = false } = {},
): Record<string, Array64> {
  const typed = (v: Value, { shape, data }: Array64): Array64 =>
    round && v.dtype === 'float16' ? { shape, data: data.map(rounded16) } : { shape, data };
  const known = new Map<Value, Array64>();
  const read = (v: Value): Array64 => {
    const { source } = v;
    if (source.kind === 'constant')
      return typed(v, { shape: v.shape, data: Float64Array.from(source.data as Float32Array, Number) });
    if (source.kind === 'input') return { shape: v.shape, data: feeds[v.name] };
    return known.get(v)!;
  };
  for (const node of graph.nodes) {
    const kernel = kernels[node.op] as Kernel<OpName>;
    kernel(node.inputs.map(read), node.attrs, node).forEach((y, i) => {
      known.set(node.outputs[i]!, typed(node.outputs[i]!, y));
    });
  }
  return Object.fromEntries([...graph.outputs].map(([name, v]) => [name, read(v)]));
}
