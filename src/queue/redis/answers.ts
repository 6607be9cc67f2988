/** What an engine's answer means for its job. Pure, but for the envelope that it comes in. */
import { AcclaimError, type ErrorCode, fromPlain } from '../../errors.js';
import type { Envelopes } from '../envelope.js';
import { jobSchemas } from '../jobs.js';
import type { Entry } from './entry.js';
import { type Answer, answerSchema, type Lease } from './wire.js';

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

/** Errors: job-invalid where it is none to this delivery. */
export function openAnswer(envelopes: Envelopes, lease: Lease, text: unknown): Answer {
  const answer = envelopes.open('answer', text, answerSchema);
  if (answer.job !== lease.job || answer.delivery !== lease.delivery || answer.engine !== lease.engine)
    throw new AcclaimError('job-invalid', 'it answers something else');
  return answer;
}

/** What to do with a job after this answer: take it, do it again, or fail it. */
export function classifyAnswer({ id, kind, cancelled }: Entry, { outcome }: Answer): Verdict {
  if (outcome.type === 'handed-back') return { type: 'again', why: 'its engine leaves', counts: false };
  if (outcome.type === 'failed') {
    const { code, message: why, hint } = outcome.error;
    const error = fromPlain({ code: code as ErrorCode, message: why, hint });
    if (code === 'engine-lost' || again.has(error.code) || itsOwn.has(error.code))
      return { type: 'again', why, counts: true, error };
    if (code === 'memory-short') return { type: 'again', why, counts: false, tooSmall: true };
    if (code === 'cancelled' && !cancelled) return { type: 'again', why: 'it was let go', counts: false };
    return { type: 'failed', error };
  }
  const parsed = jobSchemas[kind].result.safeParse(outcome.result);
  if (parsed.success) return { type: 'result', value: parsed.data, artifact: outcome.artifact };
  const why = `result of job ${id}: ${parsed.error.message}`;
  return { type: 'failed', error: new AcclaimError('job-invalid', why) };
}

/** Of a job that was given to as many engines as it may be. */
export function lost(id: string, why: string): AcclaimError {
  return new AcclaimError(
    'engine-lost',
    `job ${id} outlived every engine that took it: ${why}`,
    'The logs of the engines say more; `acclaim doctor` on their machines checks the device.',
  );
}
