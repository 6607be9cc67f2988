/**
 * A round's folder: the images people saw, the noise they came from, and what likelihood learners need of the
 * way. Layout in docs/formats.md. Reading checks every hash, every shape and that all numbers are finite, so
 * that a learner can trust what it is given; anything else is AcclaimError `round-corrupt`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { drawsSchema, pickSchema, safetyMarkSchema, samplerSchema } from '../../src/queue/jobs.js';
import { drawingPlanSchema } from '../../src/queue/plan-fields.js';
import { type FloatTensor, f32, i64, type Tensor } from '../runtime/tensor.js';
import { readFolder, writeFolder } from './folder.js';
import { image } from './latents.js';
import { type FeatureRows, type Origin, originSchema } from './remembered.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const side = z.number().int().positive();

export const roundManifestSchema = z.object({
  format: z.literal('acclaim-round'),
  version: z.literal(1),
  round: z.number().int().nonnegative(),
  /** Random streams: (seed, round, purpose). */
  seed: z.number().int().nonnegative(),
  model: z.object({ sha256: z.string(), family: z.string() }),
  prompt: z.string(),
  /** All that the session draws, a round each in turn; left out = this one. */
  prompts: z.array(z.string()).optional(),
  negative: z.string(),
  sampler: samplerSchema,
  width: side,
  height: side,
  count: side,
  /** C, h, w of a latent. */
  latent: z.tuple([side, side, side]),
  noise: z.enum(['plain', 'hero', 'learner']),
  /** Hash of the manifest of the checkpoint whose adapter was applied; null = base model. */
  checkpoint: z.string().nullable(),
  /** Images a batch, threads of an operator, device, precision: together they decide the bytes. */
  batch: side,
  /** Images of one executor call, at most: the session's checkpoints keep to it. */
  part: side.optional(),
  threads: z.number().int().nonnegative(),
  device: z.string(),
  /** What networks were computed in; of before there was a choice, fp32. */
  precision: z.enum(['fp32', 'fp16', 'int8']).default('fp32'),
  software: z.string(),
  /**
   * What the base model sees in the pictures noised to `timestep`: maps and their widths. Rounds of before
   * have none.
   */
  features: z
    .object({ timestep: z.number().int().nonnegative(), maps: z.record(z.string(), side) })
    .optional(),
  /**
   * Which model drew each image, and whether it was chosen among more; left out = all by one model
   * (`originOf`).
   */
  images: z
    .array(
      z.object({
        origin: originSchema,
        pick: pickSchema.optional(),
        /** What the vote model thought of it when it was chosen: P(good), and how far the heads disagreed. */
        p: z.number().optional(),
        spread: z.number().optional(),
      }),
    )
    .optional(),
  /** Hash of the tiny decoder that made the pictures; left out = the model's own VAE. */
  decoder: z.string().optional(),
  /** What choosing took; of rounds that were chosen among more. */
  draws: drawsSchema.optional(),
  /** What the safety checker said; where there was one. */
  safety: z.object({ bound: z.number(), images: z.array(safetyMarkSchema) }).optional(),
  /** How it was held to minutes; left out where they are not bounded. */
  plan: drawingPlanSchema.optional(),
  /** Drawn beside the round of the session's fixed noises; where somebody looked, what was said of each. */
  pair: z
    .object({ prompt: z.string(), count: side, steps: side, safety: z.array(safetyMarkSchema).optional() })
    .optional(),
});
export type RoundManifest = z.infer<typeof roundManifestSchema>;

export interface Trajectory {
  /** The noise, then x after each step, x_0 last [T+1,N,C,h,w]. */
  latents: FloatTensor;
  /** Log-density of each step, averaged over the latent [T,N]. */
  logProbs: FloatTensor;
  /** [T], descending; fractions where the schedule falls between trained timesteps. */
  timesteps: number[];
  /** x_0 as predicted at each step [T,N,C,h,w]; of multistep schedulers, whose next step depends on it. */
  x0?: FloatTensor | undefined;
}

/** What the base model sees in pictures: name of a map -> [N, width]. */
export type FeatureMaps = Readonly<Record<string, FloatTensor>>;

/** The rows of image `index`. */
export const featuresOf = (maps: FeatureMaps, index: number): FeatureRows =>
  Object.fromEntries(Object.entries(maps).map(([map, tensor]) => [map, image(tensor, index)]));

export interface Round {
  manifest: RoundManifest;
  /** z_T [N,C,h,w]. */
  noise: FloatTensor;
  /** z_0 [N,C,h,w]. */
  latents: FloatTensor;
  trajectory: Trajectory | null;
  /** None in rounds of before. */
  features?: FeatureMaps | undefined;
}

