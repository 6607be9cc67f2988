/**
 * Gradients of y = h gamma + beta, h = (x - mean) r, r = 1 / sqrt(var + eps), over the last axis of size D:
 *   with g = dy gamma:  dx = r (g - mean(g) - h mean(g h)),  dgamma = sum(dy h),  dbeta = sum(dy) over the rows.
 */
import type { Cotangents } from '../gradient-rules.js';
import { mul, reduceMean, sub, sumTo } from '../ops.js';

export function layerNormGradients({
  inputs: [x, gamma, beta],
  outputs: [, mean, r],
  dys: [dy],
  needs,
}: Cotangents<'LayerNormalization'>) {
  const h = mul(sub(x!, mean!), r!);
  const dx = () => {
    const g = mul(dy!, gamma!);
    return mul(r!, sub(sub(g, reduceMean(g, [-1])), mul(h, reduceMean(mul(g, h), [-1]))));
  };
  return [
    needs[0] ? dx() : undefined,
    needs[1] ? sumTo(mul(dy!, h), gamma!.shape) : undefined,
    beta && needs[2] ? sumTo(dy!, beta.shape) : undefined,
  ];
}
