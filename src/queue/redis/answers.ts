/**
 * What the end of a job in BullMQ means for it. BullMQ tells an error that is tried again from one that is
 * not; whether another engine would fare better is ours. Pure, but for the envelope that an answer comes in.
 */
import { AcclaimError, type ErrorCode } from '../../errors.js';
import type { Envelopes } from '../envelope.js';
import { type Answer, answerSchema } from './wire.js';

/** What went wrong is put right by sending it again, and by doing it again. */
const again: readonly ErrorCode[] = [
  'artifact-missing',
  'artifact-corrupt',
  // What one engine does not see another may.
  'data-mismatch',
  'file-not-found',
];

/** What may be so on one engine's machine alone: its disk, its files, its copy of a model, its device. */
const itsOwn: readonly ErrorCode[] = [
  'engine-lost',
  'file-unreadable',
  'data-unwritable',
  'files-exhausted',
  'model-changed',
  'model-corrupt',
  'device-unavailable',
];

/** Where a job goes after an error: nowhere, to any engine, to another than this one, or to a larger one. */
export type Next = 'nowhere' | 'any' | 'another' | 'larger';

/** `by`: an engine has said it, or it was found as the bot took in what an engine had made. */
export function nextAfter({ code }: AcclaimError, by: 'engine' | 'bot'): Next {
  if (again.includes(code)) return 'another';
  if (by === 'bot') return 'nowhere';
  if (itsOwn.includes(code)) return 'another';
  if (code === 'memory-short') return 'larger';
  return code === 'cancelled' ? 'any' : 'nowhere';
}

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

/** Of a job that was given to as many engines as it may be. */
export function lost(id: string, why: string): AcclaimError {
  return new AcclaimError(
    'engine-lost',
    `job ${id} outlived every engine that took it: ${why}`,
    'The logs of the engines say more; `acclaim doctor` on their machines checks the device.',
  );
}
