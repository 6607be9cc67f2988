/**
 * What the end of a job in BullMQ means for it. BullMQ tells an error that is tried again from one that is
 * not; whether another engine would fare better is ours. Pure, but for the envelope that an answer comes in.
 */
import { AcclaimError, type ErrorCode, fromPlain } from '../../errors.js';
import type { Envelopes } from '../envelope.js';
import { type JobKind, jobSchemas } from '../jobs.js';
import { type Answer, answerSchema } from './wire.js';

/** What went wrong is put right by sending it again, and by doing it again. */
export const again: ReadonlySet<ErrorCode> = new Set([
  'artifact-missing',
  'artifact-corrupt',
  // What one engine does not see another may.
  'data-mismatch',
  'file-not-found',
]);

/**
 * What may be so on one engine's machine alone: its disk, its descriptors, its copy of a model, its device.
 */
const itsOwn: ReadonlySet<ErrorCode> = new Set([
  'engine-lost',
  'file-unreadable',
  'data-unwritable',
  'files-exhausted',
  'model-changed',
  'model-corrupt',
  'device-unavailable',
]);

export type Verdict =
  | { type: 'result'; value: unknown; artifact: string | null }
  /** Some engine has to do it anew; `counts`: this one counts among those that the job has outlived. */
  | { type: 'again'; why: string; counts: boolean; error?: AcclaimError; tooSmall?: true }
  | { type: 'failed'; error: AcclaimError };

/** A reason that people can read in BullMQ, with the answer behind it. */
export const reasonWith = (why: string, sealed: string): string => `${why.slice(0, 1000)}\n${sealed}`;

/** `text`: a return value, or a reason. Errors: job-invalid where it is no answer to `job` under `nonce`. */
export function openAnswer(
  envelopes: Envelopes,
  { job, nonce }: Pick<Answer, 'job' | 'nonce'>,
  text: unknown,
) {
  const sealed = typeof text === 'string' ? text.slice(text.lastIndexOf('\n') + 1) : text;
  const answer = envelopes.open('answer', sealed, answerSchema);
  if (answer.job === job && answer.nonce === nonce) return answer;
  throw new AcclaimError('job-invalid', 'it answers something else');
}

/** What to do with a job after this answer: take it, do it again, or fail it. */
export function classifyAnswer(kind: JobKind, { job, outcome }: Answer): Verdict {
  if (outcome.type === 'handed-back')
    return { type: 'again', why: 'its engine hands it back', counts: false };
  if (outcome.type === 'failed') {
    const { code, message: why, hint } = outcome.error;
    const error = fromPlain({ code: code as ErrorCode, message: why, hint });
    if (again.has(error.code) || itsOwn.has(error.code)) return { type: 'again', why, counts: true, error };
    if (code === 'memory-short') return { type: 'again', why, counts: false, tooSmall: true };
    if (code === 'cancelled') return { type: 'again', why: 'it was let go', counts: false };
    return { type: 'failed', error };
  }
  const parsed = jobSchemas[kind].result.safeParse(outcome.result);
  if (parsed.success) return { type: 'result', value: parsed.data, artifact: outcome.artifact };
  return {
    type: 'failed',
    error: new AcclaimError('job-invalid', `result of job ${job}: ${parsed.error.message}`),
  };
}

/** Of a job that was given to as many engines as it may be. */
export function lost(id: string, why: string): AcclaimError {
  return new AcclaimError(
    'engine-lost',
    `job ${id} outlived every engine that took it: ${why}`,
    'The logs of the engines say more; `acclaim doctor` on their machines checks the device.',
  );
}
