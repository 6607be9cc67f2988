/**
 * A platform's refusals as rows: its word -> a coded error with a mend. Each platform has a table of its own; what is not
 * in it may pass (a fault of the network or of the platform) and is thrown on as it is, to be tried again.
 */
import { AcclaimError, type ErrorCode } from '../errors.js';

export interface Refusal {
  code: ErrorCode;
  cause: string;
  mend: string;
}

export function refusal({ code, cause, mend }: Refusal, by: unknown): AcclaimError {
  return new AcclaimError(code, cause, mend, { cause: by });
}

export const noMessage: Refusal = { code: 'message-gone', cause: 'the message is gone', mend: '' };

export function tooLarge(platform: string): Refusal {
  return {
    code: 'not-allowed',
    cause: `the picture is too large for ${platform}`,
    mend: 'Use fewer or smaller images.',
  };
}

export function isGone(error: unknown): boolean {
  return error instanceof AcclaimError && error.code === 'message-gone';
}

export function isNotAllowed(error: unknown): boolean {
  return error instanceof AcclaimError && error.code === 'not-allowed';
}

/** A mark that came too late is told to its person where there is a way; a bare reaction has none. */
export function dropRefusedMark(error: unknown): void {
  if (!(isNotAllowed(error) || (error instanceof AcclaimError && error.code === 'round-closed'))) throw error;
}
