/**
 * The log-density of one step that adds noise, inside a training graph, so that a loss can be differentiated
 * through it: log p(x_next | x_t) of N(p x_t + q out, s^2), averaged over the latent's elements (p, q, s:
 * diffusion/schedule.ts). What a schedule does beyond that is in the feeds: `x` as the network sees it, and
 * off `next` what the mean holds besides. The average, not the sum, as in the released code of DDPO and HERO:
 * ratios of two policies then stay near 1.
 */
import { gaussianLogProbability, stepMean } from '../../diffusion/step-graph.js';
import type { Value } from '../../graph/value.js';
import { guidedOutput, type TrainingInputs, type TrainingSpec } from './training-graph.js';

/**
 * Feeds beside those of training-graph: `next` [B,C,h,w]; `from_sample`, `from_output`, `sigma` [B,1,1,1].
 * Returns [B].
 */
export function stepLogProb(spec: TrainingSpec, inputs: TrainingInputs): Value {
  const { graph: g, x, adapter } = inputs;
  const perRow = (name: string) => g.input(name, [spec.rows, 1, 1, 1]);
  const output = guidedOutput(spec, inputs, x, adapter);
  const mean = stepMean(x, output, { fromSample: perRow('from_sample'), fromOutput: perRow('from_output') });
  return gaussianLogProbability(g.input('next', x.shape), mean, perRow('sigma'));
}
