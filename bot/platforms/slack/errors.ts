/**
 * What Slack says -> coded errors with a hint. Final are the words of error-words.ts, and they alone: the
 * network, 5xx, 429 and any other word pass, and a word is told as Slack said it.
 */
import { webApi } from '@slack/bolt';
import { refusal, unreachable } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';
import { classOf, passing, rows, waiting } from './error-words.js';

/** Slack's own word for the fault, of a bare or a translated error. */
export function slackCode(error: unknown): string | undefined {
  const bare = error instanceof AcclaimError ? error.cause : error;
  return bare instanceof webApi.WebAPIPlatformError ? bare.data.error : undefined;
}

/**
 * What Slack says of a token once the app was removed from its workspace; one that was never good is another
 * matter.
 */
export function isUninstalled(error: unknown): boolean {
  return ['account_inactive', 'token_revoked'].includes(slackCode(error) ?? '');
}

/** Whatever a call threw -> an AcclaimError, unless it is one. */
export function translate(error: unknown): unknown {
  if (error instanceof AcclaimError) return error;
  const code = slackCode(error);
  if (code === undefined) return unreachable('slack', error);
  if (code === 'missing_scope') {
    const { needed } = (error as { data: { needed?: string } }).data;
    return missingScopes([needed ?? 'a scope'], error);
  }
  const row = rows[code];
  if (row) return refusal(row, error);
  switch (classOf(code)) {
    case 'credential':
      return tokenInvalid(error);
    case 'refused':
      return new AcclaimError('platform-refused', `Slack does not take this: ${code}`, '', { cause: error });
    default:
      return putOff(code, error);
  }
}

/**
 * A word that passes, or that nobody here knows: it is tried until Slack takes it, and never without its
 * name.
 */
function putOff(code: string, cause: unknown): AcclaimError {
  const known = classOf(code) === 'waits';
  const message = known ? `Slack puts it off: ${code}` : `Slack says a word that I do not know: ${code}`;
  const hint = waiting[code] ?? (known ? 'It passes by itself.' : lookUp);
  return new AcclaimError('platform-unreachable', message, hint, { cause });
}

const lookUp =
  'It is tried on. If it stays, look the word up under Errors at docs.slack.dev/reference/methods, and report it.';

/** It may have been done and may pass: the connection broke, or Slack did. */
export function isPassing(told: unknown): boolean {
  const error = told instanceof AcclaimError ? told.cause : told;
  if (error instanceof webApi.WebAPIRequestError) return true;
  if (error instanceof webApi.WebAPIHTTPError) return error.statusCode >= 500;
  return passing.has(slackCode(error) ?? '');
}

/**
 * Ms to wait after a refusal for being too fast; `otherwise` where Slack does not say; null = it was
 * something else.
 */
export function limitedFor(error: unknown, otherwise: number): number | null {
  if (error instanceof webApi.WebAPIRateLimitedError) return error.retryAfter * 1000;
  // The client gives up on a 429 whose header it cannot read.
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) return otherwise;
  return ['ratelimited', 'rate_limited'].includes(slackCode(error) ?? '') ? otherwise : null;
}

/** The bot's token is dead: nothing goes on without a new one. */
export function tokenInvalid(cause?: unknown): AcclaimError {
  return new AcclaimError(
    'token-invalid',
    'Slack refuses the bot token',
    'Install the app again under Install App in its settings, set the new token as SLACK_BOT_TOKEN and start again.',
    { cause },
  );
}

/** The token of Socket Mode is dead. */
export function appTokenInvalid(cause?: unknown): AcclaimError {
  return new AcclaimError(
    'token-invalid',
    'Slack refuses the app token',
    'Make one with connections:write under Basic Information, App-Level Tokens, turn Socket Mode on, set it as SLACK_APP_TOKEN and start again.',
    { cause },
  );
}

/** The app lacks rights that its manifest names. */
export function missingScopes(missing: readonly string[], cause?: unknown): AcclaimError {
  return new AcclaimError(
    'not-allowed',
    `Slack has not granted the bot ${missing.join(', ')}`,
    'Add it under OAuth & Permissions, Bot Token Scopes, and install the app again.',
    { cause },
  );
}
