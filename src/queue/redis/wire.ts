/**
 * What bot and engines say to each other over Redis, and under which names. Jobs lie in BullMQ's queues, one
 * for each *need*: what an engine must have for them. BullMQ has neither a list of queues nor of what workers
 * can do (`getWorkers` gives names), and no word to a worker of another process, so beside its keys there are
 *  - `<prefix>:needs`    hash: queue -> envelope of its need
 *  - `<prefix>:serving`  hash: engine -> envelope of its beat
 *  - `<prefix>:folder`   envelope: the mark of the data folder that the bot shares with engines
 *  - `<prefix>:words`    channel: envelopes of words
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { heldSchema } from '../contract.js';
import { FORGOTTEN_AT_ONCE } from '../limits.js';
import type { Need } from '../matching/ability.js';
import { plainErrorSchema, progressSchema } from '../messages.js';
import { folderIdSchema } from '../transport/folder-mark.js';

/**
 * Names of what lies in Redis. Programs from before engines pulled use others, but for the folder's, and see
 * nothing of this.
 */
export const keys = (prefix: string) => ({
  needs: `${prefix}:needs`,
  serving: `${prefix}:serving`,
  folder: `${prefix}:folder`,
  words: `${prefix}:words`,
  /** Of engines from before: their names, and what each lets expire. */
  older: `${prefix}:engines`,
  olderBeat: (engine: string) => `${prefix}:beat:${engine}`,
});

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** BullMQ's queue of a need; operators read the memory in it. */
export const queueName = (need: Need): string =>
  `jobs-${need.memoryMb}mb-${createHash('sha256').update(JSON.stringify(need)).digest('hex').slice(0, 12)}`;

export const deliveredSchema = z.object({
  job: z.string(),
  /**
   * Drawn whenever the job is given out: an answer with another one is none, and no engine takes one twice.
   */
  nonce: z.string(),
  kind: z.enum(['generate', 'learn', 'score', 'measure', 'evaluate', 'export-adapter']),
  /** SHA-256 of the payload as the bot has it. */
  digest: hash,
  /** Of all that decides what it writes; null where it writes nothing. */
  identity: hash.nullable(),
  /** Mark of the data folder that its paths lie in; null where none is shared. */
  folder: folderIdSchema.nullable(),
  /** With paths as transport.ts writes them; checked by kind once they are this machine's. */
  payload: z.record(z.string(), z.unknown()),
});
export type Delivered = z.infer<typeof deliveredSchema>;

/** Of one run of a job by one engine: drawn, and in the name of what it writes. */
const delivery = z.number().int().positive();

export const answerSchema = z.object({
  job: z.string(),
  nonce: z.string(),
  delivery,
  engine: z.string(),
  outcome: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('done'),
      result: z.unknown(),
      /** Hash of what was written; null where the kind writes nothing. */
      artifact: hash.nullable(),
    }),
    z.object({ type: z.literal('failed'), error: plainErrorSchema }),
  ]),
});
export type Answer = z.infer<typeof answerSchema>;

/** What BullMQ carries as a job's progress. */
export const saidSchema = z.object({
  nonce: z.string(),
  delivery,
  said: z.discriminatedUnion('type', [
    z.object({ type: z.literal('progress'), progress: progressSchema }),
    /** What it reads or wrote is held up on its way, or (null) goes on. */
    z.object({ type: z.literal('held'), why: heldSchema.nullable() }),
  ]),
});
export type Said = z.infer<typeof saidSchema>['said'];

export const wordSchema = z.discriminatedUnion('type', [
  /** There is something to take. */
  z.object({ type: z.literal('look') }),
  z.object({ type: z.literal('cancel'), nonce: z.string() }),
  /** What lies in its cache under these names belongs to nobody any more. */
  z.object({ type: z.literal('forget'), artifacts: z.array(hash).max(FORGOTTEN_AT_ONCE) }),
]);
export type Word = z.infer<typeof wordSchema>;

/**
 * How long BullMQ's lock of a job holds, how often it is renewed, and how often what has lost its own is
 * looked for; ms.
 */
export const locks = (lostMs: number) => ({
  // A lock and the wait for the next look together are less than `lostMs`.
  lockDuration: Math.ceil(lostMs * 0.8),
  lockRenewTime: Math.ceil(lostMs * 0.2),
  stalledInterval: Math.ceil(lostMs * 0.15),
});
