/**
 * A platform's refusals as rows: its word -> a coded error with a hint. Each platform has a table of its own:
 * only what it says is final is a refusal. Everything else (the network, its servers, its limits) passes, and
 * comes out as `platform-unreachable`, to be tried until it is done.
 */
import { type Platform, platforms } from '../domain/state/platforms.js';
import { AcclaimError, type ErrorCode } from '../errors.js';

export interface Refusal {
  code: ErrorCode;
  cause: string;
  hint: string;
}

export function refusal({ code, cause, hint }: Refusal, by: unknown): AcclaimError {
  return new AcclaimError(code, cause, hint, { cause: by });
}

export const noMessage: Refusal = { code: 'message-gone', cause: 'the message is gone', hint: '' };

/** A platform's refusal of a picture for its size. */
export function tooLarge(platform: Platform): Refusal {
  return {
    code: 'not-allowed',
    cause: `the picture is too large for ${platforms[platform].label}`,
    hint: 'Use fewer or smaller images.',
  };
}

/** The error `platform-unreachable`; `by`: what was met. */
export function unreachable(platform: Platform, by: unknown): AcclaimError {
  const { label, host = 'it' } = platforms[platform];
  const hint = `Check the connection to ${host}.`;
  const cause = `${label} gives no answer (${wordOf(by)})`;
  return new AcclaimError('platform-unreachable', cause, hint, { cause: by });
}

/** The error `platform-unreachable` of a platform without a connection. */
export function notConnected(platform: Platform): AcclaimError {
  return unreachable(platform, new Error('not connected'));
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof AcclaimError && error.code === 'platform-unreachable';
}

/**
 * `ENOTFOUND` rather than `fetch failed`: the innermost code that a fault of the network carries, or what was
 * said.
 */
function wordOf(error: unknown): string {
  const codes: string[] = [];
  for (let at = error; at instanceof Error && codes.length < 8; at = inner(at)) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) codes.push(code);
  }
  const word = codes.at(-1) ?? (error instanceof Error ? error.message : String(error));
  return word.slice(0, 120);
}

const inner = (error: Error) => (error as { original?: unknown }).original ?? error.cause;

/** The message that was asked for has been deleted. */
export function isGone(error: unknown): boolean {
  return error instanceof AcclaimError && error.code === 'message-gone';
}

export function isNotAllowed(error: unknown): boolean {
  return error instanceof AcclaimError && error.code === 'not-allowed';
}

const dropped: readonly ErrorCode[] = ['not-allowed', 'round-closed', 'limited'];

/**
 * A mark that came too late, or too fast, is told to its person where there is a way; a bare reaction has
 * none, and is read later.
 */
export function dropRefusedMark(error: unknown): void {
  if (!(error instanceof AcclaimError && dropped.includes(error.code))) throw error;
}
