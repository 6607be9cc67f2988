/**
 * What losses on noised images share: x_t from z_0, and the guided output as a prediction of the noise.
 *   x_t = sqrt(a) z_0 + sqrt(1 - a) e,  e ~ N(0, I)
 * Of v-prediction models v = sqrt(a) e - sqrt(1 - a) x_0, hence e = sqrt(a) v + sqrt(1 - a) x_t.
 */
import { add, mul, sqrt, sub } from '../../graph/ops.js';
import type { Value } from '../../graph/value.js';
import type { Adapter } from '../../nn/lora.js';
import { guidedOutput, type TrainingInputs, type TrainingSpec } from './training-graph.js';

export interface Noised {
  /** a = alphas_cumprod[t], feed `alpha` [B,1,1,1]. */
  readonly alpha: Value;
  /** sqrt(1 - a) [B,1,1,1]. */
  readonly noiseScale: Value;
  /** e, feed `noise` [B,C,h,w]. */
  readonly noise: Value;
  /** The guided prediction of e [B,C,h,w]; without an adapter the base model's. */
  predict(adapter?: Adapter): Value;
}

/** Feed `x` of `inputs` is z_0. */
export function noised(spec: TrainingSpec, inputs: TrainingInputs): Noised {
  const { graph: g, x: z0 } = inputs;
  const alpha = g.input('alpha', [spec.rows, 1, 1, 1]);
  const noise = g.input('noise', z0.shape);
  const noiseScale = sqrt(sub(1, alpha));
  const xt = add(mul(sqrt(alpha), z0), mul(noiseScale, noise));
  return {
    alpha,
    noiseScale,
    noise,
    predict(adapter) {
      const output = guidedOutput(spec, inputs, xt, adapter);
      if (spec.pipeline.scheduler.prediction_type === 'epsilon') return output;
      return add(mul(sqrt(alpha), output), mul(noiseScale, xt));
    },
  };
}
