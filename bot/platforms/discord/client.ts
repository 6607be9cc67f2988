/**
 * discord.js' client as we use it: the three intents that need no approval, raw dispatches, and none of its
 * caches but servers, channels and roles. Nothing of a vote is ever read from a cache.
 */
import { Client, GatewayIntentBits, Options } from 'discord.js';
import type { DiscordOptions } from './options.js';

/** Not connected yet. `api`: base of Discord's addresses. */
export function makeClient({ api }: Pick<DiscordOptions, 'api'>): Client {
  return new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.GuildMessageReactions,
    ],
    makeCache: Options.cacheWithLimits({
      MessageManager: 0,
      ReactionManager: 0,
      ReactionUserManager: 0,
      PresenceManager: 0,
      VoiceStateManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: (member) => member.id === member.client.user.id },
      UserManager: { maxSize: 0, keepOverLimit: (user) => user.id === user.client.user?.id },
      ThreadMemberManager: 0,
    }),
    // As many connections as Discord recommends: one until 2500 servers.
    shards: 'auto',
    allowedMentions: { parse: [] },
    ...(api === undefined ? {} : { rest: { api } }),
  });
}

/**
 * Bits that a member has on a server by its roles, channels left out; null for a server that is not known.
 */
export function permissionsOf(
  client: Client,
  guild: string | undefined,
  user: string,
  roles: readonly string[],
): string | null {
  const found = guild === undefined ? undefined : client.guilds.cache.get(guild);
  if (!found) return null;
  if (found.ownerId === user) return String(0xffff_ffffn);
  const all = [found.id, ...roles].map((id) => found.roles.cache.get(id)?.permissions.bitfield ?? 0n);
  return String(all.reduce((sum, bits) => sum | bits, 0n));
}
