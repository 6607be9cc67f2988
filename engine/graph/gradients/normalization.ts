/**
 * Gradients of y = h gamma + beta, h = (x - mean) r, r = 1 / sqrt(var + eps), over the last axis of size D:
 *   with g = dy gamma:  dx = r (g - mean(g) - h mean(g h)),  dgamma = sum(dy h),
 *       dbeta = sum(dy) over the rows.
 * In float32 whatever x is: the means are over a group's every pixel.
 */
import type { Cotangents } from '../cotangents.js';
import { castLike, mul, reduceMean, sub, sumTo, wide } from '../ops.js';

/** Of x, gamma and, where there is one, beta; undefined where it is not needed. */
export function layerNormGradients({
  inputs: [x, gamma, beta],
  outputs: [, mean, r],
  dys: [dy],
  needs,
}: Cotangents<'LayerNormalization'>) {
  const h = mul(sub(wide(x!), mean!), r!);
  const d = wide(dy!);
  const dx = () => {
    const g = mul(d, wide(gamma!));
    const dx = mul(r!, sub(sub(g, reduceMean(g, [-1])), mul(h, reduceMean(mul(g, h), [-1]))));
    return castLike(dx, x!);
  };
  return [
    needs[0] ? dx() : undefined,
    needs[1] ? castLike(sumTo(mul(d, h), gamma!.shape), gamma!) : undefined,
    beta && needs[2] ? castLike(sumTo(d, beta.shape), beta) : undefined,
  ];
}
