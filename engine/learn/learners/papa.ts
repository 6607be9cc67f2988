/**
 * PAPA (arXiv 2607.00486): online, no reward model; one optimiser step for each image that was judged, over all timesteps.
 *   L = sum over t of pull y b_t mean((p - e)^2) + [y = 1] anchor mean((p - p_base)^2)
 *   b_t = (1 - alpha_t) / (alpha_t (1 - abar_(t-1))),  alpha_t = abar_t / abar_(t-1),  y = 1 for good, -1 for bad
 * `from` and `until` make it EPAPA: the adapter is trained, and on while drawing, at noisy timesteps only. The paper's t are
 * all those of its model, here the sampler's; its models know no text, here p is the guided prediction, which images are
 * drawn by.
 */
import { comparesLikelihoods, learnerParams, type PapaParams } from '../../../src/config/learner-params.js';
import { alphasCumprod } from '../../diffusion/betas.js';
import { regressedTimesteps } from '../../diffusion/schedulers.js';
import type { LearnerState } from '../../io/checkpoint.js';
import { shapesOf } from '../../models/prompt.js';
import { carryOver } from '../best.js';
import type { Label } from '../feedback.js';
import { fitTraining } from '../fit.js';
import { type Guarded, guarded } from '../guard.js';
import { image, type LearnContext, type Learner } from '../learner.js';
import { papaGraph } from '../losses/papa.js';
import { specKey } from '../losses/training-graph.js';
import { plainNoise } from '../noise.js';
import { noisedFeeds, perRow } from '../noised-rows.js';
import { adam, cloneState } from '../optimiser.js';
import { adapterSpec, optimiserOptions } from '../parameters.js';
import { cloneParams } from '../params.js';
import { chunks } from '../policy.js';
import { Trainer } from '../trainer.js';

export const papa: Learner<PapaParams> = {
  name: 'papa',
  params: learnerParams.papa,
  needsTrajectory: comparesLikelihoods.papa,

  async learn(context) {
    const { judged } = context;
    const before = carryOver(context);
    const told = judged.labels.filter(({ good }) => good !== 0.5);
    if (told.length === 0) {
      const notes = ['No image was called good or bad, so there is nothing to learn from.'];
      return { state: before, learned: false, losses: [], notes };
    }
    return train(context, before, told);
  },

  drawing: ({ until }) => ({ baseShare: 0, until }),

  noise: (_state, count, size, _params, rng) => plainNoise(count, size, rng),
};

/** b_t of timestep `t` >= 1; at t = 0 there is no step before, and b is that of t = 1. `cumprod` is abar [T]. */
export function boundWeight(cumprod: ArrayLike<number>, t: number): number {
  const [here, before] = [cumprod[Math.max(1, t)]!, cumprod[Math.max(1, t) - 1]!];
  const alpha = here / before;
  return (1 - alpha) / (alpha * (1 - before));
}

function train(
  context: LearnContext<PapaParams>,
  before: LearnerState,
  told: readonly Label[],
): Promise<Guarded> {
  const { pipeline, cache, params, sampler, round, text, signal, progress } = context;
  const { latent } = round.manifest;
  const whole = {
    pipeline,
    adapter: adapterSpec(params),
    latent,
    guidance: sampler.guidance,
    text: shapesOf(text),
  };
  const fit = fitTraining(context, `papa|${specKey(whole)}`, { most: params.microBatch }, (fit) =>
    papaGraph({ ...whole, ...fit }),
  );
  const spec = { ...whole, ...fit };
  const cumprod = alphasCumprod(pipeline.scheduler);
  const all = regressedTimesteps(pipeline.scheduler, sampler); // noisiest first
  const noisy = all.filter((t) => t >= params.from);
  const timesteps = noisy.length ? noisy : all.slice(0, 1);

  return guarded(context, before, (stepScale) =>
    cache.use(
      `papa|${specKey(spec)}`,
      () => papaGraph(spec),
      async (executor) => {
        const trainer = new Trainer(
          executor,
          cloneParams(before.adapter),
          cloneState(before.optimiser),
          adam(optimiserOptions(params, stepScale)),
          text,
        );
        const rng = context.rng('train');
        progress('train', 0, told.length, Math.ceil(timesteps.length / fit.rows));
        for (const [done, { index, good, weight }] of rng.shuffle(told).entries()) {
          signal.throwIfAborted();
          const z0 = image(round.latents, index);
          const pull = params.pull * weight * (2 * good - 1);
          const keep = good > 0.5 ? params.keep * weight : 0;
          const rows = timesteps.map((timestep) => ({ latent: z0, timestep }));
          await trainer.step(
            chunks(rows, fit.rows).map((part) => ({
              ...noisedFeeds(part, fit.rows, latent, cumprod, rng),
              weight: perRow(
                part.map(({ timestep }) => pull * boundWeight(cumprod, timestep)),
                fit.rows,
              ),
              keep: perRow(
                part.map(() => keep),
                fit.rows,
              ),
            })),
          );
          progress('train', done + 1, told.length);
        }
        const state = { ...before, adapter: trainer.adapter, optimiser: trainer.state };
        return { state, losses: trainer.losses };
      },
    ),
  );
}