/** A sampler as it is written down: files by their names, which are the same on every machine. */
export const portable = <S extends Pick<RoundManifest['sampler'], 'stack'>>(sampler: S): S =>
  sampler.stack
    ? { ...sampler, stack: sampler.stack.map((one) => ({ ...one, file: basename(one.file) })) }
    : sampler;

/** Rounds from before it was noted are all of one model: the base model where no checkpoint was applied. */
export const originOf = (manifest: Pick<RoundManifest, 'images' | 'checkpoint'>, index: number): Origin =>
  manifest.images?.[index]?.origin ?? (manifest.checkpoint === null ? 'base' : 'tuned');

/** Whether the votes before had a part in its being shown. */
export const isChosen = ({ images }: Pick<RoundManifest, 'images'>, index: number): boolean =>
  (images?.[index]?.pick ?? 'unpicked') !== 'unpicked';

/** Of a picture, within its round's folder. */
export const imageName = (index: number): string => `images/${String(index).padStart(4, '0')}.png`;

/** Of a picture of a fixed noise, within the folder of the round that it was drawn with. */
export const pairName = (index: number): string => `pair/${String(index).padStart(4, '0')}.png`;

/**
 * `pngs`: one a picture, in order; `pair`: of the fixed noises, null where it is not kept. Returns the hash
 * of the manifest. Errors: disk-full, data-unwritable.
 */
export function writeRound(
  out: string,
  round: Round,
  pngs: readonly Buffer[],
  pair: readonly (Buffer | null)[] = [],
): string {
  return writeFolder(out, round.manifest, (folder) => {
    mkdirSync(join(folder, 'images'));
    for (const [index, png] of pngs.entries()) writeFileSync(join(folder, imageName(index)), png);
    if (pair.length > 0) mkdirSync(join(folder, 'pair'));
    for (const [index, png] of pair.entries()) if (png) writeFileSync(join(folder, pairName(index)), png);
    const tensors: Record<string, Tensor> = { noise: round.noise, latents: round.latents };
    for (const [map, rows] of Object.entries(round.features ?? {})) tensors[`features.${map}`] = rows;
    if (round.trajectory) {
      const { latents, logProbs, timesteps, x0 } = round.trajectory;
      tensors.trajectory = latents;
      tensors.log_probs = logProbs;
      tensors.timesteps = timestepTensor(timesteps);
      if (x0) tensors.denoised = x0;
    }
    writeSafetensors(join(folder, 'round.safetensors'), tensors);
  });
}

/** Pictures are for people: one that a moderator hid is deleted, and the round is learned from without it. */
export function readRound(dir: string): Round {
  const isPicture = (name: string) => name.startsWith('images/') || name.startsWith('pair/');
  const { manifest } = readFolder(dir, roundManifestSchema, 'round-corrupt', isPicture);
  const tensors = readSafetensors(join(dir, 'round.safetensors'), 'round-corrupt');
  const { count, latent } = manifest;
  const take = (name: string, shape: readonly number[]): FloatTensor => {
    const tensor = tensors[name];
    if (tensor?.dtype !== 'float32' || tensor.shape.join() !== shape.join())
      return refuse(
        dir,
        `${name} is ${tensor ? `${tensor.dtype}[${tensor.shape}]` : 'missing'}, not [${shape}]`,
      );
    if (!tensor.data.every(Number.isFinite)) return refuse(dir, `${name} holds numbers that are not finite`);
    return f32(shape, tensor.data);
  };
  let trajectory: Trajectory | null = null;
  if (tensors.trajectory) {
    const timesteps = Array.from(tensors.timesteps?.data ?? [], Number);
    if (!timesteps.length) return refuse(dir, 'timesteps are missing');
    const T = timesteps.length;
    trajectory = {
      latents: take('trajectory', [T + 1, count, ...latent]),
      logProbs: take('log_probs', [T, count]),
      timesteps,
      x0: tensors.denoised ? take('denoised', [T, count, ...latent]) : undefined,
    };
  }
  return {
    manifest,
    noise: take('noise', [count, ...latent]),
    latents: take('latents', [count, ...latent]),
    trajectory,
    ...(manifest.features && {
      features: Object.fromEntries(
        Object.entries(manifest.features.maps).map(([map, width]) => [
          map,
          take(`features.${map}`, [count, width]),
        ]),
      ),
    }),
  };
}

/** [T] int64, or float32 where some are fractions. */
export const timestepTensor = (timesteps: readonly number[]): Tensor => {
  const shape = [timesteps.length];
  return timesteps.every(Number.isInteger) ? i64(shape, timesteps) : f32(shape, timesteps);
};

function refuse(dir: string, why: string): never {
  throw new AcclaimError('round-corrupt', `${dir}: round.safetensors: ${why}`, 'Generate the round again.');
}
