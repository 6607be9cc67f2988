/**
 * The four layers with weights. Each takes its scope first, reads `weight` and `bias` below it, and adds the
 * low-rank part that the scope's adapter has for it, which is float32 whatever the layer is. Images are
 * [N,C,H,W], tokens [N,T,C].
 */
import * as ops from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { mergedWeight } from './lora.js';
import type { Scope } from './scope.js';

const plus = (y: Value, lowRank: Value): Value => ops.add(y, ops.castLike(lowRank, y));

/** x [..., in] -> [..., out]. */
export const linear = (scope: Scope, x: Value, out: number, options?: { bias?: boolean }): Value =>
  linearParts(scope, x, [out], options)[0]!;

/**
 * One linear layer whose result comes in parts, x [..., in] -> [..., size] for each of `sizes`, which nothing
 * has to split.
 */
export function linearParts(scope: Scope, x: Value, sizes: readonly number[], { bias = true } = {}): Value[] {
  const out = sizes.reduce((sum, size) => sum + size, 0);
  const inner = x.shape.at(-1)!;
  const weight = scope.weight('weight', [out, inner]);
  const offset = bias ? scope.weight('bias', [out]) : undefined;
  const part = scope.lowRank(weight);
  let end = 0;
  return sizes.map((size) => {
    const start = end;
    end += size;
    const own = (v: Value) => ops.rows(v, start, end);
    const b = offset && own(offset);
    const other = scope.product('weight', { start, end, inner });
    const usual = () => ops.linear(x, own(weight), b);
    const product = () => (other ? other(x, b, usual) : usual());
    if (!part) return product();
    const loraB = own(flat(part.loraB));
    const loraA = flat(part.loraA);
    // What a sum with the low-rank part would be in int8 was not made, and not measured.
    if (part.form === 'merged' && !other)
      return ops.linear(x, mergedWeight(own(weight), { ...part, loraA, loraB }), b);
    return plus(product(), ops.linear(ops.linear(ops.wide(x), loraA), loraB));
  });
}

/** A matrix of a 1x1 convolution's adapter as that of a linear layer: the same bytes. */
const flat = (matrix: Value): Value => ops.reshape(matrix, matrix.shape.slice(0, 2));

export interface ConvLayer extends ops.ConvOptions {
  /** Channels of the result. */
  readonly out: number;
  /** Its side. */
  readonly kernel: 1 | 3;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * x [N,C,H,W] -> [N,out,H',W'], square kernel; padding defaults to half the kernel, which keeps the size at
 * stride 1.
 */
export function conv(
  scope: Scope,
  x: Value,
  { out, kernel, bias: biased = true, ...given }: ConvLayer,
): Value {
  const options = { padding: (kernel - 1) / 2, ...given };
  const weight = scope.weight('weight', [out, x.shape[1]!, kernel, kernel]);
  const bias = biased ? scope.weight('bias', [out]) : undefined;
  const part = scope.lowRank(weight);
  if (part?.form === 'merged') return ops.conv2d(x, mergedWeight(weight, part), bias, options);
  const y = ops.conv2d(x, weight, bias, options);
  return part ? plus(y, ops.conv2d(ops.conv2d(ops.wide(x), part.loraA, undefined, options), part.loraB)) : y;
}

/** x [N,C,H,W], normed over each of `groups` of channels. */
export function groupNorm(scope: Scope, x: Value, groups: number, epsilon: number): Value {
  const channels = [x.shape[1]!];
  return ops.groupNorm(x, groups, scope.weight('weight', channels), scope.weight('bias', channels), epsilon);
}

/** x [..., C], normed over the last axis. */
export function layerNorm(scope: Scope, x: Value, epsilon: number): Value {
  const channels = [x.shape.at(-1)!];
  return ops.layerNorm(x, scope.weight('weight', channels), scope.weight('bias', channels), epsilon);
}
