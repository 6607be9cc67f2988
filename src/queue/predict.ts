/**
 * The one question after a job's memory: who answers it is handed in (src/models/job-memory.ts estimates;
 * what knows better may take its place). An engine has the last word: it may refuse a job as `memory-short`,
 * and the job goes to another.
 */
import { AcclaimError } from '../errors.js';
import type { JobKind } from './jobs.js';

/** Peak of an engine's memory over the job, MB; `payload` as checked, its paths those of this machine. */
export type PredictMb = (kind: JobKind, payload: Record<string, unknown>) => number;

/** The error `memory-short`; both in MB. */
export function memoryShort(id: string, needMb: number, hasMb: number): AcclaimError {
  return new AcclaimError(
    'memory-short',
    `job ${id} takes about ${gigabytes(needMb)} of memory, and the engine may use ${gigabytes(hasMb)}`,
    'Use a smaller model or smaller pictures, or an engine with more memory; engine.offerMb says what an engine may use.',
  );
}

/** `mb` in words. */
export const gigabytes = (mb: number): string => `${(mb / 1024).toFixed(1)} GB`;
