/**
 * What permissions that a server gave make of a person, and which ones the bot needs itself. Pure.
 * Bits: https://discord.com/developers/docs/topics/permissions
 */
import { type APIGuild, type APIOverwrite, PermissionFlagsBits } from 'discord.js';
import type { Role } from '../../../src/chat/port.js';
import { type RoleRules, roleBy } from '../../../src/chat/roles.js';

export interface Standing {
  user: string;
  roles: readonly string[];
  /** Bits as a decimal string; null where Discord does not tell. */
  permissions: string | null;
}

const adminBits = PermissionFlagsBits.Administrator | PermissionFlagsBits.ManageGuild;
const moderatorBits = PermissionFlagsBits.ManageMessages | PermissionFlagsBits.ModerateMembers;

/** By what Discord lets them do there, and by the configuration. */
export function roleOf({ user, roles, permissions }: Standing, rules: RoleRules): Role {
  const bits = BigInt(permissions ?? '0');
  const [admin, moderator] = [(bits & adminBits) !== 0n, (bits & moderatorBits) !== 0n];
  return roleBy({ user, groups: roles, admin, moderator }, rules);
}

export interface Held {
  guild: Pick<APIGuild, 'id' | 'owner_id' | 'roles'>;
  overwrites: readonly Pick<APIOverwrite, 'id' | 'allow' | 'deny'>[];
  user: string;
  roles: readonly string[];
}

const everything = (1n << 53n) - 1n;

/**
 * Rights in a channel: the roles' sum, then the overwrites of everyone, of the roles together, of the person.
 */
export function effective({ guild, overwrites, user, roles }: Held): bigint {
  if (guild.owner_id === user) return everything;
  const own = guild.roles.filter(({ id }) => id === guild.id || roles.includes(id));
  const base = own.reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  if ((base & PermissionFlagsBits.Administrator) !== 0n) return everything;
  const layers = [[guild.id], roles, [user]];
  return layers.reduce((has, ids) => {
    const of = overwrites.filter(({ id }) => ids.includes(id));
    const deny = of.reduce((sum, o) => sum | BigInt(o.deny), 0n);
    const allow = of.reduce((sum, o) => sum | BigInt(o.allow), 0n);
    return (has & ~deny) | allow;
  }, base);
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

/** What the bot lacks there of what it needs, in the words of Discord's settings. */
export function lacking(held: Held): string[] {
  const has = effective(held);
  return Object.entries(neededPermissions).flatMap(([right, bit]) =>
    has & bit ? [] : [right.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')],
  );
}

/** Address at which a server's owner lets the bot in, with the rights that it needs. */
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
