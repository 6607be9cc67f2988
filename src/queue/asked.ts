/**
 * A job that somebody has asked a queue for, as long as it has no outcome: what both queues know of one.
 */
import type { z } from 'zod';
import { AcclaimError, type ErrorCode, fromPlain } from '../errors.js';
import type { JobRequest } from './contract.js';
import { type JobKind, type JobProgress, jobSchemas } from './jobs.js';
import type { plainErrorSchema } from './messages.js';

/** The error `cancelled` of a job. */
export function cancelled(id: string): AcclaimError {
  return new AcclaimError('cancelled', `job ${id} was cancelled`);
}

/** How an engine's run has ended, as the engine tells it. */
type Told = { type: 'done'; result: unknown } | { type: 'failed'; error: z.infer<typeof plainErrorSchema> };

/** A job with those who listen to it. */
export class Asked {
  readonly id: string;
  readonly kind: JobKind;
  /** As its schema has it. */
  readonly payload: Record<string, unknown> & { session: string };
  readonly session: string;
  readonly listeners: ((p: JobProgress) => void)[] = [];
  /** Settled once. */
  readonly outcome: Promise<unknown>;
  resolve!: (value: unknown) => void;
  reject!: (error: AcclaimError) => void;

  /** Errors: job-invalid where the payload is not of its kind. */
  constructor({ id, kind, payload }: JobRequest) {
    const parsed = jobSchemas[kind].payload.safeParse(payload);
    if (!parsed.success) throw new AcclaimError('job-invalid', `job ${id}: ${parsed.error.message}`);
    this.id = id;
    this.kind = kind;
    this.payload = parsed.data;
    this.session = parsed.data.session;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** The result, checked. Errors: the engine's; job-invalid where the result is not of the job's kind. */
  read(told: Told): unknown {
    if (told.type === 'failed') throw fromPlain({ ...told.error, code: told.error.code as ErrorCode });
    const parsed = jobSchemas[this.kind].result.safeParse(told.result);
    if (parsed.success) return parsed.data;
    throw new AcclaimError('job-invalid', `result of job ${this.id}: ${parsed.error.message}`);
  }
}
