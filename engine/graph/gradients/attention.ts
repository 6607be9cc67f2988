/**
 * Gradients of O = P V, P = softmax(s Q K'), s = 1 / sqrt(d), by heads. P is computed again rather than kept:
 *   dV = P' dO,  dP = dO V',  dS = P (dP - D) with D = sum(dO O) a row,  dQ = s dS K,  dK = s dS' Q.
 * All heads go at once while the scores stay small; beyond that head by head, each head's three gradients joined into
 * ONE tensor at once, so that no score matrix outlives its head.
 */
import type { Cotangents } from '../gradient-rules.js';
import {
  castLike,
  concat,
  fromHeads,
  matmul,
  mul,
  reduceSum,
  slice,
  split,
  sub,
  swapLast,
  toHeads,
  wide,
  wideSoftmax,
} from '../ops.js';
import type { Value } from '../value.js';

/** Elements of one score tensor above which heads are taken one by one (64 MiB of fp32). */
const SCORES_AT_ONCE = 1 << 24;

export function attentionGradients(
  {
    inputs: [q0, k0, v0],
    outputs: [o0],
    attrs: { heads },
    dys: [dy],
  }: Omit<Cotangents<'MultiHeadAttention'>, 'carry'>,
  atOnce = SCORES_AT_ONCE,
) {
  const [n, t, c] = q0!.shape as [number, number, number];
  const s = k0!.shape[1]!;
  const scale = 1 / Math.sqrt(c / heads);
  const q = mul(toHeads(q0!, heads), scale);
  const [k, v, o, d_o] = [k0!, v0!, o0!, dy!].map((x) => toHeads(x, heads)) as [Value, Value, Value, Value];
  const rowSum = reduceSum(mul(wide(d_o), wide(o)), [-1]);

  const gradients = (pick: (x: Value) => Value) => {
    const [qh, kh, vh, dh] = [pick(q), pick(k), pick(v), pick(d_o)];
    const p = wideSoftmax(matmul(qh, swapLast(kh)));
    const ds = castLike(mul(p, sub(wide(matmul(dh, swapLast(vh))), pick(rowSum))), q);
    return [
      mul(matmul(ds, kh), scale),
      matmul(swapLast(ds), qh),
      matmul(swapLast(castLike(p, q)), dh),
    ] as const;
  };

  if (n * heads * t * s <= atOnce) return gradients((x) => x).map(fromHeads);
  const joined = Array.from({ length: heads }, (_, h) =>
    concat(
      gradients((x) => slice(x, 1, h, h + 1)),
      2,
    ),
  );
  return split(concat(joined, 1), [t, s, s], 2).map(fromHeads);
}
