/**
 * The state of a small Discord: one server with roles, people, channels and messages. No network here.
 * Objects have the fields that Discord's answers have, so that the same object is what REST and the gateway
 * send.
 */
export const discordEpoch = 1_420_070_400_000;

/** The server that is there from the beginning: tests name it as the host's own. */
export const ownServer = '110000000000000001';

export interface User {
  id: string;
  username: string;
  global_name: string | null;
  avatar: null;
  discriminator: string;
  public_flags: number;
  flags: number;
  primary_guild: null;
  bot?: boolean;
}

export interface Member {
  user: User;
  nick: string | null;
  roles: string[];
  joined_at: string;
  /** Bits that interactions carry. */
  permissions: bigint;
}

export interface Attachment {
  id: string;
  filename: string;
  description?: string;
  size: number;
  url: string;
  proxy_url: string;
  content_type: string;
}

export interface Message {
  id: string;
  type: number;
  channel_id: string;
  author: User;
  content: string;
  embeds: Record<string, unknown>[];
  components: { type: number; components: Record<string, unknown>[] }[];
  attachments: Attachment[];
  mentions: User[];
  mention_roles: string[];
  mention_everyone: boolean;
  pinned: boolean;
  tts: boolean;
  flags: number;
  timestamp: string;
  edited_timestamp: string | null;
}

export interface Channel {
  id: string;
  type: number;
  guild_id: string;
  name: string;
  nsfw: boolean;
  parent_id: string | null;
  archived: boolean;
  /** Only those who manage threads may open it, and the bot may not. */
  locked: boolean;
  gone: boolean;
  permission_overwrites: { id: string; type: number; allow: string; deny: string }[];
  /** What the bot may do here. */
  may: { view: boolean; send: boolean; react: boolean; pin: boolean };
  messages: Map<string, Message>;
}

/** Message -> emoji -> type (0 ordinary, 1 super) -> users. */
export type Reactions = Map<string, Map<string, [Set<string>, Set<string>]>>;

export interface Role {
  id: string;
  name: string;
  permissions: string;
  position: number;
  color: number;
  hoist: boolean;
  managed: boolean;
  mentionable: boolean;
  flags: number;
}

export class World {
  /** ms added to the clock: messages can be made older. */
  shift = 0;
  readonly bot: User;
  readonly application: string;
  readonly guild: { id: string; owner_id: string; name: string };
  /** Servers of others that the bot is on as well, each with its channels. */
  readonly others: { id: string; owner_id: string; name: string }[] = [];
  /** The bot is on it. */
  invited = true;
  /** READY names the server, and it does not come. */
  down = false;
  botRoles: string[] = [];
  readonly roles: Role[] = [];
  readonly members = new Map<string, Member>();
  readonly channels = new Map<string, Channel>();
  /** Thread -> ids of those who are in it. */
  readonly threadMembers = new Map<string, Set<string>>();
  readonly reactions: Reactions = new Map();
  readonly files = new Map<string, Buffer>();
  readonly edits: { message: string; at: number }[] = [];
  /** Everywhere, and by server. */
  commands: Record<string, unknown>[] = [];
  readonly commandsOf = new Map<string, Record<string, unknown>[]>();
  private sequence = 0n;

  constructor() {
    this.application = this.id();
    this.bot = { ...this.user('acclaim'), id: this.application, bot: true };
    this.guild = { id: ownServer, owner_id: this.id(), name: 'A server' };
    this.role('@everyone', 0x400n, this.guild.id);
  }

  /** As they stand in the menu of the server. */
  get allCommands(): Record<string, unknown>[] {
    return [...this.commands, ...(this.commandsOf.get(this.guild.id) ?? [])];
  }

  now(): number {
    return Date.now() + this.shift;
  }

  id(at = this.now()): string {
    this.sequence = (this.sequence + 1n) & 0x3fffffn;
    return String((BigInt(at - discordEpoch) << 22n) | this.sequence);
  }

  user(username: string, at?: number): User {
    return {
      id: this.id(at),
      username,
      global_name: username,
      avatar: null,
      discriminator: '0',
      public_flags: 0,
      flags: 0,
      primary_guild: null,
    };
  }

