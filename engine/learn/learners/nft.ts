/**
 * DiffusionNFT (arXiv 2509.16117): a forward-process update from clean images with a positive and a negative
 * branch.
 *   1. r = 1/2 + 1/2 clamp((y - mean) / std, +-1) over the round's labels (section 3.3)
 *   2. `steps` optimiser steps on batches of the labelled images at the sampler's timesteps (losses/nft.ts);
 *      p_old is the adapter that drew the round, which the paper's moving average with its first rates, under
 *      .01, comes down to
 * It needs no trajectory and takes any sampler. The paper trains and samples without guidance; here the
 * guided prediction is fitted, since images are drawn by it.
 */
import type { NftParams } from '../../../src/config/learners.js';
import { say } from '../../../src/words/text.js';
import { plainNoise } from '../../diffusion/noise.js';
import { image } from '../../io/latents.js';
import type { LearnerState } from '../../io/learner-state.js';
import { afforded } from '../afforded.js';
import { carryOver } from '../best.js';
import { chunks } from '../chunks.js';
import type { Guarded } from '../collapse-guard.js';
import type { Label } from '../feedback.js';
import { type LearnContext, type Method, untrained } from '../learner.js';
import { nftGraph, oldName } from '../losses/nft.js';
import { forwardProcess, perRow } from '../noised-rows.js';
import { advantages } from '../reward.js';
import { planTraining, trainGuarded } from '../training-run.js';

export const nft: Method<NftParams> = {
  async learn(context) {
    const { judged } = context;
    const before = carryOver(context);
    if (new Set(judged.labels.map(({ good }) => good)).size < 2)
      return untrained(
        before,
        say('All votes were alike, and this learner compares good with bad: the round is passed by.'),
      );
    return train(context, before, rewardsOf(judged.labels));
  },

  noise: (_state, count, size, _params, rng) => plainNoise(count, size, rng),
};

/** 1. r of each label, in [0, 1]. */
export const rewardsOf = (labels: readonly Label[]): number[] =>
  advantages(
    labels.map(({ good }) => good),
    1,
  ).map((A) => 0.5 + 0.5 * A);

/** 2. */
function train(
  whole: LearnContext<NftParams>,
  before: LearnerState,
  rewards: readonly number[],
): Promise<Guarded> {
  const { beta } = whole.params;
  const most = Math.min(whole.params.batch, whole.params.microBatch);
  const run = planTraining(whole, { name: 'nft', beta }, { most }, (spec, loss) => nftGraph(spec, loss.beta));
  const { context, steps } = afforded(whole, { steps: whole.params.steps, rows: run.rows, fits: 1 });
  const { params, round, judged, signal, progress } = context;
  const { batch } = params;
  const old = Object.fromEntries(
    Object.entries(before.adapter).map(([name, tensor]) => [oldName(name), tensor]),
  );
  const { timesteps, feeds } = forwardProcess(context);
  const images = judged.labels.map(({ index, weight }, i) => ({
    latent: image(round.latents, index),
    weight: Math.min(1, weight),
    reward: rewards[i]!,
  }));

  return trainGuarded(context, before, run, async (trainer) => {
    const rng = context.rng('train');
    /** Every image once before any twice. */
    let turn: typeof images = [];
    progress('train', 0, steps, Math.ceil(batch / run.rows));
    for (let step = 0; step < steps; step++) {
      signal.throwIfAborted();
      const picks = Array.from({ length: batch }, () => {
        if (turn.length === 0) turn = rng.shuffle(images);
        return { ...turn.pop()!, timestep: rng.choice(timesteps) };
      });
      await trainer.step(
        chunks(picks, run.rows).map((rows) => {
          const [r, w] = [rows.map(({ reward }) => reward), rows.map(({ weight }) => weight / batch)];
          return {
            ...old,
            ...feeds(rows, run.rows, rng),
            reward: perRow(r, run.rows),
            weight: perRow(w, run.rows),
          };
        }),
      );
      progress('train', step + 1, steps);
    }
  });
}
