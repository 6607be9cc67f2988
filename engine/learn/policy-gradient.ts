/**
 * DDPO's inner loop, shared by `hero` and `ddpo`, which differ in their rewards (DDPO section 4.3).
 *   1. for each image draw `timesteps` of the trainable steps
 *   2. log p_old by the training graph, everything as yet unmoved
 *   3. shuffle the images; each optimiser step takes `imagesPerStep` of them with all their timesteps
 */

import type { AdapterHyperparameters } from '../../src/config/learners.js';
import type { LearnerState } from '../io/learner-state.js';
import { chunks } from './chunks.js';
import type { Guarded } from './collapse-guard.js';
import type { LearnContext } from './learner.js';
import { ddpoGraph } from './losses/ddpo.js';
import { planTraining, trainGuarded } from './training-run.js';
import { type Row, TrajectoryBatches } from './trajectory-batches.js';

export type PolicyGradientParams = AdapterHyperparameters & {
  clip: number;
  timesteps: number | null;
  imagesPerStep: number;
};

/** Trains from `before` on `advantages` (one for each image of the round). */
export function policyGradient<P extends PolicyGradientParams>(
  context: LearnContext<P>,
  before: LearnerState,
  advantages: readonly number[],
): Promise<Guarded> {
  const { clip, timesteps, imagesPerStep, microBatch } = context.params;
  const { count } = context.round.manifest;
  const run = planTraining(context, { name: 'ddpo', clip }, { most: microBatch }, (spec, loss) =>
    ddpoGraph(spec, loss.clip),
  );
  const trajectories = TrajectoryBatches.of(context, run.rows);
  const advantage = (rows: readonly Row[]) => ({
    advantage: trajectories.perRow(rows.map((r) => advantages[r.image]!)),
  });

  return trainGuarded(context, before, run, (trainer) => {
    // 1, 3. Plan the whole round before anything moves.
    const rng = context.rng('train');
    const trainable = trajectories.trainableSteps;
    const images = rng.shuffle(Array.from({ length: count }, (_, i) => i));
    const plan = chunks(images, imagesPerStep).map((group) => {
      const rows = group.flatMap((image) => {
        const steps = rng.shuffle(trainable).slice(0, timesteps ?? trainable.length);
        return steps.map((step): Row => ({ image, step }));
      });
      const feeds = (batch: readonly Row[]) => {
        const fed = trajectories.feeds(batch);
        const weight = { ...fed.weight, data: fed.weight.data.map((one) => one / rows.length) };
        return { ...fed, ...advantage(batch), weight };
      };
      return { batches: chunks(rows, run.rows), feeds };
    });
    // 2.
    return trajectories.train(trainer, plan, advantage, context);
  });
}
