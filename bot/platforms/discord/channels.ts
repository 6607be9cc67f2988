/**
 * What we must know of the channels that we post in, and who sees them. Age restriction is asked anew at
 * every post of a spoiler (of the parent for a thread): a spoiler alone is not enough, and the flag may be
 * gone since the session began.
 */
import { type APIChannel, type APIGuild, ChannelType, PermissionFlagsBits } from 'discord.js';
import type { NamedChannel } from '../../../src/chat/port.js';
import { isUnreachable } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';
import { say } from '../../../src/words/text.js';
import type { DiscordApi } from './api.js';
import { discordCodes, isCode } from './errors.js';
import { effective, lacking } from './permissions.js';

export interface Place {
  guild: string | null;
  /** Channel that a thread hangs on; null for anything else. */
  parent: string | null;
  nsfw: boolean;
}

const threads: readonly ChannelType[] = [
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
];

/**
 * What is known of places, and what Discord says of them now. Errors: those of the API, `not-allowed` where
 * pictures may not be shown.
 */
export class Channels {
  private readonly places = new Map<string, Place>();
  /** Of servers, by their ids. */
  private readonly locales = new Map<string, string | null>();

  constructor(
    private readonly api: Pick<DiscordApi, 'channel' | 'channels' | 'guild' | 'member' | 'threadMember'>,
  ) {}

  /**
   * Takes the channel posts of the bot's? Asked of Discord; false where it says no to that too, 'gone' where
   * it was deleted.
   */
  async takesPosts(channel: string, self: string): Promise<boolean | 'gone'> {
    try {
      const found = await this.api.channel(channel);
      if (isLocked(found)) return false;
      const home =
        parentOf(found) === null || !isThread(found) ? found : await this.api.channel(parentOf(found)!);
      const guild = guildOf(found);
      if (guild === null) return false;
      const [of, { roles }] = await Promise.all([this.api.guild(guild), this.api.member(guild, self)]);
      const overwrites = 'permission_overwrites' in home ? (home.permission_overwrites ?? []) : [];
      return lacking({ guild: of, overwrites, user: self, roles }).length === 0;
    } catch (error) {
      if (isUnreachable(error)) throw error;
      return isCode(error, discordCodes.unknownChannel) && 'gone';
    }
  }

  /** Language that the server is set to; asked once, and told when it changes. */
  async localeOf(channel: string): Promise<string | null> {
    const { guild } = await this.learn(channel);
    if (guild === null) return null;
    if (!this.locales.has(guild)) this.tellLocale(await this.api.guild(guild));
    return this.locales.get(guild) ?? null;
  }

  tellLocale({ id, preferred_locale }: Pick<APIGuild, 'id' | 'preferred_locale'>): void {
    this.locales.set(id, preferred_locale ?? null);
  }

  /** Looked up at the first post in this process. */
  async learn(channel: string): Promise<Place> {
    return this.places.get(channel) ?? this.read(channel);
  }

  /** All of the server that the channel is of. */
  async ofServer(channel: string): Promise<NamedChannel[]> {
    const { guild } = await this.learn(channel);
    const found = guild === null ? [] : await this.api.channels(guild);
    return found.map(({ id, name }) => ({ address: id, name: name ?? id }));
  }

  async read(channel: string): Promise<Place> {
    const found = await this.api.channel(channel);
    const parent = isThread(found) ? parentOf(found) : null;
    const nsfw = parent === null ? isNsfw(found) : isNsfw(await this.api.channel(parent));
    const place = { guild: guildOf(found), parent, nsfw };
    this.places.set(channel, place);
    return place;
  }

  /**
   * By the person's rights there, as they are now; a private thread is its members', and whose who may manage
   * threads. Who is of age Discord alone knows: of an age-restricted channel people are told in one of the
   * kind.
   */
  async sees(user: string, channel: string, from: string): Promise<boolean> {
    const found = await this.api.channel(channel);
    const parent = isThread(found) ? parentOf(found) : null;
    const home = parent === null ? found : await this.api.channel(parent);
    const guild = guildOf(found);
    if (guild === null) return false;
    if (isNsfw(home) && !(await this.read(from)).nsfw) return false;
    const [of, { roles }] = await Promise.all([this.api.guild(guild), this.api.member(guild, user)]);
    const overwrites = 'permission_overwrites' in home ? (home.permission_overwrites ?? []) : [];
    const has = effective({ guild: of, overwrites, user, roles });
    if ((has & PermissionFlagsBits.ViewChannel) === 0n) return false;
    if (found.type !== ChannelType.PrivateThread || (has & PermissionFlagsBits.ManageThreads) !== 0n)
      return true;
    return this.api.threadMember(channel, user).then(
      () => true,
      () => false,
    );
  }

  async mustBeAgeRestricted(channel: string): Promise<void> {
    const { nsfw } = await this.read(channel);
    if (nsfw) return;
    throw new AcclaimError(
      'not-allowed',
      say('these pictures may only be shown in an age-restricted channel, and this one is not'),
      say(
        'Turn on "Age-restricted channel" in the channel settings; **/acclaim session resume** then goes on.',
      ),
    );
  }

  /** A CHANNEL_UPDATE as it came -> the places whose age restriction it changed. */
  changed(update: APIChannel): { channel: string; nsfw: boolean }[] {
    const nsfw = isNsfw(update);
    const found: { channel: string; nsfw: boolean }[] = [];
    for (const [channel, place] of this.places) {
      if ((place.parent ?? channel) !== update.id || place.nsfw === nsfw) continue;
      place.nsfw = nsfw;
      found.push({ channel, nsfw });
    }
    return found;
  }

  /** Places that a deleted channel, thread or server took along; they are forgotten. */
  lost(id: string): string[] {
    const found = [...this.places].filter(([channel, { guild, parent }]) =>
      [channel, guild, parent].includes(id),
    );
    for (const [channel] of found) this.places.delete(channel);
    return found.map(([channel]) => channel);
  }
}

export function isThread(channel: APIChannel): boolean {
  return threads.includes(channel.type);
}

/** One that is archived alone is opened again by whoever may write there. */
export function isLocked(channel: APIChannel): boolean {
  return 'thread_metadata' in channel && channel.thread_metadata?.locked === true;
}

/** Age-restricted; of a thread its parent says it. */
export function isNsfw(channel: APIChannel): boolean {
  return 'nsfw' in channel && channel.nsfw === true;
}

/** The channel that a thread hangs on, or the category of a channel. */
export function parentOf(channel: APIChannel): string | null {
  return 'parent_id' in channel ? (channel.parent_id ?? null) : null;
}

function guildOf(channel: APIChannel): string | null {
  return 'guild_id' in channel ? (channel.guild_id ?? null) : null;
}
