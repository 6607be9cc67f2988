/**
 * DDPO with importance sampling (Black et al. 2023, section 4.3, as PPO's clipped surrogate; HERO's policy
 * update):
 *   rho = exp(log p_theta - log p_old),
 *       L = sum over rows of weight * max(-A rho, -A clip(rho, 1 - c, 1 + c)).
 */
import type { Graph } from '../../graph/graph.js';
import { clip, exp, maximum, mul, neg, reduceSum, reshape, sub } from '../../graph/ops.js';
import { stepLogProb } from './likelihood.js';
import { beginTraining, finishTraining, type TrainingSpec } from './training-graph.js';

/**
 * Feeds: those of likelihood.ts, `old_log_prob`, `advantage` and `weight` [B] (0 pads a batch). Outputs:
 * `loss`, `ratio` [B], `log_prob` [B], gradients.
 */
export function ddpoGraph(spec: TrainingSpec, clipRange: number): Graph {
  const inputs = beginTraining(spec);
  const { graph: g } = inputs;
  const logProb = stepLogProb(spec, inputs);
  const ratio = exp(sub(logProb, g.input('old_log_prob', [spec.rows])));
  const minusA = neg(g.input('advantage', [spec.rows]));
  const surrogate = maximum(mul(minusA, ratio), mul(minusA, clip(ratio, 1 - clipRange, 1 + clipRange)));
  g.output('log_prob', logProb);
  g.output('ratio', ratio);
  return finishTraining(
    spec,
    inputs,
    reshape(reduceSum(mul(g.input('weight', [spec.rows]), surrogate)), [1]),
  );
}
