/**
 * Slack's refusals -> coded errors with a mend. What is not in the table is thrown on as it is.
 * https://docs.slack.dev/reference/methods (each method lists its errors)
 */
import { webApi } from '@slack/bolt';
import { noMessage, type Refusal, refusal, tooLarge } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';

const gone: Refusal = {
  code: 'channel-lost',
  cause: 'the channel is gone, or I am not in it',
  mend: 'Invite the bot with /invite, or start a session in another channel.',
};
const archived: Refusal = {
  code: 'channel-lost',
  cause: 'the channel is archived',
  mend: 'Unarchive it, or start a session in another channel.',
};
const refused: Refusal = {
  code: 'channel-lost',
  cause: 'Slack does not let me post in the channel',
  mend: 'Allow apps to post there under the channel settings.',
};
const tooMany: Refusal = {
  code: 'not-allowed',
  cause: 'the message has all the reactions that Slack allows',
  mend: 'Remove some of them.',
};
const uneditable: Refusal = {
  code: 'not-allowed',
  cause: 'this workspace does not let me edit the message any more',
  mend: 'Allow editing under Settings & Permissions, Message Editing & Deletion.',
};

const rows: Record<string, Refusal> = {
  channel_not_found: gone,
  not_in_channel: gone,
  is_archived: archived,
  restricted_action: refused,
  restricted_action_read_only_channel: refused,
  restricted_action_thread_only_channel: refused,
  message_not_found: noMessage,
  thread_not_found: noMessage,
  bad_timestamp: noMessage,
  too_many_emoji: tooMany,
  too_many_reactions: tooMany,
  edit_window_closed: uneditable,
  cant_update_message: uneditable,
  cant_delete_message: uneditable,
  file_upload_size_restricted: tooLarge('Slack'),
  storage_limit_reached: {
    code: 'not-allowed',
    cause: 'the workspace has no room for more files',
    mend: 'Delete files, or raise the plan.',
  },
  plan_upgrade_required: {
    code: 'not-allowed',
    cause: 'user groups are part of paid Slack plans, and this workspace has none',
    mend: 'Name moderators and admins by their member ids instead.',
  },
};

const dead = new Set([
  'account_inactive',
  'ekm_access_denied',
  'invalid_auth',
  'not_authed',
  'org_login_required',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
]);

/** Passing faults on Slack's side, by name. */
const passing = new Set(['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable']);

/** Slack's own word for the fault, of a bare or a translated error. */
export function slackCode(error: unknown): string | undefined {
  const bare = error instanceof AcclaimError ? error.cause : error;
  return bare instanceof webApi.WebAPIPlatformError ? bare.data.error : undefined;
}

/** What Slack says of a token once the app was removed from its workspace; one that was never good is another matter. */
export function isUninstalled(error: unknown): boolean {
  return ['account_inactive', 'token_revoked'].includes(slackCode(error) ?? '');
}

export function translate(error: unknown): unknown {
  const code = slackCode(error);
  if (code === undefined || error instanceof AcclaimError) return error;
  if (dead.has(code)) return tokenInvalid(error);
  if (code === 'missing_scope') {
    const { needed } = (error as { data: { needed?: string } }).data;
    return missingScopes([needed ?? 'a scope'], error);
  }
  const row = rows[code];
  return row ? refusal(row, error) : error;
}

/** It may have been done and may pass: the connection broke, or Slack did. */
export function isPassing(error: unknown): boolean {
  if (error instanceof webApi.WebAPIRequestError) return true;
  if (error instanceof webApi.WebAPIHTTPError) return error.statusCode >= 500;
  return passing.has(slackCode(error) ?? '');
}

/** Ms to wait after a refusal for being too fast; `otherwise` where Slack does not say; null = it was something else. */
export function limitedFor(error: unknown, otherwise: number): number | null {
  if (error instanceof webApi.WebAPIRateLimitedError) return error.retryAfter * 1000;
  // The client gives up on a 429 whose header it cannot read.
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) return otherwise;
  return ['ratelimited', 'rate_limited'].includes(slackCode(error) ?? '') ? otherwise : null;
}

export function tokenInvalid(cause?: unknown): AcclaimError {
  return new AcclaimError(
    'token-invalid',
    'Slack refuses the bot token',
    'Install the app again under Install App in its settings, set the new token as SLACK_BOT_TOKEN and start again.',
    { cause },
  );
}

export function appTokenInvalid(cause?: unknown): AcclaimError {
  return new AcclaimError(
    'token-invalid',
    'Slack refuses the app token',
    'Make one with connections:write under Basic Information, App-Level Tokens, turn Socket Mode on, set it as SLACK_APP_TOKEN and start again.',
    { cause },
  );
}

export function missingScopes(missing: readonly string[], cause?: unknown): AcclaimError {
  return new AcclaimError(
    'not-allowed',
    `Slack has not granted the bot ${missing.join(', ')}`,
    'Add it under OAuth & Permissions, Bot Token Scopes, and install the app again.',
    { cause },
  );
}
