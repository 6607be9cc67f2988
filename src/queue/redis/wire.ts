/**
 * What bot and engines say to each other over Redis, and under which names. A job is *delivered* under an id
 * of its own, `<job>.<delivery>`, drawn anew each time: BullMQ ignores an id that exists, and an answer to an
 * older delivery must never count, whoever sends it again and whatever Redis has forgotten.
 *  - `<prefix>:engines`         set of engine ids
 *  - `<prefix>:beat:<engine>`   envelope of a beat; Redis lets it expire when the engine is silent
 *  - `<prefix>:flights`         hash: job -> envelope of its one delivery that counts
 *  - `<prefix>:folder`         envelope: the mark of the data folder that the bot shares with engines
 *  - `<prefix>:said`            channel: words of the engines; `<prefix>:to:<engine>`: words of the bot
 *  - queue `engine-<engine>`    BullMQ's own keys
 */
import { z } from 'zod';
import { heldSchema } from '../contract.js';
import { FORGOTTEN_AT_ONCE, MODELS_NAMED, NAME_CHARACTERS } from '../limits.js';
import { plainErrorSchema, progressSchema } from '../messages.js';
import { folderIdSchema } from '../transport/folder-mark.js';

/** Names of what lies in Redis; they stay, so that programs of two versions meet. */
export const keys = (prefix: string) => ({
  engines: `${prefix}:engines`,
  beat: (engine: string) => `${prefix}:beat:${engine}`,
  leases: `${prefix}:flights`,
  folder: `${prefix}:folder`,
  said: `${prefix}:said`,
  to: (engine: string) => `${prefix}:to:${engine}`,
});

/** BullMQ's name of an engine's queue. */
export const queueName = (engine: string): string => `engine-${engine}`;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const beatSchema = z.object({
  engine: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .max(NAME_CHARACTERS),
  device: z.string(),
  memoryMb: z.number().int().positive(),
  /** SHA-256 of each model folder that it has. */
  models: z.array(hash).max(MODELS_NAMED),
  /** Those that it has used last, and so holds compiled. */
  warm: z.array(hash).max(MODELS_NAMED),
  /** Mark of its data folder, null where it bears none; missing where it shares none (a bucket). */
  folder: folderIdSchema.nullable().optional(),
  /** True: it takes no more jobs. */
  draining: z.boolean(),
  /** Counts up over its life: a beat that is sent again is no sign of life. */
  count: z.number().int().positive(),
});
export type Beat = z.infer<typeof beatSchema>;

/** What an engine must have to do a job. */
export interface Need {
  models: readonly string[];
  memoryMb: number;
  /** Mark of the data folder that its engine must have; null or missing where none is shared. */
  folder?: string | null;
  /** Engines that are set aside. */
  aside?: { has(engine: string): boolean };
  /** Engines that have said that it does not fit into theirs. */
  short?: ReadonlySet<string>;
  /** Engines that it did not go well on: others come first. */
  failed?: ReadonlySet<string>;
}

export const leaseSchema = z.object({
  job: z.string(),
  engine: z.string(),
  delivery: z.number().int().positive(),
  /** SHA-256 of the payload: an answer to other words is not taken. */
  digest: z.string(),
});
export type Lease = z.infer<typeof leaseSchema>;

export const deliveredSchema = z.object({
  job: z.string(),
  delivery: z.number().int().positive(),
  engine: z.string(),
  kind: z.enum(['generate', 'learn', 'score', 'measure', 'evaluate', 'export-adapter']),
  /** Of all that decides what it writes; null where it writes nothing. */
  identity: hash.nullable(),
  /** Mark of the data folder that its paths lie in; null where none is shared. */
  folder: folderIdSchema.nullable(),
  /** With paths as places.ts writes them; checked by kind once they are this machine's. */
  payload: z.record(z.string(), z.unknown()),
});
export type Delivered = z.infer<typeof deliveredSchema>;

export const answerSchema = z.object({
  job: z.string(),
  delivery: z.number().int().positive(),
  engine: z.string(),
  outcome: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('done'),
      result: z.unknown(),
      /** Hash of what was written; null where the kind writes nothing. */
      artifact: hash.nullable(),
    }),
    z.object({
      type: z.literal('failed'),
      error: plainErrorSchema,
    }),
    /** The engine leaves: nothing is wrong with the job. */
    z.object({ type: z.literal('handed-back') }),
  ]),
});
export type Answer = z.infer<typeof answerSchema>;

/** What an engine notes beside what it delivered: an answer that outlives Redis. */
export const madeSchema = z.object({
  /** As the bot told it: of all that decides what the job writes. */
  identity: hash,
  delivery: z.number().int().positive(),
  artifact: hash,
  result: z.unknown(),
});

export const saidSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    job: z.string(),
    delivery: z.number().int(),
    progress: progressSchema,
  }),
  /** What it reads or wrote is held up on its way, or (null) goes on. */
  z.object({
    type: z.literal('held'),
    job: z.string(),
    delivery: z.number().int(),
    why: heldSchema.nullable(),
  }),
  /** Something has changed: look. */
  z.object({ type: z.literal('look') }),
]);

export const toldSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cancel'), job: z.string(), delivery: z.number().int() }),
  /** What lies in its cache under these names belongs to nobody any more. */
  z.object({ type: z.literal('forget'), artifacts: z.array(hash).max(FORGOTTEN_AT_ONCE) }),
]);

/** BullMQ's id of a delivery. */
export const deliveryId = (job: string, delivery: number): string => `${job}.${delivery}`;
