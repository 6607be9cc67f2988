/**
 * D3PO (Yang et al. 2023, eq. 9 and its clipped form in the authors' code), for pairs (winner, loser) at one
 * timestep:
 *   rho = clip(p_theta / p_ref, 1 - eps, 1 + eps),
 *       L = sum over pairs of weight * -log sigmoid(beta (log rho_w - log rho_l)).
 * p_ref is the model at the start of the round's training.
 */
import type { Graph } from '../../graph/graph.js';
import { clip, exp, log, logSigmoid, matmul, mul, neg, reduceSum, reshape, sub } from '../../graph/ops.js';
import { stepLogProb } from './likelihood.js';
import { beginTraining, finishTraining, type TrainingSpec } from './training-graph.js';

export interface D3poOptions {
  /** Temperature of the preference: larger sharpens it. */
  beta: number;
  /** Half width of the ratio's clip range. */
  epsilon: number;
}

/**
 * Feeds: those of likelihood.ts, `old_log_prob` [B], `winner` and `loser` [pairs,B] (each row a one),
 * `pair_weight` [pairs]. Outputs: `loss`, `ratio` [B] before clipping, `log_prob` [B], gradients.
 */
export function d3poGraph(spec: TrainingSpec, pairs: number, { beta, epsilon }: D3poOptions): Graph {
  const inputs = beginTraining(spec);
  const { graph: g } = inputs;
  const logProb = stepLogProb(spec, inputs);
  const ratio = exp(sub(logProb, g.input('old_log_prob', [spec.rows])));
  const logRho = reshape(log(clip(ratio, 1 - epsilon, 1 + epsilon)), [spec.rows, 1]);
  const of = (role: 'winner' | 'loser') =>
    reshape(matmul(g.input(role, [pairs, spec.rows]), logRho), [pairs]);
  const preferred = logSigmoid(mul(sub(of('winner'), of('loser')), beta));
  g.output('log_prob', logProb);
  g.output('ratio', ratio);
  const loss = reduceSum(mul(g.input('pair_weight', [pairs]), neg(preferred)));
  return finishTraining(spec, inputs, reshape(loss, [1]));
}
