/** Whether what a sampler draws has likelihoods that a learner can compare. */
import { count } from '../../src/domain/state/count.js';
import { AcclaimError } from '../../src/errors.js';
import { calledOf } from '../../src/models/adapter-name.js';
import { isStochastic, type Sampler, type Schedule } from './schedule.js';

/** Errors: `not-learnable` where no step adds noise, so that a learner that compares likelihoods has none. */
export function requireLikelihoods(
  plan: Schedule,
  { scheduler, eta, stack = [] }: Pick<Sampler, 'scheduler' | 'eta' | 'stack'>,
): void {
  if (stack.length > 0)
    throw new AcclaimError(
      'not-learnable',
      `pictures drawn with ${stack.map(calledOf).join(', ')} have no likelihoods under the model that is trained`,
      'Draw without these LoRAs, or learn with acclaim.',
    );
  if (isStochastic(plan)) return;
  const took = plan.steps.length;
  throw new AcclaimError(
    'not-learnable',
    `a run of ${count(took, 'step')} of ${scheduler} adds no noise (eta ${eta}) and has no likelihoods`,
    'Sample with ddim or tcd and eta above 0, lcm, euler-ancestral or dpmpp-2m-sde, and with more than one step.',
  );
}
