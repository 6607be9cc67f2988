/**
 * The four layers with weights. Each takes its scope first, reads `weight` and `bias` below it, and adds the low-rank
 * part that the scope's adapter has for it, which is float32 whatever the layer is. Images are [N,C,H,W], tokens [N,T,C].
 */
import * as ops from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { mergedWeight } from './lora.js';
import type { Scope } from './scope.js';

const plus = (y: Value, lowRank: Value): Value => ops.add(y, ops.castLike(lowRank, y));

/** x [..., in] -> [..., out]. */
export function linear(scope: Scope, x: Value, out: number, { bias = true } = {}): Value {
  const weight = scope.weight('weight', [out, x.shape.at(-1)!]);
  const offset = bias ? scope.weight('bias', [out]) : undefined;
  const part = scope.lowRank(weight);
  if (part?.form === 'merged') return ops.linear(x, mergedWeight(weight, part), offset);
  const y = ops.linear(x, weight, offset);
  return part ? plus(y, ops.linear(ops.linear(ops.wide(x), part.down), part.up)) : y;
}

/** x [N,C,H,W] -> [N,out,H',W'], square kernel; padding defaults to half the kernel, which keeps the size at stride 1. */
export function conv(
  scope: Scope,
  x: Value,
  out: number,
  kernel: 1 | 3,
  options: ops.ConvOptions = { padding: (kernel - 1) / 2 },
): Value {
  const weight = scope.weight('weight', [out, x.shape[1]!, kernel, kernel]);
  const bias = scope.weight('bias', [out]);
  const part = scope.lowRank(weight);
  if (part?.form === 'merged') return ops.conv2d(x, mergedWeight(weight, part), bias, options);
  const y = ops.conv2d(x, weight, bias, options);
  return part ? plus(y, ops.conv2d(ops.conv2d(ops.wide(x), part.down, undefined, options), part.up)) : y;
}

export function groupNorm(scope: Scope, x: Value, groups: number, epsilon: number): Value {
  const channels = [x.shape[1]!];
  return ops.groupNorm(x, groups, scope.weight('weight', channels), scope.weight('bias', channels), epsilon);
}

export function layerNorm(scope: Scope, x: Value, epsilon: number): Value {
  const channels = [x.shape.at(-1)!];
  return ops.layerNorm(x, scope.weight('weight', channels), scope.weight('bias', channels), epsilon);
}
