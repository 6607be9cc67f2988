/**
 * The noises of a round's images, z_T and those of their steps. Each image's are of streams of its own, named
 * by what they are for: what one image is, or how images are batched, changes nothing of another's.
 */
import type { JobPayload } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { heroNoise, plainNoise } from '../diffusion/noise.js';
import type { Checkpoint } from '../io/checkpoint.js';
import type { Origin } from '../io/remembered.js';
import { parseParams } from '../learn/hyperparameters.js';
import { learners } from '../learn/learners/table.js';

type Payload = Pick<JobPayload<'generate'>, 'noise' | 'learner' | 'seed' | 'round'>;

/** Of one round; asked twice it gives the same. */
export class RoundNoises {
  /**
   * `size`: values of a latent; `tuned`: some of the images are a tuned model's, beside which the base
   * model's start from plain noise.
   */
  constructor(
    private readonly payload: Payload,
    private readonly checkpoint: Checkpoint | null,
    private readonly size: number,
    private readonly origins: readonly Origin[],
    private readonly tuned: boolean,
  ) {}

  /** z_T of every image. */
  own(): Float32Array[] {
    return this.initial(this.origins.length, 'noise').map((noise, i) => this.startOf(i, noise, ''));
  }

  /** Of `images`, to be drawn anew for the nth time. */
  again(images: readonly number[], attempt: number): Float32Array[] {
    const fresh = this.initial(images.length, `noise.${attempt}`);
    return fresh.map((noise, i) => this.startOf(images[i]!, noise, `.${attempt}`));
  }

  /** `n` more to choose among. */
  more(origin: Origin, n: number): Float32Array[] {
    if (origin === 'tuned' || !this.tuned) return this.initial(n, 'noise.more');
    return Array.from({ length: n }, (_, i) => this.stream(`noise.more.base.${i}`).normals(this.size));
  }

  /** Of an image's steps; `image` undefined: of what fills a batch up. */
  steps(image: number | undefined, attempt?: number): Rng {
    const again = attempt === undefined ? '' : `.${attempt}`;
    return this.stream(`steps.${image ?? 'fill'}${again}`);
  }

  private stream(purpose: string): Rng {
    return new Rng(this.payload.seed, this.payload.round, purpose);
  }

  private startOf(image: number, noise: Float32Array, again: string): Float32Array {
    if (!this.tuned || this.origins[image] === 'tuned') return noise;
    return this.stream(`noise.base.${image}${again}`).normals(this.size);
  }

  private initial(count: number, purpose: string): Float32Array[] {
    const { payload, size } = this;
    const rng = this.stream(purpose);
    const state = this.checkpoint?.state ?? null;
    const learner = learners[payload.learner.name];
    if (payload.noise === 'learner')
      return learner.noise(state, count, size, parseParams(learner, payload.learner), rng);
    if (payload.noise === 'plain' || !state?.best) return plainNoise(count, size, rng);
    // The paper's mixture whatever learner is asked: the control that every result needs.
    return heroNoise(
      { best: state.best.noise, positives: state.positives },
      count,
      { eps0: 0.1, beta: 0.5 },
      rng,
    );
  }
}
