/**
 * DDPO's inner loop, shared by `hero` and `ddpo`, which differ in their rewards (DDPO section 4.3).
 *   1. for each image draw `timesteps` of the trainable steps
 *   2. log p_old by the training graph, everything as yet unmoved
 *   3. shuffle the images; each optimiser step takes `imagesPerStep` of them with all their timesteps
 */

import type { AdapterParams } from '../../src/config/learner-params.js';
import type { LearnerState } from '../io/checkpoint.js';
import { shapesOf } from '../models/prompt.js';
import type { Tensor } from '../runtime/tensor.js';
import { fitTraining } from './fit.js';
import { type Guarded, guarded } from './guard.js';
import type { LearnContext } from './learner.js';
import { ddpoGraph } from './losses/ddpo.js';
import { specKey } from './losses/training-graph.js';
import { adam, cloneState } from './optimiser.js';
import { adapterSpec, optimiserOptions } from './parameters.js';
import { cloneParams } from './params.js';
import { checkRatios, chunks, Policy, type Row } from './policy.js';
import { Trainer } from './trainer.js';

export type PolicyGradientParams = AdapterParams & {
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
  const { params, pipeline, cache, round, sampler, text, signal, progress } = context;
  const { latent, count } = round.manifest;
  const whole = {
    pipeline,
    adapter: adapterSpec(params),
    latent,
    guidance: sampler.guidance,
    text: shapesOf(text),
  };
  const fit = fitTraining(context, `ddpo|${specKey(whole)}`, { most: params.microBatch }, (fit) =>
    ddpoGraph({ ...whole, ...fit }, params.clip),
  );
  const spec = { ...whole, ...fit };
  const size = fit.rows;
  const policy = Policy.of(context, size);

  return guarded(context, before, async (stepScale) => {
    const key = `ddpo|${specKey(spec)}|${params.clip}`;
    const executor = await cache.get(key, () => ddpoGraph(spec, params.clip));
    const optimiser = adam(optimiserOptions(params, stepScale));
    const trainer = new Trainer(
      executor,
      cloneParams(before.adapter),
      cloneState(before.optimiser),
      optimiser,
      text,
    );
    const advantage = (rows: readonly Row[]) => ({
      advantage: policy.perRow(rows.map((r) => advantages[r.image]!)),
    });

    // 1, 3. Plan the whole round before anything moves.
    const rng = context.rng('train');
    const trainable = policy.trainableSteps;
    const images = rng.shuffle(Array.from({ length: count }, (_, i) => i));
    const plan = chunks(images, params.imagesPerStep).map((group) => {
      const rows = group.flatMap((image) => {
        const steps = rng.shuffle(trainable).slice(0, params.timesteps ?? trainable.length);
        return steps.map((step): Row => ({ image, step }));
      });
      return { rows: rows.length, batches: chunks(rows, size) };
    });

    // 2.
    const batches = plan.flatMap((step) => step.batches);
    progress('train', 0, 2 * batches.length, 1);
    const old = await policy.oldLogProbs(trainer, batches, advantage, context);

    let at = 0;
    for (const step of plan) {
      signal.throwIfAborted();
      const first = at === 0;
      const feeds = step.batches.map((rows): Record<string, Tensor> => {
        const fed = policy.feeds(rows);
        scale(fed.weight, 1 / step.rows);
        return { ...fed, ...advantage(rows), old_log_prob: policy.perRow(old[at++]!) };
      });
      await trainer.step(feeds, (outputs, i) => {
        if (first) checkRatios(outputs.ratio, step.batches[i]!.length);
      });
      progress('train', batches.length + at, 2 * batches.length);
    }
    return {
      state: { ...before, adapter: trainer.adapter, optimiser: trainer.state },
      losses: trainer.losses,
    };
  });
}

function scale(tensor: Tensor, by: number): void {
  if (tensor.dtype === 'float32') for (let i = 0; i < tensor.data.length; i++) tensor.data[i]! *= by;
}
