/** What an engine tells of itself, and what a job needs of one. */
import { z } from 'zod';
import { MODELS_NAMED, NAME_CHARACTERS } from '../limits.js';
import { folderIdSchema } from '../transport/folder-mark.js';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const engine = z
  .string()
  .regex(/^[a-z0-9-]+$/)
  .max(NAME_CHARACTERS);

export const beatSchema = z.object({
  engine,
  device: z.string(),
  memoryMb: z.number().int().positive(),
  /** SHA-256 of each model folder that it has. */
  models: z.array(hash).max(MODELS_NAMED),
  /** Mark of its data folder, null where it bears none; missing where it shares none (a bucket). */
  folder: folderIdSchema.nullable().optional(),
  /** True: it takes no more jobs. */
  draining: z.boolean(),
  /** Counts up over its life: a beat that is sent again is no sign of life. */
  count: z.number().int().positive(),
});
export type Beat = z.infer<typeof beatSchema>;

export const needSchema = z.object({
  /** SHA-256 of each model folder. */
  models: z.array(hash).max(40),
  memoryMb: z.number().nonnegative(),
  /** Mark of the data folder; null where none is shared. */
  folder: folderIdSchema.nullable(),
  /** Engines that shall not have it. */
  not: z.array(engine).max(200),
  /** Engines that a job may outlive. */
  attempts: z.number().int().positive(),
});
/** What an engine must have to do a job. */
export type Need = z.infer<typeof needSchema>;
