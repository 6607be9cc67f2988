/**
 * Training on likelihoods: rows (image, step) of a round's trajectory as feeds of losses/likelihood.ts, and
 * the rule that keeps it honest. Old log-probabilities are recomputed by the training graph itself at the
 * weights that the round begins with; before the first step every ratio must be 1 within 1e-5, else a clip
 * range of 1e-4 would train on rounding. They must also be near those of sampling, else the round was sampled
 * with another adapter.
 */
import { setImmediate } from 'node:timers/promises';
import { AcclaimError } from '../../src/errors.js';
import { requireLikelihoods } from '../diffusion/likelihoods.js';
import { isMultistep, type Schedule, type Step, scaled } from '../diffusion/schedule.js';
import { schedule } from '../diffusion/schedulers.js';
import type { Trajectory } from '../io/round.js';
import { asFloat } from '../runtime/named-tensors.js';
import { type FloatTensor, f32, type Tensor } from '../runtime/tensor.js';
import type { LearnContext } from './learner.js';
import type { Trainer } from './trainer.js';

/** |ratio - 1| before the first step. */
const RATIO_TOLERANCE = 1e-5;
/** |log p recomputed - log p at sampling|: fp16 sampling stays below, another adapter does not. */
const SAMPLING_TOLERANCE = 1e-2;

export interface Row {
  image: number;
  step: number;
}

/** An optimiser step: its rows in micro-batches, and what the loss is fed for each. */
export interface PlannedStep {
  batches: readonly (readonly Row[])[];
  feeds(rows: readonly Row[]): Record<string, Tensor>;
}

/**
 * A round's trajectory as rows of (image, step), fed in micro-batches to a graph of the policy's likelihoods.
 */
export class TrajectoryBatches {
  private constructor(
    private readonly trajectory: Trajectory,
    private readonly latent: readonly [number, number, number],
    private readonly count: number,
    private readonly plan: Schedule,
    /** B of the graph; shorter batches are filled up with rows of weight 0. */
    private readonly rows: number,
  ) {}

  /** Errors: `not-learnable` where the round has no likelihoods. */
  static of<P>({ round, pipeline, sampler }: LearnContext<P>, rows: number): TrajectoryBatches {
    const refuse = (why: string, hint: string): never => {
      throw new AcclaimError('not-learnable', why, hint);
    };
    const plan = schedule(pipeline.scheduler, sampler);
    requireLikelihoods(plan, sampler);
    if (plan.steps.some((step) => step.clip))
      refuse(
        'the model clips what it predicts (clip_sample), and such steps have no likelihoods here',
        'Sample with euler-ancestral.',
      );
    if (!round.trajectory)
      return refuse('the round kept no trajectory', 'Generate it with the trajectory kept.');
    const made = round.manifest.sampler.scheduler;
    const same = plan.steps.map((s) => s.timestep).join() === round.trajectory.timesteps.join();
    if (made !== sampler.scheduler || !same)
      refuse(
        `the round was sampled with ${same ? made : 'other timesteps'}`,
        'Learn with the settings that the round was sampled with.',
      );
    if (isMultistep(plan) && !round.trajectory.x0)
      refuse('the round kept no predictions of its images', 'Generate it with the trajectory kept.');
    const { latent, count } = round.manifest;
    return new TrajectoryBatches(round.trajectory, latent, count, plan, rows);
  }

  /** Steps that added noise; the others have no density. */
  get trainableSteps(): number[] {
    return this.plan.steps.flatMap(({ std }, k) => (std > 0 ? [k] : []));
  }

