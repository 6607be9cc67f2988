/**
 * Who is what on a server: permissions that the server gave, roles and people of an allow-list. The highest that
 * applies counts. Bits: https://discord.com/developers/docs/topics/permissions. Pure; asked anew for every act.
 */
import { PermissionFlagsBits } from 'discord.js';
import type { Role } from '../../../src/chat/port.js';

export interface RoleRules {
  /** User ids. */
  operators: readonly string[];
  /** Ids of roles or users. */
  admins: readonly string[];
  moderators: readonly string[];
  /** True on a host that serves one server. */
  adminsAreOperators: boolean;
}

export interface Standing {
  user: string;
  roles: readonly string[];
  /** Bits as a decimal string; null where Discord does not tell. */
  permissions: string | null;
}

const adminBits = PermissionFlagsBits.Administrator | PermissionFlagsBits.ManageGuild;
const moderatorBits = PermissionFlagsBits.ManageMessages | PermissionFlagsBits.ModerateMembers;

export function roleOf({ user, roles, permissions }: Standing, rules: RoleRules): Role {
  const bits = BigInt(permissions ?? '0');
  const listed = (ids: readonly string[]) => ids.includes(user) || roles.some((role) => ids.includes(role));
  if (rules.operators.includes(user)) return 'operator';
  if ((bits & adminBits) !== 0n || listed(rules.admins))
    return rules.adminsAreOperators ? 'operator' : 'admin';
  if ((bits & moderatorBits) !== 0n || listed(rules.moderators)) return 'moderator';
  return 'member';
}

/** What the bot itself needs in a channel, for the invite link and the check of a channel. */
export const neededPermissions = {
  ViewChannel: PermissionFlagsBits.ViewChannel,
  SendMessages: PermissionFlagsBits.SendMessages,
  SendMessagesInThreads: PermissionFlagsBits.SendMessagesInThreads,
  EmbedLinks: PermissionFlagsBits.EmbedLinks,
  AttachFiles: PermissionFlagsBits.AttachFiles,
  AddReactions: PermissionFlagsBits.AddReactions,
  ReadMessageHistory: PermissionFlagsBits.ReadMessageHistory,
} as const;

export function inviteLink(application: string): string {
  const bits = Object.values(neededPermissions).reduce(
    (sum, bit) => sum | bit,
    PermissionFlagsBits.PinMessages,
  );
  const query = new URLSearchParams({
    client_id: application,
    scope: 'bot applications.commands',
    permissions: String(bits),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
