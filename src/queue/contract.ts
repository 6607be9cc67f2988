/**
 * The queue between bot and engines. Two implementations share it (in-process now, BullMQ on Redis), and one
 * conformance suite (tests/contracts/queue.ts) holds both to it:
 *  - at most one job of a session runs at a time; jobs of one session run in the order they were added;
 *  - adding an id that is waiting or running again is a no-op that returns the same outcome;
 *  - an engine that dies loses nothing: its job is given to the next engine, up to `attempts`, then fails
 *    `engine-lost`;
 *  - cancel takes effect between steps and ends the job with `cancelled`;
 *  - a job goes only to an engine that has the memory and the models for it; while there is none, whoever
 *    waits is told why;
 *  - payloads and results are checked against their schemas at both ends.
 */
import { z } from 'zod';
import type { JobKind, JobPayload, JobProgress, JobResult } from './jobs.js';

export interface JobRequest<K extends JobKind = JobKind> {
  /** Unique and stable: `<session>.<round>.<kind>.<attempt>`; never holds ":". */
  id: string;
  kind: K;
  payload: JobPayload<K>;
}

export const heldSchema = z.object({
  code: z.enum([
    'no-engine',
    'no-model',
    'no-memory',
    'no-folder',
    'no-redis',
    'no-bucket',
    'disk-full',
    'files-exhausted',
  ]),
  message: z.string().max(500),
});
/** Why no engine can do a job now, or what it made cannot be had; `message` reads after "it waits: ". */
export type Held = z.infer<typeof heldSchema>;

export interface JobQueue {
  /**
   * Resolves with the checked result; rejects with AcclaimError. `onHeld` is told when nobody can do the job,
   * again when the reason is another, and null once somebody can.
   */
  run<K extends JobKind>(
    job: JobRequest<K>,
    onProgress?: (p: JobProgress) => void,
    onHeld?: (why: Held | null) => void,
  ): Promise<JobResult<K>>;
  cancel(id: string): Promise<void>;
  /**
   * Engines that are there drop their copies of artifacts (by hash) that nobody wants any more; missing where
   * there are none.
   */
  forget?(artifacts: readonly string[]): Promise<void>;
  /** Waits for the running step, then stops; waiting jobs reject with `cancelled`. */
  close(): Promise<void>;
}

/** The engine's side: runs one job; must call `signal.throwIfAborted()` between steps. */
export type JobHandler = <K extends JobKind>(
  kind: K,
  payload: JobPayload<K>,
  context: { signal: AbortSignal; progress: (p: JobProgress) => void },
) => Promise<JobResult<K>>;
