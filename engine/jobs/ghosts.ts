/**
 * Pictures of the base model beside a round's, which nobody sees (engine/learn/vote-model/ghosts.ts says what
 * for). Which they are is decided by the session's seed and the round alone, and they are drawn in batches of
 * one size, so that they are the same bytes whether they were drawn while people voted or when the round is
 * learned.
 */
import { Rng } from '../../src/rng.js';
import { sample } from '../diffusion/sampler.js';
import { batchOf, image } from '../io/latents.js';
import type { Ghost } from '../io/remembered.js';
import type { Round } from '../io/round.js';
import { featuresOf } from '../io/round.js';
import type { Spare } from '../learn/ahead.js';
import { features } from '../models/features.js';
import type { Pipeline } from '../models/pipeline.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { mostAtATime, stepNoiseOf } from './draw.js';

export interface GhostDrawing {
  pipeline: Pipeline;
  cache: ExecutorCache;
  round: Round;
  /** Pictures of one executor call, as the session began. */
  microBatch: number | undefined;
}

/** Pictures drawn at a time, at most: nobody waits for more than a step of so many. */
const MOST = 16;

/** The ghosts of a round, as far as they were drawn. */
export class Ghosts implements Spare {
  private readonly drawn: Ghost[] = [];
  /** Of equal batches. */
  private readonly size: number;

  constructor(
    private readonly drawing: GhostDrawing,
    private readonly wanted: number,
    /**
     * Asked before a batch that nobody waits for, with the floating-point operations of one of its steps; it
     * may throw.
     */
    private readonly allowed: (flops: number) => void = () => {},
  ) {
    const most = Math.min(MOST, mostAtATime(drawing.round.manifest.latent));
    this.size = Math.ceil(wanted / Math.ceil(wanted / most));
  }

  next(signal: AbortSignal): Promise<boolean> {
    const { steps } = this.drawing.round.manifest.sampler;
    return this.batch(signal, async (flops) => this.allowed((flops * this.size) / steps));
  }

  /** `tell`: how many are drawn, of how many. */
  async all(signal: AbortSignal, tell: (drawn: number, wanted: number) => void): Promise<Ghost[]> {
    do tell(Math.min(this.drawn.length, this.wanted), this.wanted);
    while (await this.batch(signal));
    return this.drawn.slice(0, this.wanted);
  }

  private async batch(signal: AbortSignal, onBegin?: (flops: number) => Promise<void>): Promise<boolean> {
    if (this.drawn.length < this.wanted)
      this.drawn.push(...(await drawBatch(this.drawing, this.drawn.length, this.size, signal, onBegin)));
    return this.drawn.length < this.wanted;
  }
}

async function drawBatch(
  { pipeline, cache, round, microBatch }: GhostDrawing,
  from: number,
  count: number,
  signal: AbortSignal,
  onBegin?: (flops: number) => Promise<void>,
): Promise<Ghost[]> {
  const { seed, round: number, latent, prompt, negative, sampler } = round.manifest;
  const size = latent[0] * latent[1] * latent[2];
  const ids = Array.from({ length: count }, (_, i) => from + i);
  const stream = (purpose: string, i: number) => new Rng(seed, number, `ghosts.${purpose}.${i}`);
  const { latents, microBatch: used } = await sample({
    pipeline,
    cache,
    prompt,
    negative,
    sampler,
    microBatch,
    signal,
    onBegin,
    noise: batchOf(
      ids.map((i) => stream('noise', i).normals(size)),
      latent,
    ),
    stepNoise: stepNoiseOf(
      ids.map((i) => stream('steps', i)),
      latent,
    ),
  });
  const maps = await features(pipeline, cache, prompt, latents, used);
  return ids.map((_, i) => ({
    latent: image(latents, i),
    features: featuresOf(maps, i),
    round: number,
  }));
}
