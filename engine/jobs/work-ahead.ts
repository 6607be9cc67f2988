/**
 * What the engine may do of a round's learning while people vote on it: offered when the round is drawn, taken up when it is
 * learned. Where a single call of the network takes long, as of large models on a CPU, nothing is done ahead: a job
 * that comes meanwhile would have to wait for it.
 */
import { createHash } from 'node:crypto';
import type { AdapterParams } from '../../src/config/learner-params.js';
import { Rng } from '../../src/rng.js';
import type { Checkpoint, CheckpointManifest } from '../io/checkpoint.js';
import type { Round } from '../io/round.js';
import { NotAhead } from '../learn/ahead.js';
import type { Fit } from '../learn/fit.js';
import type { Learner } from '../learn/learner.js';
import type { Pipeline } from '../models/pipeline.js';
import { encodePair } from '../models/prompt.js';
import { rate } from '../runtime/rate.js';
import type { EngineContext } from './context.js';

/** Seconds of a call of the network that a job may have to wait for. */
const WAIT_S = 1;

/** The streams of a round's learning. */
export const learnStream = (seed: number, round: number, purpose: string): Rng =>
  new Rng(seed, round, `learn.${purpose}`);

/** Checkpoints from before anything was learned have chosen nothing. */
export const fitOf = ({ batch, recompute }: CheckpointManifest): Fit | null =>
  recompute === undefined ? null : { rows: batch, recompute };

/** Names all that the work depends on. */
export function aheadKey(round: Round, params: object, checkpoint: Checkpoint | null): string {
  const { manifest, latents } = round;
  const { data } = latents;
  const { seed, round: number, model, prompt, negative, sampler, images } = manifest;
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .update(
      JSON.stringify([seed, number, model, prompt, negative, sampler, images, params, checkpoint?.hash]),
    )
    .digest('hex');
}

export function offerAhead<P extends AdapterParams>(
  engine: EngineContext,
  pipeline: Pipeline,
  learner: Learner<P>,
  params: P,
  round: Round,
  checkpoint: Checkpoint | null,
): void {
  const { ahead } = learner;
  if (!ahead) return;
  const { seed, round: number, prompt, negative, sampler, latent } = round.manifest;
  engine.ahead.take(aheadKey(round, params, checkpoint), async () => {
    const speed = await rate(engine.cache);
    return ahead({
      pipeline,
      cache: engine.cache,
      params,
      sampler,
      round,
      state: checkpoint?.state ?? null,
      text: await encodePair(pipeline, engine.cache, { negative, prompt }, latent),
      rng: (purpose) => learnStream(seed, number, purpose),
      chosen: checkpoint ? fitOf(checkpoint.manifest) : null,
      fitted(_, flops) {
        if (flops / speed > WAIT_S) throw new NotAhead();
      },
      progress() {},
      signal: new AbortController().signal,
    });
  });
}
