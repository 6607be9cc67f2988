/**
 * DiffusionNFT (arXiv 2509.16117): a forward-process update from clean images with a positive and a negative branch.
 *   1. r = 1/2 + 1/2 clamp((y - mean) / std, +-1) over the round's labels (section 3.3)
 *   2. `steps` optimiser steps on batches of the labelled images at the sampler's timesteps (losses/nft.ts); p_old is the
 *      adapter that drew the round, which the paper's moving average with its first rates, under .01, comes down to
 * It needs no trajectory and takes any sampler. The paper trains and samples without guidance; here the guided prediction is
 * fitted, since images are drawn by it.
 */
import { comparesLikelihoods, learnerParams, type NftParams } from '../../../src/config/learner-params.js';
import { alphasCumprod } from '../../diffusion/betas.js';
import { regressedTimesteps } from '../../diffusion/schedulers.js';
import type { LearnerState } from '../../io/checkpoint.js';
import { shapesOf } from '../../models/prompt.js';
import { carryOver } from '../best.js';
import type { Label } from '../feedback.js';
import { fitTraining } from '../fit.js';
import { type Guarded, guarded } from '../guard.js';
import { image, type LearnContext, type Learner } from '../learner.js';
import { nftGraph, oldName } from '../losses/nft.js';
import { specKey } from '../losses/training-graph.js';
import { plainNoise } from '../noise.js';
import { noisedFeeds, perRow } from '../noised-rows.js';
import { adam, cloneState } from '../optimiser.js';
import { adapterSpec, optimiserOptions } from '../parameters.js';
import { cloneParams } from '../params.js';
import { chunks } from '../policy.js';
import { advantages } from '../reward.js';
import { Trainer } from '../trainer.js';

export const nft: Learner<NftParams> = {
  name: 'nft',
  params: learnerParams.nft,
  needsTrajectory: comparesLikelihoods.nft,

  async learn(context) {
    const { judged } = context;
    const before = carryOver(context);
    if (new Set(judged.labels.map(({ good }) => good)).size < 2) {
      const notes = [
        'All votes were alike, and this learner compares good with bad: the round is passed by.',
      ];
      return { state: before, learned: false, losses: [], notes };
    }
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
  context: LearnContext<NftParams>,
  before: LearnerState,
  rewards: readonly number[],
): Promise<Guarded> {
  const { pipeline, cache, params, sampler, round, judged, text, signal, progress } = context;
  const { latent } = round.manifest;
  const whole = {
    pipeline,
    adapter: adapterSpec(params),
    latent,
    guidance: sampler.guidance,
    text: shapesOf(text),
  };
  const purpose = `nft|${params.beta}`;
  const most = Math.min(params.batch, params.microBatch);
  const fit = fitTraining(context, `${purpose}|${specKey(whole)}`, { most }, (fit) =>
    nftGraph({ ...whole, ...fit }, params.beta),
  );
  const spec = { ...whole, ...fit };
  const old = Object.fromEntries(
    Object.entries(before.adapter).map(([name, tensor]) => [oldName(name), tensor]),
  );
  const cumprod = alphasCumprod(pipeline.scheduler);
  const timesteps = regressedTimesteps(pipeline.scheduler, sampler);
  const images = judged.labels.map(({ index, weight }, i) => ({
    latent: image(round.latents, index),
    weight: Math.min(1, weight),
    reward: rewards[i]!,
  }));

  return guarded(context, before, (stepScale) =>
    cache.use(
      `${purpose}|${specKey(spec)}`,
      () => nftGraph(spec, params.beta),
      async (executor) => {
        const trainer = new Trainer(
          executor,
          cloneParams(before.adapter),
          cloneState(before.optimiser),
          adam(optimiserOptions(params, stepScale)),
          text,
        );
        const rng = context.rng('train');
        /** Every image once before any twice. */
        let turn: typeof images = [];
        progress('train', 0, params.steps, Math.ceil(params.batch / fit.rows));
        for (let step = 0; step < params.steps; step++) {
          signal.throwIfAborted();
          const picks = Array.from({ length: params.batch }, () => {
            if (turn.length === 0) turn = rng.shuffle(images);
            return { ...turn.pop()!, timestep: rng.choice(timesteps) };
          });
          await trainer.step(
            chunks(picks, fit.rows).map((rows) => ({
              ...old,
              ...noisedFeeds(rows, fit.rows, latent, cumprod, rng),
              reward: perRow(
                rows.map((row) => row.reward),
                fit.rows,
              ),
              weight: perRow(
                rows.map((row) => row.weight / params.batch),
                fit.rows,
              ),
            })),
          );
          progress('train', step + 1, params.steps);
        }
        const state = { ...before, adapter: trainer.adapter, optimiser: trainer.state };
        return { state, losses: trainer.losses };
      },
    ),
  );
}
