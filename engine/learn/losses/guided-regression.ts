/**
 * Guided regression: fit the *guided* noise prediction to the noise put onto images people called good.
 *   L = sum over rows of weight * mean over the latent of min(sqrt((1 - a) / a),
 *       cap) (e_u + w (e_c - e_u) - e)^2
 * with the gradient through both calls; notation of noised.ts. Fitting e_c alone would let guidance sharpen
 * twice, and the model collapses. No trajectory and no ratio: any sampler, any round, old rounds too.
 */
import type { Graph } from '../../graph/graph.js';
import {
  add,
  div,
  minimum,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  sqrt,
  square,
  stopGradient,
  sub,
} from '../../graph/ops.js';
import { noised } from './noised.js';
import { beginTraining, finishTraining, type TrainingSpec } from './training-graph.js';

export interface GuidedRegressionOptions {
  /** Largest weight of a noisy timestep. */
  cap: number;
  /**
   * k of the pull towards the base model, + k (p - p_base)^2: keeps diversity, slows learning; 0 leaves it
   * out.
   */
  anchor: number;
}

/**
 * Feeds: those of training-graph (`x` is z_0), `alpha` [B,1,1,1], `noise` e [B,C,h,w], `weight` [B] (0 pads a
 * batch). Outputs: `loss`, gradients.
 */
export function guidedRegressionGraph(spec: TrainingSpec, { cap, anchor }: GuidedRegressionOptions): Graph {
  const inputs = beginTraining(spec);
  const { alpha, noiseScale, noise, predict } = noised(spec, inputs);
  const p = predict(inputs.adapter);
  let error = square(sub(p, noise));
  if (anchor > 0) error = add(error, mul(square(sub(p, stopGradient(predict()))), anchor));
  const emphasis = minimum(div(noiseScale, sqrt(alpha)), cap);
  const perRow = reduceMean(mul(emphasis, error), [1, 2, 3], false); // [B]
  const weight = inputs.graph.input('weight', [spec.rows]);
  return finishTraining(spec, inputs, reshape(reduceSum(mul(weight, perRow)), [1]));
}
