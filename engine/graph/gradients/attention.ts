/**
 * Gradients of O = P V, P = softmax(s Q K'), s = 1 / sqrt(d), by heads. P is computed again rather than kept:
 *   dV = P' dO,  dP = dO V',  dS = P (dP - D) with D = sum(dO O) a row,  dQ = s dS K,  dK = s dS' Q.
 * dP - D is one product, [dO, -D] [V, 1]'. Scores stream through the cache in blocks: of several heads while
 * they are small, of some queries of one head while they are large. A block's scores are dead before the next
 * block's are made.
 */
import type { Cotangents } from '../cotangents.js';
import {
  add,
  castLike,
  concat,
  floatType,
  fromHeads,
  matmul,
  mul,
  neg,
  reduceSum,
  reshape,
  slice,
  split,
  swapLast,
  toHeads,
  wide,
  wideSoftmax,
} from '../ops.js';
import type { Value } from '../value.js';

export interface Block {
  /** Elements of the scores, up to which heads are taken together. */
  readonly scores: number;
  /** Queries of a head whose scores are more than that, at the least. */
  readonly queries: number;
}

/**
 * 8 MiB of fp32. Measured at 4096 tokens, 8 heads of 40 channels, 2 rows, on one Xeon core with 2 MB of L2:
 * 1.55 s, as with half of it; 1.6 s with a quarter, 1.7 s with twice as much, 2.5 s with all queries at once.
 * 512 queries keep the number of nodes bounded where there are more tokens, and from 1024 on the transposed
 * products take half as long again.
 */
const BLOCK: Block = { scores: 1 << 21, queries: 512 };

type Gradients = readonly [dq: Value, dk: Value, dv: Value];

/** q [N,T,C], k, v [N,S,C] -> their gradients; `most` bounds what a block of scores may take. */
export function attentionGradients(
  {
    inputs: [q0, k0, v0],
    outputs: [o0],
    attrs: { heads },
    dys: [dy],
  }: Omit<Cotangents<'MultiHeadAttention'>, 'carry'>,
  most = BLOCK,
): Value[] {
  const [n, t, c] = q0!.shape as [number, number, number];
  const s = k0!.shape[1]!;
  const d = c / heads;
  const scale = 1 / Math.sqrt(d);
  /** [N,T,C] -> [N heads,T,C/heads] */
  const rows = (x: Value) => reshape(toHeads(x, heads), [n * heads, x.shape[1]!, x.shape[2]! / heads]);
  const back = (x: Value) => fromHeads(reshape(x, [n, heads, x.shape[1]!, d]));

  const products = reshape(mul(wide(dy!), wide(o0!)), [n, t, heads, d]);
  const rowSum = castLike(rows(reshape(reduceSum(products, [-1]), [n, t, heads])), dy!);
  const ones = q0!.graph.constant(new Float32Array(n * heads * s).fill(1), [n * heads, s, 1], floatType(v0!));
  const operands: Operands = {
    q: mul(rows(q0!), scale),
    k: rows(k0!),
    scaledK: mul(rows(k0!), scale),
    valuesAndOnes: concat([rows(v0!), ones], 2),
    dO: rows(dy!),
    dOAndSum: concat([rows(dy!), neg(rowSum)], 2),
  };
  const groups = cut(operands, sizes(n * heads, Math.max(1, Math.floor(most.scores / (t * s)))), 0);
  const made = groups.map((group) => {
    const queries = Math.max(most.queries, Math.floor(most.scores / (group.q.shape[0]! * s)));
    return byQueries(group, sizes(t, queries));
  });
  if (made.length === 1) return made[0]!.map(back);
  // Joined in ONE tensor at once: no group waits for a gradient of another.
  const joined = concat(
    made.map((gradients) => concat(gradients, 1)),
    0,
  );
  return split(joined, [t, s, s], 1).map(back);
}

/** By heads, [heads,T,d] or [heads,S,d]; those with one column more end in -D and in ones. */
type Operands = Readonly<Record<'q' | 'k' | 'scaledK' | 'valuesAndOnes' | 'dO' | 'dOAndSum', Value>>;

function byQueries(
  { k, scaledK, valuesAndOnes, ...ofQueries }: Operands,
  parts: readonly number[],
): Gradients {
  const dqs: Value[] = [];
  let sums: readonly Value[] = [];
  for (const { q, dO, dOAndSum } of cut(ofQueries, parts, 1)) {
    // The run time takes whatever is ready: let that be no block's scores before the last block's are dead.
    const now = after(q, [...dqs.slice(-1), ...sums]);
    const p = wideSoftmax(matmul(now, swapLast(k)));
    const dv = matmul(swapLast(castLike(p, q)), dO);
    const ds = castLike(mul(p, wide(matmul(dOAndSum, swapLast(valuesAndOnes)))), q);
    const dk = matmul(swapLast(ds), q);
    dqs.push(matmul(ds, scaledK));
    sums = [dk, dv].map((x, i) => (sums[i] ? add(sums[i], x) : x));
  }
  return [concat(dqs, 1), sums[0]!, sums[1]!];
}

/** x, but not before the others, which may differ from it along axis 1. */
const after = (x: Value, others: readonly Value[]): Value =>
  concat([x, ...others.map((y) => slice(y, 1, 0, 0))], 1);

/** Sizes of the fewest equal parts of at most `most`; the last may be smaller. */
function sizes(total: number, most: number): number[] {
  const size = Math.ceil(total / Math.ceil(total / most));
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => Math.min(size, total - i * size));
}

/** Every value cut along `axis`: one record a part. */
function cut<T extends { readonly [name: string]: Value }>(
  values: T,
  parts: readonly number[],
  axis: number,
): T[] {
  if (parts.length === 1) return [values];
  const pieces = Object.entries(values).map(([name, x]) => [name, split(x, parts, axis)] as const);
  return parts.map((_, i) => Object.fromEntries(pieces.map(([name, list]) => [name, list[i]!])) as T);
}
