/**
 * A round's trajectory as rows of likelihoods: which rounds have none, and the mean of a multistep method's
 * step.
 */
import { describe, expect, it } from 'vitest';
import { schedule } from '../../../engine/diffusion/schedulers.js';
import type { Round, Trajectory } from '../../../engine/io/round.js';
import type { LearnContext } from '../../../engine/learn/learner.js';
import { TrajectoryBatches } from '../../../engine/learn/trajectory-batches.js';
import { schedulerSchema } from '../../../engine/models/config.js';
import { asFloat } from '../../../engine/runtime/named-tensors.js';
import { f32 } from '../../../engine/runtime/tensor.js';

const config = (more: object = {}) =>
  schedulerSchema.parse({
    _class_name: 'DDIMScheduler',
    ...{ beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', steps_offset: 1, ...more },
  });
const [STEPS, COUNT, SIZE] = [4, 2, 3];
const sampler = { scheduler: 'dpmpp-2m-sde' as const, steps: STEPS, guidance: 3, eta: 1 };
const plan = schedule(config(), sampler);
/** Numbers that tell step, image and place apart. */
const told = (steps: number) =>
  f32(
    [steps, COUNT, 1, 1, SIZE],
    Array.from({ length: steps * COUNT * SIZE }, (_, i) => Math.sin(i + 1)),
  );
const kept: Trajectory = {
  latents: told(STEPS + 1),
  x0: told(STEPS),
  logProbs: f32([STEPS, COUNT]),
  timesteps: plan.steps.map(({ timestep }) => timestep),
};
interface More {
  trajectory?: Trajectory | null;
  made?: string;
  /** Of the model's configuration. */
  model?: object;
  by?: 'ddim';
}
const { x0: _, ...unforetold } = kept;
const of = ({ trajectory = kept, made = sampler.scheduler, model = {}, by }: More = {}) => {
  const manifest = { count: COUNT, latent: [1, 1, SIZE], sampler: { scheduler: made } };
  const round = { manifest, trajectory } as unknown as Round;
  const asked = { ...sampler, scheduler: by ?? sampler.scheduler };
  const context = { round, pipeline: { scheduler: config(model) }, sampler: asked };
  return TrajectoryBatches.of(context as unknown as LearnContext<unknown>, 3);
};

describe('a round without likelihoods is refused', () => {
  it.each<[string, More, RegExp]>([
    ['its steps were not kept', { trajectory: null }, /no trajectory/],
    ['it was sampled otherwise', { made: 'ddim' }, /sampled with ddim/],
    ['its timesteps are others', { trajectory: { ...kept, timesteps: [4, 3, 2, 1] } }, /other timesteps/],
    ['the images expected were not kept', { trajectory: unforetold }, /predictions/],
    ['the model clips', { model: { clip_sample: true }, by: 'ddim' }, /clip/],
  ])('%s', (_, more, why) => {
    expect(() => of(more)).toThrow(
      expect.objectContaining({ code: 'not-learnable', message: expect.stringMatching(why) }),
    );
  });
});

it('the image expected at the step before is taken off the next: what is left is one Gaussian', () => {
  const policy = of();
  expect(policy.trainableSteps).toEqual([0, 1, 2]);
  // The first of them has no step before.
  const rows = [0, 1, 2].map((step) => ({ image: 1, step }));
  const { next } = policy.feeds(rows);
  const at = (tensor: typeof kept.latents, step: number, j: number) =>
    tensor.data[(step * COUNT + 1) * SIZE + j]!;
  const wanted = rows.flatMap(({ step }) => {
    const { fromPreviousX0 } = plan.steps[step]!;
    expect(fromPreviousX0 === 0).toBe(step === 0);
    return [0, 1, 2].map((j) =>
      step === 0
        ? at(kept.latents, 1, j)
        : at(kept.latents, step + 1, j) - fromPreviousX0 * at(kept.x0!, step - 1, j),
    );
  });
  for (const [i, value] of asFloat(next, 'next').data.entries()) expect(value).toBeCloseTo(wanted[i]!, 6);
});
