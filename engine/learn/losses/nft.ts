/**
 * DiffusionNFT (arXiv 2509.16117, section 3): the difference between the policy and the one that drew the
 * round is pulled towards images in proportion to r, and its mirror image in proportion to 1 - r; notation of
 * noised.ts.
 *   p+ = (1 - beta) p_old + beta p        p- = (1 + beta) p_old - beta p
 *   L = sum over rows of weight * (r D(p+) + (1 - r) D(p-))
 *   D(q) = mean((x(q) - z_0)^2) / stop(mean |x(q) - z_0|),  x(q) = (x_t - sqrt(1 - a) q) / sqrt(a)
 * D is the paper's regression of z_0 that weighs itself. x(q) - z_0 = -sqrt((1 - a) / a) (q - e), so D needs
 * no x.
 */
import type { Graph } from '../../graph/graph.js';
import {
  abs,
  add,
  div,
  maximum,
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
import { Adapter, adapterShapes } from '../../nn/lora.js';
import { noised } from './noised.js';
import { beginTraining, finishTraining, type TrainingSpec } from './training-graph.js';

/** Least value of D's divisor, as in the released code. */
const LEAST = 1e-5;

/** Names of the feeds that hold the adapter which drew the round. */
export const oldName = (name: string): string => `old.${name}`;

/**
 * Feeds: those of training-graph (`x` is z_0), `alpha` [B,1,1,1], `noise` [B,C,h,w], `reward` r [B], `weight`
 * [B] (0 pads a batch), and the old adapter's tensors by `oldName`. Outputs: `loss`, gradients.
 */
export function nftGraph(spec: TrainingSpec, beta: number): Graph {
  const inputs = beginTraining(spec);
  const { graph: g } = inputs;
  const tensors = adapterShapes(spec.pipeline, spec.adapter).map(
    ({ name, shape }) => [name, g.input(oldName(name), shape)] as const,
  );
  const { alpha, noiseScale, noise, predict } = noised(spec, inputs);
  const p = predict(inputs.adapter);
  const old = stopGradient(predict(new Adapter(spec.adapter, new Map(tensors))));
  const scale = div(noiseScale, sqrt(alpha));
  const distance = (q: Value): Value => {
    const gap = mul(scale, sub(q, noise));
    const size = maximum(reduceMean(abs(gap), [1, 2, 3], false), LEAST);
    return div(reduceMean(square(gap), [1, 2, 3], false), stopGradient(size)); // [B]
  };
  const step = mul(sub(p, old), beta);
  const reward = g.input('reward', [spec.rows]);
  const perRow = add(mul(reward, distance(add(old, step))), mul(sub(1, reward), distance(sub(old, step))));
  const weight = g.input('weight', [spec.rows]);
  return finishTraining(spec, inputs, reshape(reduceSum(mul(weight, perRow)), [1]));
}
