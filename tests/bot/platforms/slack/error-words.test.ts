/**
 * Slack's error words: each that is documented of a method that we call has a class, and one that is not is
 * told by its name.
 */
import { webApi } from '@slack/bolt';
import { expect, test } from 'vitest';
import { classOf } from '../../../../bot/platforms/slack/error-words.js';
import { translate } from '../../../../bot/platforms/slack/errors.js';

/** As docs.slack.dev/reference/methods lists them, of chat.postMessage, chat.update, chat.delete,
 * chat.postEphemeral, reactions.add, reactions.get, conversations.info, conversations.history,
 * conversations.list, conversations.members, conversations.open, users.info, usergroups.users.list,
 * files.getUploadURLExternal,
 * files.completeUploadExternal, files.info, files.delete, auth.test, apps.connections.open; August 2026. */
const documented = `
  access_denied accesslimited account_inactive already_reacted alt_txt_too_large app_access_restricted
  as_user_not_supported attachment_payload_limit_exceeded bad_timestamp block_mismatch blocked_file_type
  cannot_reply_to_message cant_broadcast_message cant_delete_file cant_delete_message cant_update_message
  canvas_disabled_file_team canvas_disabled_user_team canvas_globally_disabled channel_is_limited_access
  channel_not_found channels_limit_exceeded delete_not_allowed deprecated_endpoint draft_already_deleted
  draft_already_sent draft_has_conflict draft_not_found duplicate_channel_not_found
  duplicate_message_not_found edit_window_closed ekm_access_denied enterprise_is_restricted
  external_channel_migrating fatal_error fetch_members_failed file_comment_not_found file_deleted
  file_deleting_disabled file_is_deleted file_not_found file_share_limit_reached file_type_not_allowed
  file_update_failed file_upload_size_restricted file_uploads_disabled file_uploads_except_images_disabled
  forbidden_team insecure_request internal_error invalid_arg_name invalid_array_arg invalid_attachments
  invalid_auth invalid_blocks invalid_blocks_format invalid_channel invalid_charset invalid_cursor
  invalid_form_data invalid_limit invalid_metadata_filter_keys invalid_metadata_format
  invalid_metadata_schema invalid_name invalid_post_type invalid_ts_latest invalid_ts_oldest invalid_types
  invalid_user_combination is_archived is_bot is_inactive markdown_text_conflict max_file_sharing_exceeded
  message_limit_exceeded message_not_found messages_tab_disabled metadata_must_be_sent_from_app
  metadata_too_large method_deprecated method_not_supported_for_channel_type missing_args missing_argument
  missing_file_data missing_post_type missing_scope msg_blocks_too_long msg_too_long no_access
  no_dual_broadcast_content_update no_item_specified no_permission no_such_subteam no_text
  not_allowed_token_type not_authed not_enough_users not_in_channel not_reactable not_visible
  org_login_required plan_upgrade_required posting_to_channel_denied rate_limited ratelimited
  request_timeout restricted_action restricted_action_non_threadable_channel
  restricted_action_read_only_channel restricted_action_thread_locked restricted_action_thread_only_channel
  send_on_behalf_not_allowed service_unavailable slack_connect_blocked_file_type
  slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked
  slack_connect_file_link_sharing_blocked slack_connect_file_upload_sharing_blocked
  slack_connect_lists_sharing_blocked snippet_too_large storage_limit_reached streaming_state_conflict
  team_added_to_org team_not_found template_not_visible thread_locked token_expired token_revoked
  too_many_attachments too_many_contact_cards too_many_emoji too_many_reactions too_many_users
  two_factor_setup_required unable_to_share_files unknown_method unknown_snippet_type unknown_subtype
  update_failed user_disabled user_not_found user_not_in_channel user_not_visible users_list_not_supplied
`
  .trim()
  .split(/\s+/);

const said = (error: string) =>
  Object.assign(Object.create(webApi.WebAPIPlatformError.prototype) as webApi.WebAPIPlatformError, {
    message: `An API error occurred: ${error}`,
    data: { ok: false, error },
  });

test('every documented word has a class', () => {
  expect(documented).toHaveLength(145);
  expect(documented.filter((word) => classOf(word) === undefined)).toEqual([]);
});

test.each([
  ['access_denied', 'channel-lost', /does not let me post/],
  ['posting_to_channel_denied', 'channel-lost', /does not let me post/],
  ['is_inactive', 'channel-lost', /archived/],
  ['file_uploads_disabled', 'not-allowed', /upload/],
  ['not_allowed_token_type', 'token-invalid', /token/],
  ['is_bot', 'token-invalid', /token/],
  ['deprecated_endpoint', 'platform-refused', /deprecated_endpoint/],
  ['thread_locked', 'platform-refused', /thread_locked/],
  // They hold until somebody has done something else than install the app again.
  ['org_login_required', 'platform-unreachable', /puts it off: org_login_required/],
  ['ekm_access_denied', 'platform-unreachable', /puts it off: ekm_access_denied/],
  ['accesslimited', 'platform-unreachable', /puts it off: accesslimited/],
  ['update_failed', 'platform-unreachable', /puts it off: update_failed/],
  ['a_word_of_next_year', 'platform-unreachable', /do not know: a_word_of_next_year/],
] as const)('%s is %s', (word, code, message) => {
  const told = translate(said(word)) as Error & { hint: string };
  expect(told).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(told.hint).not.toMatch(/connection/);
});
