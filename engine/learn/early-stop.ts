/**
 * How much of what an adapter draws would be liked, by the model of people's votes: asked while a round
 * trains, so that it ends when that is enough. Pictures from fixed noises are only begun, and x_0 as it is
 * expected after a fifth of the steps is what is scored, as where pictures are picked: 32 of them cost about
 * one and a half steps of training.
 */
import { sample } from '../diffusion/sampler.js';
import type { ReplayItem } from '../io/remembered.js';
import { featuresOf } from '../io/round.js';
import type { VoteModel } from '../io/vote-model.js';
import { features } from '../models/features.js';
import type { AdapterValues } from '../nn/lora.js';
import { f32 } from '../runtime/tensor.js';
import type { LearnContext } from './learner.js';
import { LEAST_AUC, stepsBeforeLook } from './picks.js';
import { meansOf } from './vote-model/means.js';
import { scoreWith, tells } from './vote-model/model.js';

const PICTURES = 32;
/** Share of the sampling steps after which they are looked at. */
const LOOK = 0.2;
/** Steps of training before the first look of a session's first round and of later ones, and between two. */
const [FIRST, LATER, EVERY] = [24, 8, 8];

/** Mean P(good) of what an adapter begins. */
export type Approval = (adapter: AdapterValues) => Promise<number>;

/** Null where the model of the votes is not to be believed. */
export function approvalBy(
  context: Pick<LearnContext<unknown>, 'pipeline' | 'cache' | 'round' | 'sampler' | 'rng' | 'signal'>,
  model: VoteModel | null,
  replay: readonly ReplayItem[],
): Approval | null {
  if (!model || !tells(model, LEAST_AUC)) return null;
  const { pipeline, cache, round, sampler, rng, signal } = context;
  const { prompt, negative, latent } = round.manifest;
  const shape = [PICTURES, ...latent];
  const noise = f32(shape, rng('look').normals(shape.reduce((a, b) => a * b)));
  const still = new Float32Array(noise.data.length);
  const { steps, guidance } = sampler;
  const means = meansOf(replay);
  return async (adapter) => {
    const { latents, microBatch } = await sample({
      ...{ pipeline, cache, prompt, negative, noise, adapter, signal },
      stepNoise: () => still,
      sampler: { scheduler: 'ddim', steps, guidance, eta: 0 },
      range: { from: 0, to: stepsBeforeLook(steps, LOOK) ?? steps },
    });
    const maps = await features(pipeline, cache, prompt, latents, microBatch);
    const seen = Array.from({ length: PICTURES }, (_, i) => ({ ...means, ...featuresOf(maps, i) }));
    return scoreWith(model, seen).reduce((sum, opinion) => sum + opinion!.p, 0) / PICTURES;
  };
}

/** The numbers of steps, up to `steps`, after each of which a round's training may end. */
export function stretches(steps: number, first: boolean): number[] {
  const looks: number[] = [];
  for (let at = first ? FIRST : LATER; at < steps; at += EVERY) looks.push(at);
  return [...looks, steps];
}
