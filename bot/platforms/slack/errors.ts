/**
 * What Slack says -> coded errors with a mend. Final are the words of the tables below, and they alone: the network, 5xx, 429
 * and any other word pass. Each method lists its errors: https://docs.slack.dev/reference/methods/chat.postMessage#errors,
 * chat.update, chat.delete, reactions.add, reactions.get, conversations.info, files.completeUploadExternal.
 */
import { webApi } from '@slack/bolt';
import { noMessage, type Refusal, refusal, tooLarge, unreachable } from '../../../src/chat/refusals.js';
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
  restricted_action_non_threadable_channel: refused,
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

/** Said of a request that Slack will not take however often it comes. */
const refusals: ReadonlySet<string> = new Set([
  'as_user_not_supported',
  'block_mismatch',
  'cannot_reply_to_message',
  'duplicate_channel_not_found',
  'duplicate_message_not_found',
  'invalid_arg_name',
  'invalid_arguments',
  'invalid_array_arg',
  'invalid_attachments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_charset',
  'invalid_form_data',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'invalid_name',
  'invalid_post_type',
  'invalid_user_id',
  'file_not_found',
  'file_deleted',
  'message_limit_exceeded',
  'messages_tab_disabled',
  'metadata_must_be_sent_from_app',
  'metadata_too_large',
  'method_not_supported_for_channel_type',
  'missing_post_type',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_item_specified',
  'no_permission',
  'no_reaction',
  'no_such_subteam',
  'no_text',
  'not_reactable',
  'slack_connect_canvas_sharing_blocked',
  'slack_connect_file_link_sharing_blocked',
  'slack_connect_file_upload_sharing_blocked',
  'subteam_not_found',
  'too_many_attachments',
  'too_many_contact_cards',
  'too_many_members',
  'unknown_method',
  'user_not_found',
  'user_not_in_channel',
  'user_not_visible',
  'users_not_found',
  'already_reacted',
]);

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
  if (error instanceof AcclaimError) return error;
  const code = slackCode(error);
  if (code === undefined) return unreachable('Slack', 'slack.com', error);
  if (dead.has(code)) return tokenInvalid(error);
  if (code === 'missing_scope') {
    const { needed } = (error as { data: { needed?: string } }).data;
    return missingScopes([needed ?? 'a scope'], error);
  }
  const row = rows[code];
  if (row) return refusal(row, error);
  if (!refusals.has(code)) return unreachable('Slack', 'slack.com', error);
  return new AcclaimError('platform-refused', `Slack does not take this: ${code}`, '', { cause: error });
}

/** It may have been done and may pass: the connection broke, or Slack did. */
export function isPassing(told: unknown): boolean {
  const error = told instanceof AcclaimError ? told.cause : told;
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
