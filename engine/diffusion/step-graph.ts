/**
 * A step as graph functions, for losses that are differentiated. A number per step comes from a schedule;
 * where the images of a batch are at different steps it is a value [N,1,1,1]. Notation as in schedule.ts.
 */
import { add, div, log, mul, type Operand, reduceMean, reshape, square, sub } from '../graph/ops.js';
import type { Value } from '../graph/value.js';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** Mean of x_prev: p x_t + q out. */
export const stepMean = (
  sample: Value,
  output: Value,
  { fromSample, fromOutput }: { fromSample: Operand; fromOutput: Operand },
): Value => add(mul(sample, fromSample), mul(output, fromOutput));

/** Log-density of N(mean, s^2) at value [N,C,h,w], averaged over each image's elements -> [N]; s > 0. */
export function gaussianLogProbability(value: Value, mean: Value, std: Operand): Value {
  // -1/2 mean(((x - m) / s)^2) - log s - 1/2 log 2 pi
  const distance = reduceMean(square(div(sub(value, mean), std)), [1, 2, 3]);
  const constant = typeof std === 'number' ? Math.log(std) + HALF_LOG_2PI : add(log(std), HALF_LOG_2PI);
  return reshape(sub(mul(distance, -0.5), constant), [value.shape[0]!]);
}
