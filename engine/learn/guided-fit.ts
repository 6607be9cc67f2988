/**
 * The default learner's fit: optimiser steps of guided regression (losses/guided-regression.ts) over a set of latents.
 * Each step takes a batch of them by systematic sampling, at timesteps of the noisy part, with fresh noise; the streams give
 * the same draws whatever the latents are, so two fits can share them.
 */
import type { AcclaimParams } from '../../src/config/learner-params.js';
import type { Rng } from '../../src/rng.js';
import { alphasCumprod } from '../diffusion/betas.js';
import { regressedTimesteps } from '../diffusion/schedulers.js';
import type { LearnerState } from '../io/checkpoint.js';
import { shapesOf } from '../models/prompt.js';
import { f32, type Tensor } from '../runtime/tensor.js';
import { fitTraining } from './fit.js';
import type { Variety } from './guard.js';
import { batchOf, type LearnContext } from './learner.js';
import { guidedRegressionGraph } from './losses/guided-regression.js';
import { specKey } from './losses/training-graph.js';
import { type AdamState, adam, cloneState } from './optimiser.js';
import { adapterSpec, optimiserOptions } from './parameters.js';
import { cloneParams, type Params } from './params.js';
import { Trainer } from './trainer.js';

/** Latents below this many positions are so quick to work on that several threads spend their time meeting each other. */
const SMALL = 1024;
/** Micro-batches that they are worked on at a time. */
const TOGETHER = 4;

/**
 * Rows of one executor call. Small images on several threads go four micro-batches at a time: on two threads a step of
 * the miniature takes .40 s instead of .55 s, for 200 MB; a lone thread gains nothing by it.
 */
function rowsAtOnce(
  { microBatch, batch }: AcclaimParams,
  [, h, w]: readonly [number, number, number],
  threads: number,
): number {
  const together = threads !== 1 && h * w < SMALL ? TOGETHER : 1;
  return Math.min(batch, together * microBatch);
}

/** What a fit moves, and the loss of each of its steps. */
export interface Trained {
  adapter: Params;
  optimiser: AdamState;
  losses: number[];
}

/** Steps between two looks at the variety that is left. */
const LOOK_EVERY = 10;

export interface Item {
  /** z_0, flat. */
  latent: Float32Array;
  weight: number;
}

export interface FitOptions {
  /** What is fitted, each in proportion to its weight. */
  items: readonly Item[];
  steps: number;
  stepScale: number;
  /** Of these steps, how many `before` has taken already: what they drew is drawn again, and left. Default none. */
  taken?: number;
  /** Looked at where `keepVariety` is set. */
  variety?: Variety;
}

/** Fits the adapter to `items`. What is drawn at random does not depend on what the items are. */
export async function fitGuided(
  context: Omit<LearnContext<AcclaimParams>, 'judged'>,
  before: Pick<LearnerState, 'adapter' | 'optimiser'>,
  { items, steps, stepScale, taken = 0, variety }: FitOptions,
): Promise<Trained> {
  const { pipeline, cache, params, sampler, round, text, signal, progress } = context;
  const { latent } = round.manifest;
  const whole = {
    pipeline,
    adapter: adapterSpec(params),
    latent,
    guidance: sampler.guidance,
    text: shapesOf(text),
  };
  const loss = { cap: params.weightCap, anchor: params.anchor };
  const most = rowsAtOnce(params, latent, cache.options.threads);
  const purpose = `guided-regression|${loss.cap} ${loss.anchor}`;
  const allowed = Math.min(params.batch, TOGETHER * params.microBatch);
  const fit = fitTraining(context, `${purpose}|${specKey(whole)}`, { most, allowed }, (fit) =>
    guidedRegressionGraph({ ...whole, ...fit }, loss),
  );
  const size = fit.rows;
  const spec = { ...whole, ...fit };
  const key = `${purpose}|${specKey(spec)}`;
  return cache.use(
    key,
    () => guidedRegressionGraph(spec, loss),
    async (executor) => {
      const rule = adam(optimiserOptions(params, stepScale));
      const adapter = cloneParams(before.adapter);
      const optimiser = cloneState(before.optimiser);
      const trainer = new Trainer(executor, adapter, optimiser, rule, text);
      const reached = (): Trained => ({
        adapter: cloneParams(adapter),
        optimiser: cloneState(optimiser),
        losses: [...trainer.losses],
      });
      let varied: Trained | undefined;

      const cumprod = alphasCumprod(pipeline.scheduler);
      const all = regressedTimesteps(pipeline.scheduler, sampler); // noisiest first
      const timesteps = all.slice(0, Math.max(1, Math.floor(params.noisyShare * all.length)));
      const weights = items.map((item) => item.weight);
      const rng = context.rng('train');
      progress('train', taken, steps, Math.ceil(params.batch / size));
      for (let step = 0; step < steps; step++) {
        signal.throwIfAborted();
        const picks = stratified(weights, params.batch, rng);
        const ts = rng
          .shuffle(
            stratified(
              timesteps.map(() => 1),
              params.batch,
              rng,
            ),
          )
          .map((i) => timesteps[i]!);
        const batches: Record<string, Tensor>[] = [];
        for (let at = 0; at < params.batch; at += size) {
          const row = Array.from({ length: size }, (_, i) => Math.min(at + i, params.batch - 1));
          batches.push({
            x: batchOf(
              row.map((i) => items[picks[i]!]!.latent),
              latent,
            ),
            noise: f32([size, ...latent], rng.normals(size * latent[0] * latent[1] * latent[2])),
            timestep: f32(
              [size],
              row.map((i) => ts[i]!),
            ),
            alpha: f32(
              [size, 1, 1, 1],
              row.map((i) => cumprod[ts[i]!]!),
            ),
            weight: f32(
              [size],
              row.map((_, i) => (at + i < params.batch ? 1 / params.batch : 0)),
            ),
          });
        }
        if (step < taken) continue;
        await trainer.step(batches, () => signal.throwIfAborted());
        progress('train', step + 1, steps);
        const look =
          variety && params.keepVariety > 0 && ((step + 1) % LOOK_EVERY === 0 || step + 1 === steps);
        if (!look) continue;
        if ((await variety(adapter)) < params.keepVariety) return varied ?? reached();
        varied = reached();
      }
      return reached();
    },
  );
}

/**
 * `count` indices in proportion to `weights` by systematic sampling (one random offset, equal strides): each index
 * comes floor or ceil of its share, so every good image is heard about equally often.
 */
export function stratified(weights: readonly number[], count: number, rng: Rng): number[] {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const offset = rng.uniform();
  const out: number[] = [];
  let index = 0;
  let reached = weights[0]!;
  for (let k = 0; k < count; k++) {
    const target = ((k + offset) / count) * total;
    while (reached <= target && index < weights.length - 1) reached += weights[++index]!;
    out.push(index);
  }
  return out;
}
