/**
 * Images from noise, in batches that fit: sampled, decoded, and kept with all that a round remembers of them.
 * The noise of an image's steps comes from a stream of its own, so what is drawn beside it changes nothing
 * but rounding.
 */
import { type Raster, rasterFromFloats } from '../../src/images/raster.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import type { Rng } from '../../src/rng.js';
import { type SampleRequest, type Samples, sample } from '../diffusion/sampler.js';
import { durationInWords } from '../foretold-costs.js';
import { batchOf, type LatentShape } from '../io/latents.js';
import type { Origin } from '../io/remembered.js';
import type { FeatureMaps, Trajectory } from '../io/round.js';
import { features } from '../models/features.js';
import { mustBeFinite } from '../models/finite.js';
import { decode, type Pipeline } from '../models/pipeline.js';
import type { TinyVae } from '../models/tiny-vae.js';
import { type FloatTensor, f32, rows, stackRows } from '../runtime/tensor.js';
import type { EngineContext } from './context.js';
import type { Report } from './pace.js';
import type { Previewer } from './preview.js';

export interface Drawing {
  engine: EngineContext;
  pipeline: Pipeline;
  latent: LatentShape;
  payload: Pick<JobPayload<'generate'>, 'prompt' | 'negative' | 'sampler' | 'trajectory'>;
  /** Of the images that are not the base model's. */
  adapter: SampleRequest['adapter'];
  /** Share of the steps that it is on in; default all. */
  until?: SampleRequest['until'];
  /** See PredictorRequest. */
  merged?: SampleRequest['merged'];
  /** As the session began; default: what fits. */
  microBatch: SampleRequest['microBatch'];
  report: Report;
  preview?: Previewer | undefined;
  /** Makes the pictures in the VAE's place. */
  tiny?: TinyVae | undefined;
  signal: AbortSignal;
}

export interface Drawn {
  /** z_T [N,C,h,w]. */
  noise: FloatTensor;
  /** z_0 [N,C,h,w]. */
  latents: FloatTensor;
  trajectory: Trajectory | null;
  /** What the base model sees in each picture. */
  features: FeatureMaps;
  pictures: Raster[];
  /** Images sampled at a time. */
  batch: number;
  /** Images of one executor call, at most. */
  microBatch: number;
}

/** Latent pixels sampled at a time: 32 images of the miniature, two of Stable Diffusion at 512x512. */
const BATCH_LATENT_PIXELS = 8192;

/** Images sampled at a time, at most. */
export const mostAtATime = ([, h, w]: LatentShape): number =>
  Math.max(1, Math.floor(BATCH_LATENT_PIXELS / (h * w)));

/** Images that are sampled together, all by the base model or all by the tuned one. */
export interface Batch {
  origin: Origin;
  /** Of the round. */
  images: readonly number[];
  /** Rows: the images, and what fills a last batch up. */
  size: number;
}

/** Equal batches of each origin's images, the base model's first. */
export function batchesOf(origins: readonly Origin[], most: number): Batch[] {
  return (['base', 'tuned'] as const).flatMap((origin) => {
    const own = origins.flatMap((of, i) => (of === origin ? [i] : []));
    const batches = Math.ceil(own.length / most);
    const size = Math.ceil(own.length / batches);
    return Array.from({ length: batches }, (_, b) => ({
      origin,
      images: own.slice(b * size, (b + 1) * size),
      size,
    }));
  });
}

/**
 * One image for each of `noises`, flat, by the model that `origins` says; `stream(i)` gives the noise of
 * image i's steps, also for fillings past the end.
 */
export async function drawImages(
  drawing: Drawing,
  noises: readonly Float32Array[],
  stream: (index: number) => Rng,
  origins: readonly Origin[],
): Promise<Drawn> {
  const { latent, payload, report, preview } = drawing;
  const count = noises.length;
  const noise = batchOf(noises, latent);
  const plan = batchesOf(origins, mostAtATime(latent));
  const batches = plan.length;
  const batch = Math.max(...plan.map(({ size }) => size));
  const parts: Samples[] = [];
  for (const [b, { origin, images, size: rowsOf }] of plan.entries()) {
    const fillings = rowsOf - images.length;
    const own = [...images, ...Array.from({ length: fillings }, (_, i) => count + i)].map((i) => stream(i));
    parts.push(
      await sample({
        ...requestOf(drawing, origin),
        noise: filled(noise, images, rowsOf),
        stepNoise: stepNoiseOf(own, latent),
        ...(b === 0 && {
          onBegin: (flops) => foretell(drawing, flops, count, batches * payload.sampler.steps),
        }),
        onStep: async (done, total, expected) =>
          report(
            'sample',
            b * total + done,
            batches * total,
            await preview?.(
              parts.map((part) => part.latents),
              expected,
            ),
          ),
        keep: payload.trajectory ? 'trajectory' : 'none',
      }),
    );
  }

  const latents = inPlace(
    plan,
    parts.map((p) => p.latents),
    count,
  );
  const pictures = await develop(drawing, latents);
  const trajectory = payload.trajectory ? joinTrajectories(plan, parts, count) : null;
  const { microBatch } = parts[0]!;
  return {
    noise,
    latents,
    trajectory,
    features: await seen(drawing, latents, microBatch),
    pictures,
    batch,
    microBatch,
  };
}

