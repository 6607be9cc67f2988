/**
 * Largest difference of two tensors of one shape, relative to the largest absolute value of the expected one.
 */
import type { Tensor } from '../../engine/runtime/tensor.js';

export function relativeError(found: Tensor, expected: Tensor): number {
  let scale = 0;
  for (let i = 0; i < expected.data.length; i++) scale = Math.max(scale, Math.abs(Number(expected.data[i])));
  return largestDifference(found, expected) / scale;
}

export function largestDifference(found: Tensor, expected: Tensor): number {
  if (`${found.shape}` !== `${expected.shape}`)
    throw new Error(`shape [${found.shape}], expected [${expected.shape}]`);
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(Number(found.data[i]) - Number(expected.data[i]));
    // NaN compares false with everything: count it as the worst there is.
    worst = difference <= worst ? worst : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return worst;
}
