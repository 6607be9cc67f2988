/** Whether a round is chosen among more noises than it has pictures, and by what. */
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import type { Checkpoint } from '../io/checkpoint.js';
import type { VoteModel } from '../io/vote-model.js';
import type { Method } from '../learn/learner.js';
import { type Costs, costsOf, LEAST_AUC, type PickingRule, stepsBeforeLook } from '../learn/picks.js';
import { meansOf } from '../learn/vote-model/means.js';
import { type PictureFeatures, tells } from '../learn/vote-model/model.js';

export interface PickingPlan {
  model: VoteModel;
  /**
   * What stands for a map that only a developed picture has (CLIP's): the voted pictures' mean, which says
   * nothing of one.
   */
  means: PictureFeatures;
  rule: PickingRule;
  /** Steps of the sampler, and those before the first look. */
  steps: number;
  before: number;
  costs: Costs;
  seed: number;
  round: number;
}

interface Asked {
  picks?: boolean | undefined;
  trajectory: boolean;
  seed: number;
  round: number;
}

interface Known<P extends AdapterHyperparameters> {
  learner: Pick<Method<P>, 'picking'>;
  params: P;
  checkpoint: Checkpoint | null;
  /** Of the sampler. */
  steps: number;
  /** Of texts, that the network works under at a step. */
  branches: 1 | 2;
}

/** Null where nothing is picked: not asked for, not by this learner, no vote model yet or too poor a one. */
export function planPicking<P extends AdapterHyperparameters>(
  { picks, trajectory, seed, round }: Asked,
  { learner, params, checkpoint, steps, branches }: Known<P>,
): PickingPlan | null {
  const model = checkpoint?.state.voteModel;
  if (!picks || trajectory || !model || !tells(model, LEAST_AUC)) return null;
  const rule = learner.picking?.(params);
  const before = rule ? stepsBeforeLook(steps, rule.look) : null;
  if (!rule || before === null) return null;
  const costs = costsOf(steps, before, branches);
  const means = meansOf(checkpoint.state.replay);
  return { model, means, rule, steps, before, costs, seed, round };
}