/** What all batches of a round ask of the sampler. */
export const requestOf = (
  { engine, pipeline, payload, adapter, until, merged, microBatch, signal }: Drawing,
  origin: Origin,
) => ({
  pipeline,
  cache: engine.cache,
  prompt: payload.prompt,
  negative: payload.negative,
  sampler: payload.sampler,
  adapter: origin === 'tuned' ? adapter : undefined,
  until,
  merged,
  microBatch,
  signal,
});

/** The noise of a step, each image's from its own stream. */
export const stepNoiseOf = (streams: readonly Rng[], latent: LatentShape) => (): Float32Array => {
  const size = latent[0] * latent[1] * latent[2];
  return batchOf(
    streams.map((rng) => rng.normals(size)),
    latent,
  ).data;
};

/** `flops` of one image, `total` of the steps that progress counts; `count` images' worth of drawing. */
export async function foretell(
  { engine, report }: Drawing,
  flops: number,
  count: number,
  total: number,
): Promise<void> {
  const each = flops / (await engine.rate());
  engine.onForetold?.(
    each,
    `sampling takes about ${durationInWords(each)} an image, ${durationInWords(each * count)} in all`,
  );
  report('sample', 0, total, undefined, each * count);
}

/** What the base model sees in latents. */
export const seen = ({ engine, pipeline, payload }: Drawing, latents: FloatTensor, microBatch: number) =>
  features(pipeline, engine.cache, payload.prompt, latents, microBatch);

/** Latents -> pictures. */
export async function develop(
  { engine, pipeline, tiny, report, signal }: Drawing,
  latents: FloatTensor,
): Promise<Raster[]> {
  signal.throwIfAborted();
  report('decode', 0, 1);
  const images = await decode(pipeline, engine.cache, latents, tiny);
  mustBeFinite(images, pipeline, 'decode');
  report('decode', 1, 1);
  const [count, , height, width] = images.shape as [number, number, number, number];
  return Array.from({ length: count }, (_, i) =>
    rasterFromFloats(rows(images, i, i + 1).data, width, height),
  );
}

/** Images `at` of `drawn` become those of `fresh`, in that order. */
export function putInPlace(drawn: Drawn, at: readonly number[], fresh: Drawn): void {
  for (const [from, to] of at.entries()) {
    drawn.pictures[to] = fresh.pictures[from]!;
    copyImage(fresh.noise, from, drawn.noise, to);
    copyImage(fresh.latents, from, drawn.latents, to);
    for (const [map, target] of Object.entries(drawn.features)) {
      // A map that was not finite for the fresh pictures cannot be told of them.
      const source = fresh.features[map];
      if (source) copyImage(source, from, target, to);
      else target.data.fill(0, to * target.shape[1]!, (to + 1) * target.shape[1]!);
    }
    if (!drawn.trajectory || !fresh.trajectory) continue;
    for (const key of ['latents', 'logProbs', 'x0'] as const) {
      const [source, target] = [fresh.trajectory[key], drawn.trajectory[key]];
      if (source && target) copyImage(source, from, target, to, 1);
    }
  }
}

/**
 * Image `from` of one tensor over image `to` of another; images are counted along `axis` 0, or 1 behind the
 * steps.
 */
function copyImage(
  source: FloatTensor,
  from: number,
  target: FloatTensor,
  to: number,
  axis: 0 | 1 = 0,
): void {
  const [n, m] = [source.shape[axis]!, target.shape[axis]!];
  const each = source.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const steps = axis === 0 ? 1 : source.shape[0]!;
  for (let k = 0; k < steps; k++) {
    const start = (k * n + from) * each;
    target.data.set(source.data.subarray(start, start + each), (k * m + to) * each);
  }
}

/** Images `pick` of x; past their end the last is repeated, and dropped later. */
function filled(x: FloatTensor, pick: readonly number[], batch: number): FloatTensor {
  const index = (i: number) => pick[Math.min(i, pick.length - 1)]!;
  return stackRows(Array.from({ length: batch }, (_, i) => rows(x, index(i), index(i) + 1)));
}

/** What each batch gave, each image at its place in the round, what was filled up left out. */
function inPlace(
  plan: readonly Batch[],
  parts: readonly FloatTensor[],
  count: number,
  axis: 0 | 1 = 0,
): FloatTensor {
  const shape = parts[0]!.shape.map((side, at) => (at === axis ? count : side));
  const out = f32(shape);
  for (const [b, { images }] of plan.entries())
    for (const [from, to] of images.entries()) copyImage(parts[b]!, from, out, to, axis);
  return out;
}

/** [T+1,n,...] of each batch -> [T+1,N,...]. */
function joinTrajectories(plan: readonly Batch[], parts: readonly Samples[], count: number): Trajectory {
  const join = (take: (p: Samples) => FloatTensor) => inPlace(plan, parts.map(take), count, 1);
  return {
    latents: join((p) => p.trajectory!),
    logProbs: join((p) => p.logProbs!),
    timesteps: parts[0]!.timesteps,
    x0: parts[0]!.x0 && join((p) => p.x0!),
  };
}
