/**
 * PAPA (arXiv 2607.00486): towards what was liked and away from what was not, a step an image; notation of
 * noised.ts.
 *   L = sum over rows of weight * mean((p - e)^2) + keep * mean((p - p_base)^2)
 * `weight` carries the label's sign and the timestep's share of the variational bound, `keep` is 0 for what
 * was not liked.
 */
import type { Graph } from '../../graph/graph.js';
import { add, mul, reduceMean, reduceSum, reshape, square, stopGradient, sub } from '../../graph/ops.js';
import { noised } from './noised.js';
import { beginTraining, finishTraining, type TrainingSpec } from './training-graph.js';

/**
 * Feeds: those of training-graph (`x` is z_0), `alpha` [B,1,1,1], `noise` [B,C,h,w], `weight` and `keep` [B]
 * (0 pads a batch). Outputs: `loss`, gradients.
 */
export function papaGraph(spec: TrainingSpec): Graph {
  const inputs = beginTraining(spec);
  const { graph: g } = inputs;
  const { noise, predict } = noised(spec, inputs);
  const p = predict(inputs.adapter);
  const mean = (x: ReturnType<typeof predict>) => reduceMean(square(x), [1, 2, 3], false); // [B]
  const fit = mul(g.input('weight', [spec.rows]), mean(sub(p, noise)));
  const stay = mul(g.input('keep', [spec.rows]), mean(sub(p, stopGradient(predict()))));
  return finishTraining(spec, inputs, reshape(reduceSum(add(fit, stay)), [1]));
}
