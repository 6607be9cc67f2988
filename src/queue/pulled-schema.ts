/** What is noted of a pulled model, in its folder's acclaim.json and in a job's result. */
import { z } from 'zod';

export const pulledSchema = z.object({
  format: z.literal('acclaim-model'),
  version: z.literal(1),
  /** Repository, URL or folder that it came from. */
  source: z.string(),
  /** Commit, where the source has commits. */
  revision: z.string().nullable(),
  /** As its card says; null where it says nothing. */
  licence: z.string().nullable(),
  /** It is a LoRA; missing of models and of parts of them. */
  adapter: z.literal(true).optional(),
  files: z.record(z.string(), z.object({ bytes: z.number().int().min(0), sha256: z.string() })),
});
export type Pulled = z.infer<typeof pulledSchema>;
