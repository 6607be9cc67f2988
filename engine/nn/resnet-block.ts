/**
 * The residual block of UNet and VAE, with the time embedding where there is one, and the two changes of
 * size.
 */
import { castLike, reshape, silu, upsampleNearest2x } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { conv, groupNorm, linear } from './layers.js';
import { addRepeated } from './repeat-for-guidance.js';
import type { Scope } from './scope.js';

export interface NormOptions {
  readonly groups: number;
  readonly epsilon: number;
}

/**
 * x [N,C,H,W], time [N or 1, D] in float32 -> [N,out,H,W]: x' + conv2(silu(norm2(conv1(silu(norm1(x))) +
 * time'))).
 */
export const resnetBlock = (scope: Scope, x: Value, out: number, norm: NormOptions, time?: Value): Value =>
  scope.graph.segment(() => residual(scope, x, out, norm, time));

function residual(scope: Scope, x: Value, out: number, norm: NormOptions, time?: Value): Value {
  let h = conv(scope.at('conv1'), silu(groupNorm(scope.at('norm1'), x, norm.groups, norm.epsilon)), {
    out,
    kernel: 3,
  });
  if (time) {
    const shift = linear(scope.at('time_emb_proj'), castLike(silu(time), h), out);
    h = addRepeated(reshape(shift, [shift.shape[0]!, out, 1, 1]), h);
  }
  h = conv(scope.at('conv2'), silu(groupNorm(scope.at('norm2'), h, norm.groups, norm.epsilon)), {
    out,
    kernel: 3,
  });
  const shortcut = x.shape[1] === out ? x : conv(scope.at('conv_shortcut'), x, { out, kernel: 1 });
  return addRepeated(shortcut, h);
}

/** Halves height and width. The UNet pads all around; the VAE's encoder only right and below. */
export function downsample(scope: Scope, x: Value, side: 'around' | 'end'): Value {
  const padding = side === 'around' ? 1 : ([0, 0, 1, 1] as const);
  return conv(scope.at('conv'), x, { out: x.shape[1]!, kernel: 3, stride: 2, padding });
}

/** Doubles height and width. */
export const upsample = (scope: Scope, x: Value): Value =>
  conv(scope.at('conv'), upsampleNearest2x(x), { out: x.shape[1]!, kernel: 3 });
