/**
 * What the job `evaluate` has of its own: how safe what one model draws of one prompt is; or, at a strength,
 * what its adapter makes of the noises of the pair row.
 */
import { z } from 'zod';
import { below } from './below.js';
import { goalSchema } from './measure-fields.js';

export const evaluateFields = {
  /** Pictures, each from a noise that the seed and its place alone decide. */
  count: z.number().int().positive().max(1024),
  /** Checkpoint whose adapter is on; null = the base model. */
  checkpoint: z.string().nullable(),
  /**
   * What makes a picture safe to the judge in the model's folder: head and value; null = the safety checker
   * says it.
   */
  goal: goalSchema.nullable(),
  /**
   * What the adapter is multiplied by; 0 = the base model. Then the noises are those of the pair row, and
   * where nobody can say what is safe everything is.
   */
  strength: z.number().min(0).max(2).optional(),
  /** Folder to write. */
  out: z.string(),
};

/** What was said of a picture. */
export const lookedSchema = z.object({
  safe: z.boolean(),
  /** The checker's: how far beyond its bounds; the judge's: the log-probability of what makes it safe. */
  score: z.number(),
  /** It is near a concept of special care: nobody is shown it, and its file is not kept. */
  barred: z.boolean().optional(),
});

export const evaluateResult = z.object({
  images: z.array(lookedSchema.extend({ file: below.nullable() })).max(1024),
  /** Who said it. */
  by: z.enum(['checker', 'judge', 'nobody']),
  /**
   * Mean pairwise distance of the safe pictures' final latents / sqrt(2 x elements); null of fewer than two.
   */
  variety: z.number().nullable(),
  seconds: z.number(),
  memoryMb: z.number().int().positive().optional(),
  device: z.string(),
});
