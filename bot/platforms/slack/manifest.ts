/**
 * What the Slack app needs: scopes, events, the one command, buttons. The manifest is what an owner pastes
 * under "Create an app from a manifest", so that nothing is clicked together by hand.
 * https://docs.slack.dev/reference/app-manifest
 */

/** Without one of these the bot cannot work. */
export const scopes = [
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'reactions:read',
  'reactions:write',
  'users:read',
] as const;

/**
 * Files for one person go as direct messages; user groups exist on paid plans only, and only roles ask for
 * them.
 */
export const optionalScopes = ['im:write', 'usergroups:read'] as const;

export const events = [
  'app_uninstalled',
  'channel_archive',
  'channel_deleted',
  'channel_left',
  'channel_unarchive',
  'group_archive',
  'group_deleted',
  'group_left',
  'group_unarchive',
  'member_joined_channel',
  'message.channels',
  'message.groups',
  'reaction_added',
  'reaction_removed',
  'tokens_revoked',
] as const;

export const commandName = '/acclaim';

/** `url` = where Slack reaches the bot over HTTP; null = Socket Mode. */
export function manifest(url: string | null): Record<string, unknown> {
  const request = url === null ? {} : { request_url: `${url.replace(/\/$/, '')}/slack/events` };
  const target = url === null ? {} : { url: request.request_url };
  return {
    display_information: { name: 'Acclaim', description: 'A community teaches an image model its taste' },
    features: {
      bot_user: { display_name: 'acclaim', always_online: true },
      slash_commands: [
        {
          command: commandName,
          description: 'Teach an image model together',
          usage_hint: 'help | session start PROMPT | session status | best A3 | flag A3 | me',
          // So that people who are mentioned come by their ids.
          should_escape: true,
          ...target,
        },
      ],
    },
    oauth_config: { scopes: { bot: [...scopes, ...optionalScopes].sort() } },
    settings: {
      event_subscriptions: { ...request, bot_events: [...events] },
      interactivity: { is_enabled: true, ...request },
      socket_mode_enabled: url === null,
      token_rotation_enabled: false,
      org_deploy_enabled: false,
    },
  };
}
