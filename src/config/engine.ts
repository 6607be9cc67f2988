/**
 * The configuration as an engine has it: whatever is found on its machine, no token of a platform or of the
 * page is in it.
 */
import type { Config } from './schema.js';

/** `dropped`: names of the settings that were set. */
export function withoutPlatforms(config: Config): { config: Config; dropped: string[] } {
  const { discord, slack, server } = config;
  const secrets = {
    'discord.token': discord.token,
    'slack.botToken': slack.botToken,
    'slack.appToken': slack.appToken,
    'slack.signingSecret': slack.signingSecret,
    'server.accessToken': server.accessToken,
    'server.nsfwToken': server.nsfwToken,
  };
  const dropped = Object.entries(secrets).flatMap(([name, value]) => (value === null ? [] : [name]));
  return {
    config: {
      ...config,
      discord: { ...discord, token: null },
      slack: { ...slack, botToken: null, appToken: null, signingSecret: null },
      server: { ...server, accessToken: null, nsfwToken: null },
    },
    dropped,
  };
}
