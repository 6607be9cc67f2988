/**
 * Raw gateway dispatches -> our own events. Pure: no cache is asked, so reactions on messages from before a
 * restart count like all others. What is not ours to know is undefined.
 */
import {
  GatewayDispatchEvents,
  type GatewayMessageReactionAddDispatchData,
  type GatewayMessageReactionRemoveDispatchData,
} from 'discord.js';
import type { Account, ChatEvent, MessageRef } from '../../../src/chat/port.js';
import type { RoleRules } from '../../../src/chat/roles.js';
import { canonical } from './emoji.js';
import { accountOfMember, accountOfUser, type Member } from './people.js';

export interface Packet {
  t: string | null;
  d: unknown;
}

export interface Surroundings {
  /** Our own user id. */
  self: string;
  roles: RoleRules;
  at: number;
  /** Permission bits of a member by what is known of the server; null where nothing is. */
  permissions(guild: string | undefined, user: string, roles: readonly string[]): string | null;
  /** A message on which reactions mean consent. */
  isNotice(channel: string, message: string): boolean;
}

/** Reactions also say whether they were super-reactions: the adapter looks closer at those before they go. */
export interface Decoded {
  event: ChatEvent;
  burst: boolean;
}

/** A dispatch -> what it tells; one may tell of several messages, most tell of none. */
export function decode({ t, d }: Packet, around: Surroundings): Decoded[] {
  switch (t) {
    case GatewayDispatchEvents.MessageReactionAdd:
      return added(d as GatewayMessageReactionAddDispatchData, around);
    case GatewayDispatchEvents.MessageReactionRemove:
      return removed(d as GatewayMessageReactionRemoveDispatchData, around);
    case GatewayDispatchEvents.MessageReactionRemoveAll:
      return [told({ kind: 'cleared', ref: refOf(d as Place), emoji: null, at: around.at })];
    case GatewayDispatchEvents.MessageReactionRemoveEmoji: {
      const emoji = canonical((d as { emoji: EmojiOf }).emoji);
      return emoji === undefined
        ? []
        : [told({ kind: 'cleared', ref: refOf(d as Place), emoji, at: around.at })];
    }
    case GatewayDispatchEvents.MessageDelete: {
      const { channel_id, id } = d as { channel_id: string; id: string };
      return [gone(channel_id, id, around.at)];
    }
    case GatewayDispatchEvents.MessageDeleteBulk: {
      const { channel_id, ids } = d as { channel_id: string; ids: string[] };
      return ids.map((id) => gone(channel_id, id, around.at));
    }
    default:
      return [];
  }
}

interface Place {
  channel_id: string;
  message_id: string;
}
interface EmojiOf {
  id: string | null;
  name: string | null;
}

function added(d: GatewayMessageReactionAddDispatchData, around: Surroundings): Decoded[] {
  const { self, roles } = around;
  // Where Discord names the message's author, reactions on others' messages end here.
  if (d.user_id === self || d.member?.user?.bot || (d.message_author_id ?? self) !== self) return [];
  const account = d.member
    ? accountOfMember(
        d.user_id,
        d.member as Member,
        around.permissions(d.guild_id, d.user_id, d.member.roles),
        roles,
        d.guild_id,
      )
    : bareAccount(d.user_id, d.guild_id);
  return reaction(d, account, true, around);
}

/** A removal names nobody but an id. */
function removed(d: GatewayMessageReactionRemoveDispatchData, around: Surroundings): Decoded[] {
  return d.user_id === around.self ? [] : reaction(d, bareAccount(d.user_id, d.guild_id), false, around);
}

function reaction(
  d: GatewayMessageReactionRemoveDispatchData,
  account: Account,
  present: boolean,
  { isNotice, at }: Surroundings,
): Decoded[] {
  const emoji = canonical(d.emoji);
  if (emoji === undefined) return [];
  if (isNotice(d.channel_id, d.message_id))
    return emoji === 'done'
      ? [{ event: { kind: 'consent', channel: d.channel_id, account, given: present, at }, burst: d.burst }]
      : [];
  return [{ event: { kind: 'reaction', ref: refOf(d), account, emoji, present, at }, burst: d.burst }];
}

function bareAccount(id: string, server: string | undefined): Account {
  const account = accountOfUser({ id, username: id, global_name: null });
  return server === undefined ? account : { ...account, server };
}

function told(event: ChatEvent): Decoded {
  return { event, burst: false };
}

function gone(channel: string, message: string, at: number): Decoded {
  return told({ kind: 'message-gone', ref: { platform: 'discord', channel, message }, at });
}

function refOf({ channel_id, message_id }: Place): MessageRef {
  return { platform: 'discord', channel: channel_id, message: message_id };
}
