/**
 * The default learner: guided regression on every image of the session that people called good (losses/
 * guided-regression.ts). It needs no trajectory and no bad votes, takes any sampler's rounds, and replays old rounds.
 * What limits it is steps, not votes, so a round gets many; the first rounds come from plain noise, because a round
 * that is already narrow teaches narrowness.
 */
import {
  type AcclaimParams,
  comparesLikelihoods,
  learnerParams,
} from '../../../src/config/learner-params.js';
import type { Rng } from '../../../src/rng.js';
import { alphasCumprod } from '../../diffusion/betas.js';
import { ddimTimesteps } from '../../diffusion/ddim.js';
import type { LearnerState, ReplayItem } from '../../io/checkpoint.js';
import { shapesOf } from '../../models/prompt.js';
import { f32, rows, type Tensor } from '../../runtime/tensor.js';
import { carryBest } from '../best.js';
import type { Judged, Label } from '../feedback.js';
import { fitTraining } from '../fit.js';
import { guarded, type Variety } from '../guard.js';
import { batchOf, firstState, type LearnContext, type Learner, mergeReplay, newReplay } from '../learner.js';
import { guidedRegressionGraph } from '../losses/guided-regression.js';
import { specKey } from '../losses/training-graph.js';
import { heroNoise, plainNoise } from '../noise.js';
import { type AdamState, adam, cloneState } from '../optimiser.js';
import { adapterSpec, optimiserOptions } from '../parameters.js';
import { cloneParams, type Params } from '../params.js';
import { Trainer } from '../trainer.js';

export const acclaim: Learner<AcclaimParams> = {
  name: 'acclaim',
  params: learnerParams.acclaim,
  needsTrajectory: comparesLikelihoods.acclaim,

  async learn(context) {
    const { round, judged, params } = context;
    const before = context.state ?? firstState(context);
    const latents = round.manifest.count ? allRows(context) : [];
    const remembered = {
      ...before,
      ...carryBest(round, judged, context.state, latents),
      replay: mergeReplay(before.replay, newReplay(round, judged), round.manifest.round),
    };
    const goods = remembered.replay.filter((item) => item.label > 0.5);
    if (!goods.length) {
      const notes = ['No image has been called good yet, so there is nothing to learn from.'];
      return { state: remembered, learned: false, losses: [], notes };
    }
    const steps = stepsOf(params, judged, goods.length);
    return guarded(context, remembered, async (stepScale, variety) => {
      const { losses, ...trained } = await train(context, before, goods, steps, stepScale, variety);
      return { state: { ...remembered, ...trained }, losses };
    });
  },

  noise(state, count, size, params, rng) {
    if (!state?.best) return plainNoise(count, size, rng);
    const around = Math.round(params.heroShare * count);
    const sources = { best: state.best.noise, goods: state.goods };
    return [...heroNoise(sources, around, params, rng), ...plainNoise(count - around, size, rng)];
  },
};

/** How much this round trains: less the more it was liked, and no more than the goods can carry; a tenth at least. */
export function stepsOf(
  { steps, stepsPerGood, fullUntil }: AcclaimParams,
  judged: Judged,
  goods: number,
): number {
  const weight = (list: readonly Label[]) => list.reduce((sum, label) => sum + label.weight, 0);
  const goodShare = judged.labels.length ? weight(judged.goods) / weight(judged.labels) : 0;
  const need = Math.min(1, Math.max(0.1, (1 - goodShare) / (1 - fullUntil)));
  return Math.ceil(Math.min(steps * need, stepsPerGood * goods));
}

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

interface Trained {
  adapter: Params;
  optimiser: AdamState;
  losses: number[];
}

/** Steps between two looks at the variety that is left. */
const LOOK_EVERY = 10;

async function train(
  context: LearnContext<AcclaimParams>,
  before: LearnerState,
  goods: readonly ReplayItem[],
  steps: number,
  stepScale: number,
  variety: Variety,
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
      const all = ddimTimesteps(pipeline.scheduler, sampler.steps); // noisiest first
      const timesteps = all.slice(0, Math.max(1, Math.floor(params.noisyShare * all.length)));
      const weights = goods.map((item) => item.weight * item.label);
      const rng = context.rng('train');
      progress('train', 0, steps, Math.ceil(params.batch / size));
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
              row.map((i) => goods[picks[i]!]!.latent),
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
        await trainer.step(batches);
        progress('train', step + 1, steps);
        const look = params.keepVariety > 0 && ((step + 1) % LOOK_EVERY === 0 || step + 1 === steps);
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

function allRows({ round }: LearnContext<AcclaimParams>): Float32Array[] {
  return Array.from({ length: round.manifest.count }, (_, i) => rows(round.latents, i, i + 1).data);
}
