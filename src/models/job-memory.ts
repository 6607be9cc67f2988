/**
 * What a job takes of its engine's memory at the least, estimated before anything is loaded: weights, and
 * what is alive at once of the largest stage. By model family, from its networks' sizes. The engine draws one
 * picture at a time, decodes in tiles and trains with fewer rows where more does not fit, and predicts a run
 * exactly before it begins; this keeps jobs from engines that could not do them even so. For the miniature,
 * where bot and engine together peak at 657 MB, it says 590 of the engine.
 */
import { totalmem } from 'node:os';
import { modelFamily } from '../config/models.js';
import type { Config } from '../config/schema.js';
import type { JobKind } from '../queue/jobs.js';
import type { PredictMb } from '../queue/predict.js';

interface Sizes {
  /** All networks in float32: what is mapped of the files and what is widened of half precision. */
  weightsMb: number;
  /** Side of the family's own pictures, pixels. */
  side: number;
  /**
   * Of one picture being sampled (two rows of the UNet), being decoded, and of one row being trained with
   * recompute.
   */
  sampleMb: number;
  decodeMb: number;
  trainMb: number;
}

const sizes: Record<string, Sizes> = {
  mini: { weightsMb: 20, side: 64, sampleMb: 6, decodeMb: 4, trainMb: 10 },
  sd15: { weightsMb: 4300, side: 512, sampleMb: 1500, decodeMb: 2500, trainMb: 3000 },
  sd21: { weightsMb: 5200, side: 768, sampleMb: 3500, decodeMb: 5500, trainMb: 6000 },
  sdxl: { weightsMb: 13_900, side: 1024, sampleMb: 3000, decodeMb: 10_000, trainMb: 8000 },
};

/** Node, ONNX Runtime and compiled graphs. */
const BASE_MB = 250;
/** Pictures of its own size that the miniature draws and trains on at a time, since they always fit. */
const MINI_AT_ONCE = 32;

const draws: ReadonlySet<JobKind> = new Set(['generate', 'evaluate']);

/**
 * Unknown families pass for Stable Diffusion 1.5; what cannot be read takes nothing, and the engine says what
 * is wrong.
 */
export const estimateMb: PredictMb = (kind: JobKind, payload) => {
  if (typeof payload.model !== 'string' || (!draws.has(kind) && kind !== 'learn')) return BASE_MB;
  const family = modelFamily(payload.model);
  const of = sizes[family] ?? sizes.sd15!;
  const width = typeof payload.width === 'number' ? payload.width : of.side;
  const height = typeof payload.height === 'number' ? payload.height : of.side;
  const pixels = (width * height) / of.side ** 2;
  const atOnce = family === 'mini' ? Math.max(1, Math.floor(MINI_AT_ONCE / pixels)) : 1;
  const drawn = Math.min(atOnce, typeof payload.count === 'number' ? payload.count : 1);
  const alive = draws.has(kind)
    ? Math.max(drawn * of.sampleMb * pixels, of.decodeMb * Math.min(pixels, 1))
    : atOnce * of.trainMb * pixels;
  return Math.ceil(BASE_MB + of.weightsMb + alive);
};

/**
 * Megabytes that jobs may take here: as configured, else the machine's memory or what its container may use
 * of it.
 */
export function offeredMb({ engine }: Pick<Config, 'engine'>): number {
  const limit = process.constrainedMemory();
  const whole = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return engine.offerMb ?? Math.floor(whole / 2 ** 20);
}
