/** Job `pull-model`: which model, from where to where. */
import { z } from 'zod';
import { pulledSchema } from './pulled-schema.js';

export const pullFields = {
  /** As people write it: hub, address, folder, or a name of the catalogue. */
  model: z.string().min(1).max(500),
  revision: z.string().nullable(),
  file: z.string().nullable(),
  variant: z.enum(['fp16', 'bf16', 'fp32']),
  /** Folder that holds the models of this machine. */
  models: z.string(),
  /**
   * False when it is asked for from afar: then folders of this machine are no models, and addresses have to
   * be public.
   */
  local: z.boolean(),
  hub: z.object({
    url: z.url({ protocol: /^https?$/ }),
    token: z.string().nullable(),
    /** HOST[:PORT] that may lie in the engine's own network. */
    inside: z.array(z.string()),
  }),
};

export const pullResult = z.object({
  dir: z.string(),
  name: z.string(),
  bytes: z.number().int().positive(),
  licence: z.string().nullable(),
  pulled: pulledSchema,
});
