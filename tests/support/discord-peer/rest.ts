/**
 * The operations of the peer, by their names in Discord's description. Each gets the parameters of its path,
 * the query and the checked body, and gives the answer's body; undefined is 204.
 */
import { Refusal } from './faults.js';
import type { Gateway } from './gateway.js';
import type { Interactions } from './interactions.js';
import {
  type Attachment,
  type Channel,
  channelBody,
  discordEpoch,
  type Message,
  type World,
} from './world.js';

export interface Upload {
  index: number;
  name: string;
  bytes: Buffer;
}

export interface Call {
  parameters: string[];
  query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: checked against Discord's description before it comes here
  body: any;
  files: Upload[];
}

export interface Parts {
  world: World;
  gateway: Gateway;
  interactions: Interactions;
  url(): string;
}

type Handler = (call: Call) => unknown;

const mebibyte = 1024 * 1024;

export function handlers({ world, gateway, interactions, url }: Parts): Record<string, Handler> {
  const nonces = new Map<string, string>();

  const channelOf = (id: string): Channel => {
    const found = world.channels.get(id);
    if (!found || found.gone) throw new Refusal(404, 10003, 'Unknown Channel');
    if (!found.may.view) throw new Refusal(403, 50001, 'Missing Access');
    return found;
  };
  const messageOf = (channel: Channel, id: string): Message => {
    const found = channel.messages.get(id);
    if (!found) throw new Refusal(404, 10008, 'Unknown Message');
    return found;
  };
  const writable = (channel: Channel): Channel => {
    if (channel.locked && !channel.archived) throw new Refusal(400, 160005, 'Thread is locked');
    if (channel.archived) throw new Refusal(400, 50083, 'Thread is archived');
    if (!channel.may.send) throw new Refusal(403, 50013, 'Missing Permissions');
    return channel;
  };
  const made = (body: Record<string, unknown>[]) =>
    body.map((command) => ({
      ...command,
      id: world.id(),
      application_id: world.application,
      version: world.id(),
      default_member_permissions:
        command.default_member_permissions == null ? null : String(command.default_member_permissions),
      nsfw: false,
    }));

  return {
    'get /gateway/bot': () => ({
      url: gateway.address,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 999, reset_after: 1000, max_concurrency: 1 },
    }),
    'get /users/@me': () => world.bot,
    'get /users/@me/guilds': () => [...(world.invited ? [world.guild] : []), ...world.others],
    'get /guilds/{guild_id}': ({ parameters: [id] }) => {
      const found = [world.guild, ...world.others].find((one) => one.id === id);
      if (!found) throw new Refusal(404, 10004, 'Unknown Guild');
      return { ...found, roles: world.rolesOf(found.id) };
    },
    'get /guilds/{guild_id}/channels': ({ parameters: [id] }) =>
      [...world.channels.values()]
        .filter((c) => !c.gone && !isThread(c) && c.guild_id === id)
        .map(channelBody),
    'get /guilds/{guild_id}/threads/active': ({ parameters: [id] }) => ({
      threads: [...world.channels.values()]
        .filter((c) => !c.gone && isThread(c) && !c.archived && c.guild_id === id)
        .map(channelBody),
      members: [],
    }),
    'get /guilds/{guild_id}/members/{user_id}': ({ parameters: [, id] }) => {
      if (id === world.bot.id) return { user: world.bot, roles: world.botRoles };
      const found = world.members.get(id!);
      if (!found) throw new Refusal(404, 10007, 'Unknown Member');
      return { user: found.user, roles: found.roles };
    },
    'get /channels/{channel_id}/thread-members/{user_id}': ({ parameters: [id, user] }) => {
      if (!world.threadMembers.get(id!)?.has(user!)) throw new Refusal(404, 10007, 'Unknown Member');
      return { id, user_id: user, join_timestamp: new Date().toISOString(), flags: 0 };
    },
    'get /channels/{channel_id}': ({ parameters: [id] }) => channelBody(channelOf(id)),
    'patch /channels/{channel_id}': ({ parameters: [id], body }) => {
      const channel = channelOf(id);
      if (channel.locked) throw new Refusal(403, 50013, 'Missing Permissions');
      channel.archived = body.archived ?? channel.archived;
      return channelBody(channel);
    },
    'get /channels/{channel_id}/messages': ({ parameters: [id], query }) => {
      const { before, after, limit } = Object.fromEntries(query);
      let found = [...channelOf(id).messages.values()].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
      if (before) found = found.filter((m) => BigInt(m.id) < BigInt(before));
      const most = Number(limit ?? 50);
      // `after` gives the ones right after it, newest first within the page.
      found = after ? found.filter((m) => BigInt(m.id) > BigInt(after)).slice(-most) : found.slice(0, most);
      return found.map((m) => world.shown(m));
    },
    'post /channels/{channel_id}/messages': ({ parameters: [id], body, files }) => {
      const channel = writable(channelOf(id));
      const known = body.enforce_nonce && body.nonce != null ? nonces.get(String(body.nonce)) : undefined;
      const earlier = known === undefined ? undefined : world.find(known);
      if (earlier) return world.shown(earlier);
      mustFit(body);
      const message = world.message(channel, world.bot, {
        content: body.content ?? '',
        embeds: (body.embeds ?? []).map((e: object) => ({ type: 'rich', ...e })),
        components: numbered(body.components ?? []),
        attachments: attachments(body.attachments ?? [], files, []),
      });
      if (message.content === '' && message.embeds.length === 0 && message.attachments.length === 0)
        throw new Refusal(400, 50006, 'Cannot send an empty message');
      if (body.nonce != null) nonces.set(String(body.nonce), message.id);
      gateway.send('MESSAGE_CREATE', { ...message, guild_id: channel.guild_id });
      return message;
    },
    'get /channels/{channel_id}/messages/{message_id}': ({ parameters: [id, message] }) =>
      world.shown(messageOf(channelOf(id), message)),
    'patch /channels/{channel_id}/messages/{message_id}': ({ parameters: [id, message], body, files }) => {
      const channel = channelOf(id);
      const found = messageOf(channel, message);
      writable(channel);
      if (found.author.id !== world.bot.id)
        throw new Refusal(403, 50005, "Cannot edit another user's message");
      const old = world.now() - (Number(BigInt(found.id) >> 22n) + discordEpoch) > 3_600_000;
      const lately = world.edits.filter(
        (e) => e.message === message && world.now() - e.at < 3_600_000,
      ).length;
      if (old && lately >= 3)
        throw new Refusal(429, 30046, 'Maximum number of edits to messages older than 1 hour reached');
      world.edits.push({ message, at: world.now() });
      edit(found, body, files);
      gateway.send('MESSAGE_UPDATE', { ...found, guild_id: channel.guild_id });
      return world.shown(found);
    },
    'delete /channels/{channel_id}/messages/{message_id}': ({ parameters: [id, message] }) => {
      const channel = channelOf(id);
      messageOf(channel, message);
      channel.messages.delete(message);
      gateway.send('MESSAGE_DELETE', { id: message, channel_id: id, guild_id: channel.guild_id });
    },
    'get /channels/{channel_id}/messages/pins': ({ parameters: [id] }) => {
      const pinned = [...channelOf(id).messages.values()].filter((m) => m.pinned);
      const items = pinned.map((message) => ({ pinned_at: message.timestamp, message }));
      return { items, has_more: false };
    },
    'put /channels/{channel_id}/messages/pins/{message_id}': ({ parameters: [id, message] }) => {
      const channel = channelOf(id);
      if (!channel.may.pin) throw new Refusal(403, 50013, 'Missing Permissions');
      messageOf(channel, message).pinned = true;
    },
    'get /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}': ({ parameters, query }) => {
      const [id, message, glyph] = parameters;
      messageOf(channelOf(id), message);
      const after = BigInt(query.get('after') ?? '0');
      const type = Number(query.get('type') ?? 0) as 0 | 1;
      const users = world.reactors(message, glyph, type).filter((user) => BigInt(user) > after);
      return users
        .slice(0, Number(query.get('limit') ?? 25))
        .map((user) => (user === world.bot.id ? world.bot : world.members.get(user)!.user));
    },
    'put /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me': ({ parameters }) => {
      const [id, message, glyph] = parameters;
      const channel = channelOf(id);
      messageOf(channel, message);
      if (channel.archived) throw new Refusal(400, 50083, 'Thread is archived');
      const on = world.reactions.get(message);
      const there = on !== undefined && (on.get(glyph)?.[0].size ?? 0) > 0;
      if (!there && !channel.may.react) throw new Refusal(403, 50013, 'Missing Permissions');
      if (!there && (on?.size ?? 0) >= 20)
        throw new Refusal(400, 30010, 'Maximum number of reactions reached (20)');
      if (world.setReaction(message, world.bot.id, glyph, 0, true))
        gateway.send('MESSAGE_REACTION_ADD', {
          user_id: world.bot.id,
          channel_id: id,
          message_id: message,
          guild_id: channel.guild_id,
          member: { user: world.bot, roles: [], joined_at: new Date().toISOString() },
          emoji: { id: null, name: glyph },
          message_author_id: world.bot.id,
          burst: false,
          type: 0,
        });
    },
    'get /applications/{application_id}/commands': ({ query }) => localized(world.commands, query),
    'put /applications/{application_id}/commands': ({ body }) => {
      world.commands = made(body);
      return world.commands;
    },
    'get /applications/{application_id}/guilds/{guild_id}/commands': ({ parameters: [, guild], query }) =>
      localized(world.commandsOf.get(guild!) ?? [], query),
    'put /applications/{application_id}/guilds/{guild_id}/commands': ({ parameters: [, guild], body }) => {
      world.commandsOf.set(guild!, made(body));
      return world.commandsOf.get(guild!);
    },
    'post /interactions/{interaction_id}/{interaction_token}/callback': ({
      parameters: [id, token],
      body,
      files,
    }) => {
      if (body.data) mustFit(body.data);
      interactions.callback(id, token, body, files);
    },
    'patch /webhooks/{webhook_id}/{webhook_token}/messages/@original': ({
      parameters: [, token],
      body,
      files,
    }) => {
      mustFit(body);
      const original = interactions.original(token);
      edit(original, body, files);
      interactions.edited(token);
      return original;
    },
  };

  function edit(message: Message, body: Call['body'], files: Upload[]): void {
    mustFit(body);
    if (body.content !== undefined) message.content = body.content ?? '';
    if (body.embeds) message.embeds = body.embeds.map((e: object) => ({ type: 'rich', ...e }));
    if (body.components) message.components = numbered(body.components);
    if (body.attachments || files.length > 0)
      message.attachments = attachments(body.attachments ?? message.attachments, files, message.attachments);
    message.edited_timestamp = new Date(world.now()).toISOString();
  }

  function attachments(
    named: { id: string; filename?: string; description?: string }[],
    files: Upload[],
    present: Attachment[],
  ): Attachment[] {
    return named.map(({ id, filename, description }) => {
      const kept = present.find((a) => a.id === id);
      if (kept) return kept;
      const file = files.find((f) => String(f.index) === id);
      if (!file) throw new Refusal(400, 50035, `no files[${id}] for the attachment`);
      if (file.bytes.length > 10 * mebibyte) throw new Refusal(413, 40005, 'Request entity too large');
      const made = world.id();
      const name = filename ?? file.name;
      world.files.set(made, file.bytes);
      const address = `${url()}/attachments/${made}/${name}`;
      return {
        id: made,
        filename: name,
        ...(description === undefined ? {} : { description }),
        size: file.bytes.length,
        url: address,
        proxy_url: address,
        content_type: 'image/png',
      };
    });
  }
}

