/**
 * What crosses between the queue and one engine process, in both directions, whatever carries it. Each side
 * parses what it receives: a message that does not fit is a defect of the other side and ends the link, never
 * a guess. Payloads and results are checked against `jobSchemas` beside this, by kind.
 */
import { z } from 'zod';
import { PREVIEW_CHARACTERS } from './limits.js';

export const plainErrorSchema = z.object({ code: z.string(), message: z.string(), hint: z.string() });

export const progressSchema = z.object({
  stage: z.enum(['load', 'sample', 'decode', 'check', 'embed', 'train', 'score', 'write', 'pull']),
  done: z.number(),
  total: z.number(),
  secondsLeft: z.number().nullable(),
  preview: z.base64().max(PREVIEW_CHARACTERS).optional(),
});

export const toEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), id: z.string(), kind: z.string(), payload: z.unknown() }),
  z.object({ type: z.literal('cancel'), id: z.string() }),
  /** Finish the running step, hand the job back as cancelled, exit. */
  z.object({ type: z.literal('stop') }),
]);

export const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    pid: z.number(),
    device: z.string().optional(),
    /** What networks are computed in there: fp32 or fp16. */
    precision: z.string().optional(),
    /** Of the devices: why those before it were not taken, and what of it goes another way. */
    notes: z.array(z.string()).readonly().optional(),
  }),
  /** Sent whenever the engine's event loop is free; long silence means that it hangs. */
  z.object({
    type: z.literal('alive'),
    /** Bytes. */
    rss: z.number(),
    /** Seconds that this word is late. */
    lag: z.number().optional(),
    /** Since the process began; `executors` and `models` are held now. */
    cache: z
      .object({
        executors: z.number(),
        models: z.number(),
        hits: z.number(),
        compiled: z.number(),
        released: z.number(),
      })
      .optional(),
  }),
  /** Before it is gone for long: seconds until it can be heard again, as far as they can be foretold. */
  z.object({ type: z.literal('ahead'), seconds: z.number().nonnegative() }),
  z.object({ type: z.literal('progress'), id: z.string(), progress: progressSchema }),
  z.object({ type: z.literal('done'), id: z.string(), result: z.unknown() }),
  z.object({ type: z.literal('failed'), id: z.string(), error: plainErrorSchema }),
]);

export type ToEngine = z.infer<typeof toEngineSchema>;
export type FromEngine = z.infer<typeof fromEngineSchema>;
