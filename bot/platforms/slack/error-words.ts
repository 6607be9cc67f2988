/**
 * Slack's words for what it does not do, each with its class: final for the place or the thing asked (rows,
 * refusals), final for the token (dead), or to be tried until it is done (passing, waiting). Each method
 * lists its words, such as https://docs.slack.dev/reference/methods/chat.postMessage#errors;
 * tests/bot/platforms/slack/error-words.test.ts has those of all we call.
 */
import { noMessage, type Refusal, tooLarge } from '../../../src/chat/refusals.js';

const gone: Refusal = {
  code: 'channel-lost',
  cause: 'the channel is gone, or I am not in it',
  hint: 'Invite the bot with /invite, or start a session in another channel.',
};
const archived: Refusal = {
  code: 'channel-lost',
  cause: 'the channel is archived',
  hint: 'Unarchive it, or start a session in another channel.',
};
const refused: Refusal = {
  code: 'channel-lost',
  cause: 'Slack does not let me post in the channel',
  hint: 'Allow apps to post there under the channel settings.',
};
const tooMany: Refusal = {
  code: 'not-allowed',
  cause: 'the message has all the reactions that Slack allows',
  hint: 'Remove some of them.',
};
const uneditable: Refusal = {
  code: 'not-allowed',
  cause: 'this workspace does not let me edit the message any more',
  hint: 'Allow editing under Settings & Permissions, Message Editing & Deletion.',
};
const noUploads: Refusal = {
  code: 'not-allowed',
  cause: 'the workspace does not let me upload pictures',
  hint: 'Allow uploads of images under Settings & Permissions, File Uploads.',
};

/** Words with a hint of their own: final for the place, or for the thing asked. */
export const rows: Record<string, Refusal> = {
  channel_not_found: gone,
  not_in_channel: gone,
  channel_is_limited_access: gone,
  invalid_channel: gone,
  is_archived: archived,
  is_inactive: archived,
  access_denied: refused,
  posting_to_channel_denied: refused,
  restricted_action_thread_locked: refused,
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
  file_upload_size_restricted: tooLarge('slack'),
  file_uploads_disabled: noUploads,
  file_uploads_except_images_disabled: noUploads,
  file_type_not_allowed: noUploads,
  blocked_file_type: noUploads,
  slack_connect_blocked_file_type: noUploads,
  storage_limit_reached: {
    code: 'not-allowed',
    cause: 'the workspace has no room for more files',
    hint: 'Delete files, or raise the plan.',
  },
  plan_upgrade_required: {
    code: 'not-allowed',
    cause: 'user groups are part of paid Slack plans, and this workspace has none',
    hint: 'Name moderators and admins by their member ids instead.',
  },
};

/** Said of a request that Slack will not take however often it comes. */
const refusals: ReadonlySet<string> = new Set([
  'already_reacted',
  'alt_txt_too_large',
  'app_access_restricted',
  'as_user_not_supported',
  'attachment_payload_limit_exceeded',
  'block_mismatch',
  'cannot_reply_to_message',
  'cant_broadcast_message',
  'cant_delete_file',
  'canvas_disabled_file_team',
  'canvas_disabled_user_team',
  'canvas_globally_disabled',
  'channels_limit_exceeded',
  'delete_not_allowed',
  'deprecated_endpoint',
  'draft_already_deleted',
  'draft_already_sent',
  'draft_has_conflict',
  'draft_not_found',
  'duplicate_channel_not_found',
  'duplicate_message_not_found',
  'enterprise_is_restricted',
  'file_comment_not_found',
  'file_deleted',
  'file_deleting_disabled',
  'file_is_deleted',
  'file_not_found',
  'file_share_limit_reached',
  'insecure_request',
  'invalid_arg_name',
  'invalid_arguments',
  'invalid_array_arg',
  'invalid_attachments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_charset',
  'invalid_form_data',
  'invalid_limit',
  'invalid_metadata_filter_keys',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'invalid_name',
  'invalid_post_type',
  'invalid_ts_latest',
  'invalid_ts_oldest',
  'invalid_types',
  'invalid_user_combination',
  'invalid_user_id',
  'markdown_text_conflict',
  'max_file_sharing_exceeded',
  'message_limit_exceeded',
  'messages_tab_disabled',
  'metadata_must_be_sent_from_app',
  'metadata_too_large',
  'method_deprecated',
  'method_not_supported_for_channel_type',
  'missing_args',
  'missing_argument',
  'missing_file_data',
  'missing_post_type',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_access',
  'no_dual_broadcast_content_update',
  'no_item_specified',
  'no_permission',
  'no_reaction',
  'no_such_subteam',
  'no_text',
  'not_enough_users',
  'not_reactable',
  'not_visible',
  'send_on_behalf_not_allowed',
  'slack_connect_canvas_sharing_blocked',
  'slack_connect_clip_sharing_blocked',
  'slack_connect_file_link_sharing_blocked',
  'slack_connect_file_upload_sharing_blocked',
  'slack_connect_lists_sharing_blocked',
  'snippet_too_large',
  'subteam_not_found',
  'team_not_found',
  'template_not_visible',
  'thread_locked',
  'too_many_attachments',
  'too_many_contact_cards',
  'too_many_members',
  'too_many_users',
  'unable_to_share_files',
  'unknown_method',
  'unknown_snippet_type',
  'unknown_subtype',
  'user_disabled',
  'user_not_found',
  'user_not_in_channel',
  'user_not_visible',
  'users_list_not_supplied',
  'users_not_found',
]);

/** Of the token: no call with it will be taken. */
const dead: ReadonlySet<string> = new Set([
  'account_inactive',
  'forbidden_team',
  'invalid_auth',
  'is_bot',
  'not_allowed_token_type',
  'not_authed',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
  'two_factor_setup_required',
]);

/** Passing faults on Slack's side, by name: it may have been done. */
export const passing: ReadonlySet<string> = new Set([
  'fatal_error',
  'fetch_members_failed',
  'file_update_failed',
  'internal_error',
  'request_timeout',
  'service_unavailable',
  'update_failed',
]);

const migration = 'It is over when the workspace has moved to its organization.';
/** Not done, and not for good: word -> what ends it. */
export const waiting: Readonly<Record<string, string>> = {
  accesslimited:
    'Allow the address of this machine under Allowed IP Address Ranges of the app, or of the workspace.',
  ekm_access_denied: "Ask the workspace's admins: they have suspended access to its keys.",
  external_channel_migrating: 'It is over when the channel has moved.',
  invalid_cursor: 'The list is read from its beginning.',
  org_login_required: migration,
  rate_limited: 'It passes by itself.',
  ratelimited: 'It passes by itself.',
  streaming_state_conflict: 'It passes by itself.',
  team_added_to_org: migration,
};

export type WordClass = 'row' | 'refused' | 'credential' | 'waits';

/** Undefined of a word that stands in no table. */
export function classOf(word: string): WordClass | undefined {
  if (Object.hasOwn(rows, word) || word === 'missing_scope') return 'row';
  if (refusals.has(word)) return 'refused';
  if (dead.has(word)) return 'credential';
  return passing.has(word) || Object.hasOwn(waiting, word) ? 'waits' : undefined;
}
