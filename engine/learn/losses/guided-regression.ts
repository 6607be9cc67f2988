/**
 * Guided regression: fit the *guided* noise prediction to the noise put onto images people called good.
 *   x_t = sqrt(a) z_0 + sqrt(1 - a) e,  e ~ N(0, I)
 *   L = sum over rows of weight * mean over the latent of min(sqrt((1 - a) / a), cap) (e_u + w (e_c - e_u) - e)^2
 * with the gradient through both calls. Fitting e_c alone would let guidance sharpen twice, and the model collapses.
 * No trajectory and no ratio: any sampler, any round, old rounds too.
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
import type { Value } from '../../graph/value.js';
import { beginTraining, finishTraining, guidedOutput, type TrainingSpec } from './training-graph.js';

export interface GuidedRegressionOptions {
  /** Largest weight of a noisy timestep. */
  cap: number;
  /** k of the pull towards the base model, + k (p - p_base)^2: keeps diversity, slows learning; 0 leaves it out. */
  anchor: number;
}

/** Feeds: those of training-graph (`x` is z_0), `alpha` [B,1,1,1], `noise` e [B,C,h,w], `weight` [B] (0 pads a batch). Outputs: `loss`, gradients. */
export function guidedRegressionGraph(spec: TrainingSpec, { cap, anchor }: GuidedRegressionOptions): Graph {
  const inputs = beginTraining(spec);
  const { graph: g, x: z0, adapter } = inputs;
  const alpha = g.input('alpha', [spec.rows, 1, 1, 1]);
  const e = g.input('noise', z0.shape);
  const spread = sqrt(sub(1, alpha));
  const xt = add(mul(sqrt(alpha), z0), mul(spread, e));
  // With v-prediction, v = sqrt(a) e - sqrt(1 - a) x_0, hence e = sqrt(a) v + sqrt(1 - a) x_t.
  const asNoise = (output: Value) =>
    spec.pipeline.scheduler.prediction_type === 'epsilon'
      ? output
      : add(mul(sqrt(alpha), output), mul(spread, xt));
  const p = asNoise(guidedOutput(spec, inputs, xt, adapter));
  let error = square(sub(p, e));
  if (anchor > 0) {
    const base = stopGradient(asNoise(guidedOutput(spec, inputs, xt)));
    error = add(error, mul(square(sub(p, base)), anchor));
  }
  const emphasis = minimum(div(spread, sqrt(alpha)), cap);
  const perRow = reduceMean(mul(emphasis, error), [1, 2, 3], false); // [B]
  return finishTraining(spec, inputs, reshape(reduceSum(mul(g.input('weight', [spec.rows]), perRow)), [1]));
}
