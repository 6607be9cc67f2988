/**
 * What the engine may do of a round's learning while people vote on it: offered when the round is drawn,
 * taken up when it is learned. Where a single call of the network takes long, as of large models on a CPU,
 * nothing is done ahead: a job that comes meanwhile would have to wait for it.
 */
import { createHash } from 'node:crypto';
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import { Rng } from '../../src/rng.js';
import type { Checkpoint, CheckpointManifest } from '../io/checkpoint.js';
import { portable, type Round } from '../io/round.js';
import { FitAhead, NotAhead } from '../learn/ahead.js';
import type { BatchPlan, Learner } from '../learn/learner.js';
import type { Pipeline } from '../models/pipeline.js';
import { encodePair } from '../models/prompt.js';
import type { EngineContext } from './context.js';
import { type GhostDrawing, Ghosts } from './ghosts.js';
import { textsInTurn } from './texts.js';

/** Seconds of a call of the network that a job may have to wait for. */
const WAIT_S = 1;

/** The streams of a round's learning; what the guard looks at comes from the same noises in all rounds. */
export const learnStream = (seed: number, round: number, purpose: string): Rng =>
  new Rng(seed, purpose === 'guard' ? 0 : round, `learn.${purpose}`);

/** Checkpoints from before anything was learned have chosen nothing. */
export const batchPlanOf = ({ batch, recompute }: CheckpointManifest): BatchPlan | null =>
  recompute === undefined ? null : { rows: batch, recompute };

/** Names all that the work depends on. */
export function aheadKey(round: Round, params: object, checkpoint: Checkpoint | null): string {
  const { manifest, latents } = round;
  const { data } = latents;
  const { seed, round: number, model, prompt, negative, sampler, images } = manifest;
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .update(
      JSON.stringify([
        ...[seed, number, model, prompt, negative, portable(sampler)],
        ...[images, params, checkpoint?.hash],
      ]),
    )
    .digest('hex');
}

/** A round, the model that drew it, and what it is learned from. */
export interface RoundAt {
  readonly pipeline: Pipeline;
  readonly round: Round;
  readonly checkpoint: Checkpoint | null;
}

/** Offers what `learner` can do of the round before its votes are there; taken up when the engine is idle. */
export function offerAhead<P extends AdapterHyperparameters>(
  engine: EngineContext,
  at: RoundAt & { readonly learner: Learner<P>; readonly params: P },
): void {
  const { pipeline, round, checkpoint, learner, params } = at;
  const { ahead, ghosts } = learner;
  if (!ahead) return;
  const { seed, round: number, prompt, negative, sampler, latent } = round.manifest;
  engine.ahead.take(aheadKey(round, params, checkpoint), async () => {
    const speed = await engine.rate();
    const state = checkpoint?.state ?? null;
    const allowed = (flops: number) => {
      if (flops / speed > WAIT_S) throw new NotAhead();
    };
    const fit = ahead({
      pipeline,
      cache: engine.cache,
      params,
      sampler,
      round,
      state,
      text: await encodePair(pipeline, engine.cache, { negative, prompt }, latent),
      textOf: await textsInTurn(pipeline, engine.cache, round.manifest),
      rng: (purpose) => learnStream(seed, number, purpose),
      chosen: checkpoint ? batchPlanOf(checkpoint.manifest) : null,
      fitted: (_, flops) => allowed(flops),
      progress() {},
      signal: new AbortController().signal,
    });
    const due = ghosts?.(params, round, state) ?? 0;
    return [
      ...(due > 0 ? [new Ghosts(ghostDrawing(engine, at), due, allowed)] : []),
      ...(fit ? [new FitAhead(fit)] : []),
    ];
  });
}

/** Those of a round that is learned from `checkpoint`: what was drawn of them, or a beginning. */
export const ghostsOf = (engine: EngineContext, at: RoundAt, key: string, due: number): Ghosts =>
  engine.ahead.found(key, Ghosts) ?? new Ghosts(ghostDrawing(engine, at), due);

const ghostDrawing = ({ cache }: EngineContext, { pipeline, round, checkpoint }: RoundAt): GhostDrawing => ({
  pipeline,
  cache,
  round,
  microBatch: (checkpoint?.manifest ?? round.manifest).part,
});
