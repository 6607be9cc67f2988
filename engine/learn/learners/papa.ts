/**
 * PAPA (arXiv 2607.00486): online, no reward model; one optimiser step for each image that was judged, over
 * all timesteps.
 *   L = sum over t of pull y b_t mean((p - e)^2) + [y = 1] anchor mean((p - p_base)^2)
 *   b_t = (1 - alpha_t) / (alpha_t (1 - abar_(t-1))),  alpha_t = abar_t / abar_(t-1),
 *       y = 1 for good, -1 for bad
 * `from` and `until` make it EPAPA: the adapter is trained, and on while drawing, at noisy timesteps only.
 * The paper's t are all those of its model, here the sampler's; its models know no text, here p is the guided
 * prediction, which images are drawn by.
 */
import type { PapaParams } from '../../../src/config/learners.js';
import { say } from '../../../src/words/text.js';
import { plainNoise } from '../../diffusion/noise.js';
import { image } from '../../io/latents.js';
import type { LearnerState } from '../../io/learner-state.js';
import { carryOver } from '../best.js';
import { chunks } from '../chunks.js';
import type { Guarded } from '../collapse-guard.js';
import type { Label } from '../feedback.js';
import { type LearnContext, type Method, untrained } from '../learner.js';
import { papaGraph } from '../losses/papa.js';
import { forwardProcess, perRow } from '../noised-rows.js';
import { planTraining, trainGuarded } from '../training-run.js';

export const papa: Method<PapaParams> = {
  async learn(context) {
    const before = carryOver(context);
    const told = context.judged.labels.filter(({ good }) => good !== 0.5);
    if (told.length === 0)
      return untrained(before, say('No image was called good or bad, so there is nothing to learn from.'));
    return train(context, before, told);
  },

  drawing: ({ until }) => ({ baseShare: 0, until }),

  noise: (_state, count, size, _params, rng) => plainNoise(count, size, rng),
};

/**
 * b_t of timestep `t` >= 1; at t = 0 there is no step before, and b is that of t = 1. `cumprod` is abar [T].
 */
export function boundWeight(cumprod: ArrayLike<number>, t: number): number {
  const [here, before] = [cumprod[Math.max(1, t)]!, cumprod[Math.max(1, t) - 1]!];
  const alpha = here / before;
  return (1 - alpha) / (alpha * (1 - before));
}

/** Those of `timesteps` (noisiest first) that are `from` or noisier; the noisiest where none is. */
export function trainedTimesteps(timesteps: readonly number[], from: number): readonly number[] {
  const noisy = timesteps.filter((t) => t >= from);
  return noisy.length ? noisy : timesteps.slice(0, 1);
}

function train(
  context: LearnContext<PapaParams>,
  before: LearnerState,
  told: readonly Label[],
): Promise<Guarded> {
  const { params, round, signal, progress } = context;
  const run = planTraining(context, { name: 'papa' }, { most: params.microBatch }, papaGraph);
  const { cumprod, timesteps: all, feeds } = forwardProcess(context);
  const timesteps = trainedTimesteps(all, params.from);

  return trainGuarded(context, before, run, async (trainer) => {
    const rng = context.rng('train');
    progress('train', 0, told.length, Math.ceil(timesteps.length / run.rows));
    for (const [done, { index, good, weight }] of rng.shuffle(told).entries()) {
      signal.throwIfAborted();
      const z0 = image(round.latents, index);
      const pull = params.pull * weight * (2 * good - 1);
      const keep = good > 0.5 ? params.keep * weight : 0;
      await trainer.step(
        chunks(timesteps, run.rows).map((ts) => {
          const b = ts.map((t) => pull * boundWeight(cumprod, t));
          const rows = ts.map((timestep) => ({ latent: z0, timestep }));
          return {
            ...feeds(rows, run.rows, rng),
            weight: perRow(b, run.rows),
            keep: perRow(
              ts.map(() => keep),
              run.rows,
            ),
          };
        }),
      );
      progress('train', done + 1, told.length);
    }
  });
}