function isThread({ type }: Channel): boolean {
  return type >= 10 && type <= 12;
}

/** Bounds that the description does not have. */
function mustFit(body: Call['body']): void {
  if ((body.content ?? '').length > 2000) throw new Refusal(400, 50035, 'content: 2000 or fewer in length');
  const embeds: { title?: string; description?: string; footer?: { text: string } }[] = body.embeds ?? [];
  const total = embeds
    .map((e) => [e.title, e.description, e.footer?.text].join('').length)
    .reduce((a, b) => a + b, 0);
  if (total > 6000) throw new Refusal(400, 50035, 'embeds: 6000 or fewer characters in all');
  const ids = (body.components ?? []).flatMap((row: { components?: { custom_id?: string }[] }) =>
    (row.components ?? []).map((c) => c.custom_id),
  );
  if (new Set(ids).size !== ids.length)
    throw new Refusal(400, 50035, 'components: custom id cannot be duplicated');
}

/** Discord numbers components in its answers. */
function numbered(rows: Message['components']): Message['components'] {
  let id = 0;
  return rows.map((row) => ({
    ...row,
    id: ++id,
    components: row.components.map((c) => ({ ...c, id: ++id })),
  }));
}

/** Without being asked for them Discord leaves the words of other languages out. */
function localized(commands: readonly unknown[], query: URLSearchParams): unknown {
  const without = (name: string, value: unknown) => (name.endsWith('_localizations') ? undefined : value);
  return query.get('with_localizations') === 'true'
    ? commands
    : JSON.parse(JSON.stringify(commands, without));
}
