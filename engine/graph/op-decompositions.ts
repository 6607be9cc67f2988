/**
 * Plain forms: what an op that onnxruntime has a fused kernel for stands for, in ops that every device has.
 * Emitted in its place on devices where the kernel is wrong or missing, as the device's self-check found
 * (runtime/self-check.ts).
 */
import type { OpAttrs } from './op-set.js';
import {
  add,
  castLike,
  concat,
  div,
  erf,
  floor,
  fromHeads,
  matmul,
  mul,
  reduceMean,
  reshape,
  sigmoid,
  slice,
  sqrt,
  square,
  sub,
  swapLast,
  toHeads,
  wide,
  wideSoftmax,
} from './ops.js';
import type { Value } from './value.js';

type OpDecomposition<K extends keyof OpAttrs> = (
  inputs: readonly Value[],
  attrs: OpAttrs[K],
) => readonly Value[];

/** Elements of one score tensor (64 MiB of fp32): devices bound what one buffer may hold. */
const SCORES_AT_ONCE = 1 << 24;

/** Results of `f` on x's slices of at most `size` along `axis`, joined along it. */
function inSlices(x: Value, axis: number, size: number, f: (part: Value, start: number) => Value): Value {
  const parts: Value[] = [];
  const total = x.shape[axis]!;
  for (let at = 0; at < total; at += size) parts.push(f(slice(x, axis, at, Math.min(total, at + size)), at));
  return parts.length === 1 ? parts[0]! : concat(parts, axis);
}

/**
 * softmax(q k' / sqrt(d)) v, all heads at once while their scores are small, else head by head, and by
 * queries.
 */
export function decomposedAttention(
  [q0, k0, v0]: readonly Value[],
  { heads }: OpAttrs['MultiHeadAttention'],
  atOnce = SCORES_AT_ONCE,
): Value {
  const [n, t, c] = q0!.shape as [number, number, number];
  const s = k0!.shape[1]!;
  const rows = (x: Value) => reshape(toHeads(x, heads), [n * heads, x.shape[1]!, c / heads]);
  const [q, k, v] = [mul(rows(q0!), 1 / Math.sqrt(c / heads)), swapLast(rows(k0!)), rows(v0!)];
  const mixed = inSlices(q, 0, Math.max(1, Math.floor(atOnce / (t * s))), (qh, at) => {
    const own = (x: Value) => slice(x, 0, at, at + qh.shape[0]!);
    const [kh, vh] = [own(k), own(v)];
    const queries = Math.max(1, Math.floor(atOnce / (qh.shape[0]! * s)));
    return inSlices(qh, 1, queries, (part) => matmul(castLike(wideSoftmax(matmul(part, kh)), vh), vh));
  });
  return fromHeads(reshape(mixed, [n, heads, t, c / heads]));
}

/**
 * 2 pi in two parts, the first of eight bits, so that its products with whole numbers up to 2^16 are exact
 * (Cody and Waite).
 */
const [TWO_PI_HIGH, TWO_PI_LOW] = [6.28125, 2 * Math.PI - 6.28125];

/** x less the whole turns in it: within [-pi, pi]. */
function lessTurns(x: Value): Value {
  const turns = floor(add(mul(x, 1 / (2 * Math.PI)), 0.5));
  return sub(sub(x, mul(turns, TWO_PI_HIGH)), mul(turns, TWO_PI_LOW));
}

/** Power of the last term but one; at pi what is left out is below 1e-8. */
const LAST = 18;

/**
 * Taylor's series in s = x^2 by Horner's rule: 1 - s/(k (k+1)) (1 - s/((k+2)(k+3)) (1 - ...)). From k = 1 it
 * is cos(x), from k = 2 sin(x) / x.
 */
function series(s: Value, k: 1 | 2): Value {
  const term = (n: number, rest?: Value) => {
    const factor = mul(s, 1 / ((n + k) * (n + k + 1)));
    return sub(1, rest ? mul(factor, rest) : factor);
  };
  let sum = term(LAST);
  for (let n = LAST - 2; n >= 0; n -= 2) sum = term(n, sum);
  return sum;
}

export const opDecompositions = {
  MultiHeadAttention: (inputs, attrs) => [decomposedAttention(inputs, attrs)],
  // Devices may be off by 2^-11 even within [-pi, pi], and by more outside; a timestep's embedding goes up to
  // 1000.
  Sin: ([x]) => {
    const r = lessTurns(x!);
    return [mul(r, series(square(r), 2))];
  },
  Cos: ([x]) => [series(square(lessTurns(x!)), 1)],
  QuickGelu: ([x], { alpha }) => [mul(x!, sigmoid(mul(x!, alpha)))],
  // x Phi(x)
  Gelu: ([x]) => [mul(mul(x!, 0.5), add(erf(mul(x!, Math.SQRT1_2)), 1))],
  LayerNormalization: ([x, gamma, beta], { epsilon }) => {
    const mean = reduceMean(wide(x!), [-1]);
    const off = sub(wide(x!), mean);
    const r = div(1, sqrt(add(reduceMean(square(off), [-1]), epsilon)));
    const y = mul(castLike(mul(off, r), x!), gamma!);
    return [beta ? add(y, beta) : y, mean, r];
  },
} satisfies { readonly [K in keyof OpAttrs]?: OpDecomposition<K> };

/** Ops with a fused kernel that a device may have wrong. */
export type FusedOp = keyof typeof opDecompositions;

export const fusedOps = Object.keys(opDecompositions) as FusedOp[];
