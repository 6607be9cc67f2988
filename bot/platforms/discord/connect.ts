/** Discord, as `config.discord` says. */
import { type Connector, leftOut } from '../remote/connector.js';

export const discord: Connector = {
  async connect({ discord: { token, roles, servers, api } }, handed) {
    if (token === null) return null;
    const { DiscordPlatform } = await import('./adapter.js');
    const base = api === null ? {} : { api };
    return new DiscordPlatform({ ...handed, token, roles, guilds: servers, ...base });
  },

  async check({ discord: { token, ownServers, api } }, { channels, decided }) {
    if (token === null) return leftOut('discord', 'DISCORD_TOKEN');
    const { checkDiscord } = await import('./check.js');
    const known = new Set([...ownServers, ...(await decided())]);
    return checkDiscord({ token, channels, known, ...(api === null ? {} : { api }) });
  },
};
