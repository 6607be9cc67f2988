/**
 * Discord's users and members -> accounts. An id tells when the account was made; only members tell when they
 * joined.
 */
import type { APIUser } from 'discord.js';
import type { Account } from '../../../src/chat/port.js';
import type { RoleRules } from '../../../src/chat/roles.js';
import { plain } from '../../../src/chat/text.js';
import { roleOf } from './permissions.js';
import { madeAt } from './snowflake.js';

/** The part of a member that events carry. */
export interface Member {
  user?: Pick<APIUser, 'id' | 'username' | 'global_name' | 'bot'>;
  nick?: string | null | undefined;
  roles: readonly string[];
  joined_at?: string | null;
  /** Bits in the channel; only interactions have them. */
  permissions?: string;
}

/** Without the rights that only a member has. */
export function accountOfUser(user: Pick<APIUser, 'id' | 'username' | 'global_name'>): Account {
  return {
    platform: 'discord',
    id: user.id,
    displayName: plain(user.global_name ?? user.username),
    bornAt: madeAt(user.id),
    joinedAt: null,
    role: 'member',
  };
}

/** `permissions`: bits as Discord sends them; null where they are not known. */
export function accountOfMember(
  id: string,
  member: Member,
  permissions: string | null,
  rules: RoleRules,
  server?: string | undefined,
): Account {
  const { user } = member;
  const base = user ? accountOfUser(user) : accountOfUser({ id, username: id, global_name: null });
  const joined = member.joined_at ? Date.parse(member.joined_at) : Number.NaN;
  return {
    ...base,
    displayName: plain(member.nick ?? base.displayName),
    joinedAt: Number.isNaN(joined) ? null : joined,
    role: roleOf({ user: id, roles: member.roles, permissions }, rules),
    ...(server === undefined ? {} : { server }),
  };
}
