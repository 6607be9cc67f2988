/**
 * Who is what in a workspace: what Slack says of the person, user groups and people of an allow-list. The highest that
 * applies counts; guests and people who left are members whatever else is true of them. Pure; asked anew for every act.
 */
import type { Role } from '../../../src/chat/port.js';

export interface RoleRules {
  /** User ids. */
  operators: readonly string[];
  /** Ids of users (U..., W...) or user groups (S...). */
  admins: readonly string[];
  moderators: readonly string[];
  /** True on a host that serves one workspace. */
  adminsAreOperators: boolean;
}

export interface Standing {
  user: string;
  /** User groups of the rules that the person is in. */
  groups: readonly string[];
  /** An admin or owner of the workspace. */
  admin: boolean;
  guest: boolean;
  /** The account was closed. */
  deleted: boolean;
}

export function roleOf({ user, groups, admin, guest, deleted }: Standing, rules: RoleRules): Role {
  if (deleted || guest) return 'member';
  const listed = (ids: readonly string[]) => ids.includes(user) || groups.some((id) => ids.includes(id));
  if (rules.operators.includes(user)) return 'operator';
  if (admin || listed(rules.admins)) return rules.adminsAreOperators ? 'operator' : 'admin';
  return listed(rules.moderators) ? 'moderator' : 'member';
}

export function groupsOf(rules: RoleRules): string[] {
  return [...new Set([...rules.admins, ...rules.moderators])].filter((id) => /^S[A-Z0-9]+$/.test(id));
}
