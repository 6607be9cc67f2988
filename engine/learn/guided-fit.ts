/**
 * The default learner's fit: optimiser steps of guided regression (losses/guided-regression.ts) over a set of
 * latents. Each step takes a batch of them by systematic sampling, at timesteps of the noisy part, with fresh
 * noise; the streams give the same draws whatever the latents are, so two fits can share them.
 */
import type { AcclaimParams } from '../../src/config/learners.js';
import type { Rng } from '../../src/rng.js';
import type { LatentShape } from '../io/latents.js';
import type { TextFeeds } from '../models/prompt.js';
import { cloneTensors } from '../runtime/named-tensors.js';
import { chunks } from './chunks.js';
import type { Variety } from './collapse-guard.js';
import type { LearnContext } from './learner.js';
import { guidedRegressionGraph } from './losses/guided-regression.js';
import { forwardProcess, perRow } from './noised-rows.js';
import { cloneState } from './optimiser.js';
import type { Moved, Trainer } from './trainer.js';
import { planTraining, type TrainingRun } from './training-run.js';

/**
 * Latents below this many positions are so quick to work on that several threads spend their time meeting
 * each other.
 */
const SMALL = 1024;
/** Micro-batches that they are worked on at a time. */
const TOGETHER = 4;

/**
 * Rows of one executor call. Small images on several threads go four micro-batches at a time: on two threads
 * a step of the miniature takes .40 s instead of .55 s, for 200 MB; a lone thread gains nothing by it.
 */
function rowsAtOnce({ microBatch, batch }: AcclaimParams, [, h, w]: LatentShape, threads: number): number {
  const together = threads !== 1 && h * w < SMALL ? TOGETHER : 1;
  return Math.min(batch, together * microBatch);
}

function runOf(context: Omit<LearnContext<AcclaimParams>, 'judged'>): TrainingRun {
  const { cache, params, round } = context;
  const { batch, weightCap: cap, anchor } = params;
  const most = rowsAtOnce(params, round.manifest.latent, cache.options.threads);
  const allowed = Math.min(batch, TOGETHER * params.microBatch);
  const loss = { name: 'guided-regression', cap, anchor };
  return planTraining(context, loss, { most, allowed }, guidedRegressionGraph);
}

/** Rows of one executor call of the fit. Errors: memory-short. */
export const guidedRows = (context: Omit<LearnContext<AcclaimParams>, 'judged'>): number =>
  runOf(context).rows;

/** What a fit moved, and the loss of each of its steps. */
export interface Trained extends Moved {
  losses: number[];
}

/** Steps between two looks at the variety that is left. */
const LOOK_EVERY = 10;

export interface Item {
  /** z_0, flat. */
  latent: Float32Array;
  weight: number;
  /** In which it was drawn: it is learned under that round's prompt. */
  round: number;
}

export interface FitOptions {
  /** What is fitted, each in proportion to its weight. */
  items: readonly Item[];
  steps: number;
  stepScale: number;
  /**
   * Of these steps, how many `before` has taken already: what they drew is drawn again, and left. Default
   * none.
   */
  taken?: number;
  /** Looked at where `keepVariety` is set. */
  variety?: Variety;
}

/** Fits the adapter to `items`. What is drawn at random does not depend on what the items are. */
export async function fitGuided(
  context: Omit<LearnContext<AcclaimParams>, 'judged'>,
  before: Moved,
  { items, steps, stepScale, taken = 0, variety }: FitOptions,
): Promise<Trained> {
  const { params, signal, progress } = context;
  const { batch } = params;
  const run = runOf(context);
  const { timesteps: all, feeds } = forwardProcess(context);
  const timesteps = all.slice(0, Math.max(1, Math.floor(params.noisyShare * all.length)));
  const weights = items.map((item) => item.weight);
  const alike = timesteps.map(() => 1);

  return run.train(before, stepScale, async (trainer) => {
    let varied: Trained | undefined;
    const rng = context.rng('train');
    progress('train', taken, steps, Math.ceil(batch / run.rows));
    for (let step = 0; step < steps; step++) {
      signal.throwIfAborted();
      const picks = stratified(weights, batch, rng);
      const ts = rng.shuffle(stratified(alike, batch, rng)).map((i) => timesteps[i]!);
      const drawn = picks.map((pick, i) => {
        const { latent, round } = items[pick]!;
        return { latent, timestep: ts[i]!, text: context.textOf?.(round) ?? context.text };
      });
      const batches = byText(drawn)
        .flatMap((own) => chunks(own, run.rows))
        .map((rows) => ({
          ...feeds(rows, run.rows, rng),
          ...rows[0]!.text,
          weight: perRow(
            rows.map(() => 1 / batch),
            run.rows,
          ),
        }));
      if (step < taken) continue;
      await trainer.step(batches, () => signal.throwIfAborted());
      progress('train', step + 1, steps);
      const look = params.keepVariety > 0 && ((step + 1) % LOOK_EVERY === 0 || step + 1 === steps);
      if (!variety || !look) continue;
      if ((await variety(trainer.adapter)) < params.keepVariety) return varied ?? reached(trainer);
      varied = reached(trainer);
    }
    return reached(trainer);
  });
}

/** Rows of one text together, in the order in which texts come: an executor call has one. */
function byText<T extends { text: TextFeeds }>(drawn: readonly T[]): T[][] {
  const texts = [...new Set(drawn.map(({ text }) => text))];
  return texts.map((text) => drawn.filter((row) => row.text === text));
}

/** What a fit has come to; it may go on. */
const reached = ({ adapter, state, losses }: Trainer): Trained => ({
  adapter: cloneTensors(adapter),
  optimiser: cloneState(state),
  losses: [...losses],
});

/**
 * `count` indices in proportion to `weights` by systematic sampling (one random offset, equal strides): each
 * index comes floor or ceil of its share, so every good image is heard about equally often.
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