  /** Feeds of one executor call; `weight` 1 for a row, 0 for filling. */
  feeds(rows: readonly Row[]): Record<string, Tensor> & { weight: FloatTensor } {
    const B = this.rows;
    const filled = Array.from({ length: B }, (_, i) => rows[Math.min(i, rows.length - 1)]!);
    const size = this.latent[0] * this.latent[1] * this.latent[2];
    const { steps, initialScale } = this.plan;
    const { latents, x0 } = this.trajectory;
    const at = (tensor: FloatTensor, step: number, image: number) => {
      const start = (step * this.count + image) * size;
      return tensor.data.subarray(start, start + size);
    };
    const [x, next] = [f32([B, ...this.latent]), f32([B, ...this.latent])];
    for (const [i, { image, step }] of filled.entries()) {
      const { scale, fromPreviousX0 } = steps[step]!;
      // The network sees c x; the trajectory begins with the noise itself.
      const seen = scale * (step === 0 ? initialScale : 1);
      x.data.set(scaled(at(latents, step, image), seen), i * size);
      next.data.set(at(latents, step + 1, image), i * size);
      if (fromPreviousX0 === 0) continue;
      // r x_0' is constant here: N(y; m + r x_0', s^2) = N(y - r x_0'; m, s^2).
      const before = at(x0!, step - 1, image);
      for (let j = 0; j < size; j++) next.data[i * size + j]! -= fromPreviousX0 * before[j]!;
    }
    const column = (f: (step: Step) => number) =>
      f32(
        [B, 1, 1, 1],
        filled.map(({ step }) => f(steps[step]!)),
      );
    return {
      x,
      next,
      timestep: f32(
        [B],
        filled.map(({ step }) => steps[step]!.timestep),
      ),
      from_sample: column((s) => s.fromSample / s.scale),
      from_output: column((s) => s.fromOutput),
      sigma: column((s) => s.std),
      weight: f32(
        [B],
        filled.map((_, i) => (i < rows.length ? 1 : 0)),
      ),
    };
  }

  /** `values` [<= B] filled up with the last one. */
  perRow(values: readonly number[]): Tensor {
    return f32(
      [this.rows],
      Array.from({ length: this.rows }, (_, i) => values[Math.min(i, values.length - 1)]!),
    );
  }

  /**
   * Takes the steps of `plan`: first log p_old of all its rows, everything as yet unmoved, then step by step.
   * `unmoved` fills the feeds that the loss has beside the likelihood's while nothing is trained. Errors:
   * `not-learnable`.
   */
  async train(
    trainer: Trainer,
    plan: readonly PlannedStep[],
    unmoved: (rows: readonly Row[]) => Record<string, Tensor>,
    { signal, progress }: Pick<LearnContext<unknown>, 'signal' | 'progress'>,
  ): Promise<void> {
    const all = plan.flatMap((step) => step.batches);
    progress('train', 0, 2 * all.length, 1);
    const old = await this.oldLogProbs(trainer, all, unmoved, { signal, progress });
    let at = 0;
    for (const { batches, feeds } of plan) {
      signal.throwIfAborted();
      const first = at === 0;
      const fed = batches.map((rows) => ({ ...feeds(rows), old_log_prob: this.perRow(old[at++]!) }));
      await trainer.step(fed, (outputs, i) => {
        if (first) checkRatios(outputs.ratio, batches[i]!.length);
      });
      progress('train', all.length + at, 2 * all.length);
    }
  }

  /**
   * log p_old of every row of every batch, by the training graph at the adapter as it stands. `extra` fills
   * the feeds that the loss has beside the likelihood's.
   */
  private async oldLogProbs(
    trainer: Trainer,
    batches: readonly (readonly Row[])[],
    extra: (rows: readonly Row[]) => Record<string, Tensor>,
    context: Pick<LearnContext<unknown>, 'signal' | 'progress'>,
  ): Promise<number[][]> {
    const out: number[][] = [];
    for (const [i, rows] of batches.entries()) {
      context.signal.throwIfAborted();
      const zeros = this.perRow([0]);
      const result = await trainer.run({ ...extra(rows), ...this.feeds(rows), old_log_prob: zeros });
      const logs = asFloat(result.log_prob, 'log_prob').data;
      for (const [j, { image, step }] of rows.entries()) this.checkSampling(logs[j]!, image, step);
      out.push(rows.map((_, j) => logs[j]!));
      context.progress('train', i + 1, 2 * batches.length);
      await setImmediate();
    }
    return out;
  }

  private checkSampling(recomputed: number, image: number, step: number): void {
    const sampled = this.trajectory.logProbs.data[step * this.count + image]!;
    if (Math.abs(recomputed - sampled) <= SAMPLING_TOLERANCE) return;
    throw new AcclaimError(
      'not-learnable',
      `image ${image}, step ${step}: log-probability ${recomputed} now, ${sampled} when it was sampled`,
      'Learn a round with the checkpoint it was sampled with.',
    );
  }
}

/** Before the first optimiser step every ratio is 1. */
function checkRatios(ratio: Tensor | undefined, count: number): void {
  const data = asFloat(ratio, 'ratio').data;
  for (let i = 0; i < count; i++)
    if (!(Math.abs(data[i]! - 1) <= RATIO_TOLERANCE))
      throw new AcclaimError(
        'not-learnable',
        `the ratio of new to old policy is ${data[i]} before the first step`,
        'This device does not repeat its arithmetic closely enough for this learner; use acclaim instead.',
      );
}
