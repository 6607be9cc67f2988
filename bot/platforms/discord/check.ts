/**
 * What `acclaim doctor` asks Discord: is the token good, is the bot on a server, may it do in each channel
 * what a session needs, is a channel age-restricted where that matters. Over REST alone; nothing is changed.
 */
import { type APIChannel, type APIGuild, type APIGuildMember, type APIUser, REST, Routes } from 'discord.js';
import { isUnreachable } from '../../../src/chat/refusals.js';
import { plain } from '../../../src/chat/text.js';
import type { Check } from '../../../src/cli/check.js';
import { toPlain } from '../../../src/errors.js';
import { isLocked, isNsfw, isThread, parentOf } from './channels.js';
import { isUnauthorized, lockedThread, tokenInvalid, translate } from './errors.js';
import { inviteLink, lacking } from './permissions.js';

export interface DiscordQuestion {
  token: string;
  /** Channels of running sessions, or those that are meant for some. */
  channels: readonly string[];
  /** Ids of the servers that somebody decided on; missing: it is not looked at. */
  known?: ReadonlySet<string>;
  api?: string;
}

const adult = 'needed only for sessions that reduce adult content';

/** What the doctor finds, the token first. It throws nothing: what fails is a check. */
export async function checkDiscord({ token, channels, known, api }: DiscordQuestion): Promise<Check[]> {
  const rest = new REST(api === undefined ? {} : { api }).setToken(token);
  try {
    const me = (await rest.get(Routes.user('@me'))) as APIUser;
    const servers = (await rest.get(Routes.userGuilds())) as { id: string; name: string }[];
    const link = inviteLink(me.id);
    const invited: Check =
      servers.length > 0
        ? { name: 'discord servers', state: 'ok', found: servers.map((s) => s.name).join(', '), hint: '' }
        : {
            name: 'discord servers',
            state: 'fail',
            found: 'the bot is on no server',
            hint: `Invite it: ${link}`,
          };
    const looked = await Promise.all(channels.map((channel) => checkChannel(rest, me.id, channel)));
    return [
      { name: 'discord token', state: 'ok', found: `${me.username}; invite with ${link}`, hint: '' },
      { name: 'discord intents', state: 'ok', found: 'none that need approval', hint: '' },
      invited,
      ...(known ? undecided(servers, known) : []),
      ...looked.flat(),
    ];
  } catch (error) {
    return [failed('discord token', isUnauthorized(error) ? tokenInvalid(error) : translate(error))];
  }
}

/** Whoever likes may have put the bot on them. */
function undecided(servers: readonly { id: string; name: string }[], known: ReadonlySet<string>): Check[] {
  const found = servers.filter(({ id }) => !known.has(id)).map(({ id, name }) => `${plain(name)} (${id})`);
  if (found.length === 0) return [];
  return [
    {
      name: 'discord unknown servers',
      state: 'warn',
      found: `nobody decided on ${found.join(', ')}`,
      hint: 'Claim yours by the code that a start prints; an operator decides on others: /acclaim-admin server allow ID.',
    },
  ];
}

async function checkChannel(rest: REST, self: string, id: string): Promise<Check[]> {
  const name = `discord channel ${id}`;
  try {
    const channel = (await rest.get(Routes.channel(id))) as APIChannel;
    if (!('guild_id' in channel) || channel.guild_id === undefined)
      return [{ name, state: 'fail', found: 'it is on no server', hint: 'Use a text channel of a server.' }];
    const [guild, member] = await Promise.all([
      rest.get(Routes.guild(channel.guild_id)) as Promise<APIGuild>,
      rest.get(Routes.guildMember(channel.guild_id, self)) as Promise<APIGuildMember>,
    ]);
    // A thread has neither rights nor an age restriction of its own.
    const parent = isThread(channel) ? parentOf(channel) : null;
    const home = parent === null ? channel : ((await rest.get(Routes.channel(parent))) as APIChannel);
    const overwrites = 'permission_overwrites' in home ? (home.permission_overwrites ?? []) : [];
    const missing = lacking({ guild, overwrites, user: self, roles: member.roles });
    if (isLocked(channel))
      return [
        { name, state: 'fail', found: `#${channel.name}: ${lockedThread.cause}`, hint: lockedThread.hint },
      ];
    const rights: Check =
      missing.length === 0
        ? { name, state: 'ok', found: `#${channel.name}: I may do what is needed`, hint: '' }
        : {
            name,
            state: 'fail',
            found: `#${channel.name}: I lack ${missing.join(', ')}`,
            hint: "Give the bot's role these in the channel's permissions.",
          };
    const nsfw = isNsfw(home);
    const found = nsfw ? 'age-restricted' : `not age-restricted, ${adult}`;
    return [rights, { name: `${name} age`, state: nsfw ? 'ok' : 'off', found, hint: '' }];
  } catch (error) {
    return [failed(name, translate(error))];
  }
}

function failed(name: string, error: unknown): Check {
  const { message, hint } = toPlain(error);
  const again = 'Check the connection to discord.com and try again.';
  return { name, state: 'fail', found: message, hint: isUnreachable(error) || hint === '' ? again : hint };
}
