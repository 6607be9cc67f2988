/**
 * Gradients of Y = Conv(X, W) + b, X [N,C,H,W], W [O,C,kh,kw], strides s, pads p, dilations 1.
 *   Y[n,o,i] = sum_{c,k} X[n,c, s i + k - p] W[o,c,k]
 * dX: every Y[i] hands its share back to X[s i + k - p]: a ConvTranspose with the very same weight and
 *     attributes; output_padding adds the rows that the forward stride never reached.
 * dW[o,c,k] = sum_{n,i} X[n,c, s i + k - p] dY[n,o,i]: a Conv of X by dY with N and C swapped, where dY is
 *     the kernel and the forward stride its dilation; rows past kh are positions the forward never used, and
 *     are cropped.
 */
import type { Cotangents } from '../cotangents.js';
import type { ConvAttrs } from '../op-set.js';
import { castLike, reduceSum, slice, transpose, wide } from '../ops.js';
import type { Value } from '../value.js';

/** Of x, w and, where there is one, b; undefined where it is not needed. */
export function conv2dGradients({ inputs: [x, w, b], attrs, dys: [dy], needs }: Cotangents<'Conv'>) {
  return [
    needs[0] ? inputGradient(dy!, w!, x!, attrs) : undefined,
    needs[1] ? weightGradient(dy!, w!, x!, attrs) : undefined,
    b && needs[2] ? castLike(reduceSum(wide(dy!), [0, 2, 3], false), b) : undefined,
  ];
}

function inputGradient(dy: Value, w: Value, x: Value, { strides, pads, dilations }: ConvAttrs): Value {
  const unreached = (axis: 0 | 1) => {
    const span = dilations[axis] * (w.shape[2 + axis]! - 1);
    const reached = (dy.shape[2 + axis]! - 1) * strides[axis] + span + 1 - pads[axis] - pads[axis + 2]!;
    return x.shape[2 + axis]! - reached;
  };
  const outputPadding: [number, number] = [unreached(0), unreached(1)];
  return dy.graph.op('ConvTranspose', [dy, w], { strides, pads, dilations, outputPadding });
}

function weightGradient(dy: Value, w: Value, x: Value, { strides, pads, dilations }: ConvAttrs): Value {
  const [, , kh, kw] = w.shape as [number, number, number, number];
  const swap = (v: Value) => transpose(v, [1, 0, 2, 3]);
  const all = x.graph.op('Conv', [swap(x), swap(dy)], { strides: dilations, pads, dilations: strides });
  return swap(slice(slice(all, 2, 0, kh), 3, 0, kw));
}
