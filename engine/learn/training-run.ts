/**
 * What the training of every learner has in common: a training graph that fits the machine, its executor, and
 * an optimiser that moves a copy of the adapter. A learner says which graph, and what its steps are fed.
 */
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import type { Graph } from '../graph/graph.js';
import type { LearnerState } from '../io/learner-state.js';
import { shapesOf } from '../models/prompt.js';
import { cloneTensors } from '../runtime/named-tensors.js';
import { type BatchBounds, planBatches } from './batch-plan.js';
import { type Guarded, guarded } from './collapse-guard.js';
import { adapterSpec, optimiserOptions } from './hyperparameters.js';
import type { LearnContext } from './learner.js';
import { type LossSpec, type TrainingSpec, trainingGraphSpec } from './losses/training-graph.js';
import { adam, cloneState } from './optimiser.js';
import { type Moved, Trainer } from './trainer.js';

export interface TrainingRun {
  /** B of the graph: rows of one executor call. */
  readonly rows: number;
  /** A trainer that begins at `from`, which it leaves as it is. Its executor stays until `work` ends. */
  train<T>(from: Moved, stepScale: number, work: (trainer: Trainer) => Promise<T>): Promise<T>;
}

/**
 * Chooses how the training of `graphOf` fits, before anything has run. The spec and the loss are all that the
 * graph depends on. Errors: memory-short.
 */
export function planTraining<P extends AdapterHyperparameters, L extends LossSpec>(
  context: Omit<LearnContext<P>, 'judged'>,
  loss: L,
  bounds: BatchBounds,
  graphOf: (spec: TrainingSpec, loss: L) => Graph,
): TrainingRun {
  const { pipeline, cache, params, sampler, round, text } = context;
  const whole = {
    pipeline,
    adapter: adapterSpec(params),
    latent: round.manifest.latent,
    guidance: sampler.guidance,
    text: shapesOf(text),
  };
  const fit = planBatches(context, trainingGraphSpec(loss, whole), bounds, (fit) =>
    graphOf({ ...whole, ...fit }, loss),
  );
  const spec = { ...whole, ...fit };
  return {
    rows: fit.rows,
    train: (from, stepScale, work) =>
      cache.use(
        trainingGraphSpec(loss, spec),
        () => graphOf(spec, loss),
        (executor) => {
          const [adapter, optimiser] = [cloneTensors(from.adapter), cloneState(from.optimiser)];
          const rule = adam(optimiserOptions(params, stepScale));
          return work(new Trainer(executor, adapter, optimiser, rule, text));
        },
      ),
  };
}

/**
 * One round's training from `before` under the collapse guard; `steps` draws the same randomness each time it
 * is called.
 */
export function trainGuarded<P extends AdapterHyperparameters>(
  context: LearnContext<P>,
  before: LearnerState,
  run: TrainingRun,
  steps: (trainer: Trainer) => Promise<void>,
): Promise<Guarded> {
  return guarded(context, before, (stepScale) =>
    run.train(before, stepScale, async (trainer) => {
      await steps(trainer);
      const { adapter, state, losses } = trainer;
      return { state: { ...before, adapter, optimiser: state }, losses };
    }),
  );
}