  /** A member by name, made when new. */
  person(name: string, fill: { roles?: string[]; permissions?: bigint; bot?: boolean } = {}): Member {
    let found = [...this.members.values()].find((m) => m.user.username === name);
    if (!found) {
      const user = { ...this.user(name), ...(fill.bot ? { bot: true } : {}) };
      const joined_at = new Date(this.now() - 86_400_000).toISOString();
      found = { user, nick: null, roles: [], joined_at, permissions: 0n };
      this.members.set(user.id, found);
    }
    if (fill.roles) found.roles = fill.roles;
    if (fill.permissions !== undefined) found.permissions = fill.permissions;
    return found;
  }

  role(name: string, permissions: bigint, id = this.id()): Role {
    const plain = { position: 0, color: 0, hoist: false, managed: false, mentionable: false, flags: 0 };
    const made = { id, name, permissions: String(permissions), ...plain };
    this.roles.push(made);
    return made;
  }

  /** Roles are the first server's; another has that of everybody. */
  rolesOf(guild: string): Role[] {
    if (guild === this.guild.id) return this.roles;
    const everyone = this.roles.find(({ id }) => id === this.guild.id)!;
    return [{ ...everyone, id: guild }];
  }

  /** A server of somebody else; call it before the bot connects. */
  server(name: string): { id: string; owner_id: string; name: string } {
    const made = { id: this.id(), owner_id: this.id(), name };
    this.others.push(made);
    return made;
  }

  channel(name: string, fill: Partial<Channel> = {}): Channel {
    const made: Channel = {
      id: this.id(),
      type: 0,
      guild_id: this.guild.id,
      name,
      nsfw: false,
      parent_id: null,
      archived: false,
      locked: false,
      gone: false,
      permission_overwrites: [],
      may: { view: true, send: true, react: true, pin: true },
      messages: new Map(),
      ...fill,
    };
    this.channels.set(made.id, made);
    return made;
  }

  message(channel: Channel, author: User, fill: Partial<Message> = {}): Message {
    const id = this.id();
    const made: Message = {
      id,
      type: 0,
      channel_id: channel.id,
      author,
      content: '',
      embeds: [],
      components: [],
      attachments: [],
      mentions: [],
      mention_roles: [],
      mention_everyone: false,
      pinned: false,
      tts: false,
      flags: 0,
      timestamp: new Date(this.now()).toISOString(),
      edited_timestamp: null,
      ...fill,
    };
    channel.messages.set(id, made);
    return made;
  }

  /** A message with its reactions, as REST answers it; counts are wrong on purpose, as Discord's may be. */
  shown(message: Message): Record<string, unknown> {
    const of = [...(this.reactions.get(message.id) ?? [])].filter(([, [a, b]]) => a.size + b.size > 0);
    if (of.length === 0) return { ...message };
    const reactions = of.map(([name, [ordinary, burst]]) => ({
      emoji: { id: null, name },
      count: ordinary.size + burst.size + 7,
      count_details: { normal: ordinary.size, burst: burst.size },
      burst_colors: [],
      me: ordinary.has(this.bot.id),
      me_burst: false,
    }));
    return { ...message, reactions };
  }

  /** False when nothing changed. */
  setReaction(message: string, user: string, glyph: string, type: 0 | 1, present: boolean): boolean {
    const on = this.reactions.get(message) ?? new Map<string, [Set<string>, Set<string>]>();
    this.reactions.set(message, on);
    const sets = on.get(glyph) ?? [new Set<string>(), new Set<string>()];
    on.set(glyph, sets);
    if (sets[type].has(user) === present) return false;
    if (present) sets[type].add(user);
    else sets[type].delete(user);
    return true;
  }

  reactors(message: string, glyph: string, type: 0 | 1): string[] {
    const found = [...(this.reactions.get(message)?.get(glyph)?.[type] ?? [])];
    return found.sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  }

  find(message: string): Message | undefined {
    for (const channel of this.channels.values()) {
      const found = channel.messages.get(message);
      if (found) return found;
    }
    return undefined;
  }
}

/** The part of a channel that the API shows. */
export function channelBody({
  id,
  type,
  guild_id,
  name,
  nsfw,
  parent_id,
  archived,
  locked,
  permission_overwrites,
}: Channel): Record<string, unknown> {
  const thread = type >= 10 && type <= 12;
  return {
    id,
    type,
    guild_id,
    name,
    parent_id,
    flags: 0,
    ...(thread
      ? {
          owner_id: '1',
          thread_metadata: { archived, archive_timestamp: null, auto_archive_duration: 1440, locked },
          message_count: 0,
          member_count: 1,
          total_message_sent: 0,
        }
      : { nsfw, position: 0, permission_overwrites }),
  };
}
