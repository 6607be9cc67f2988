/**
 * The allow-list of a platform, and who is what by it and by what the platform itself says of the person. The
 * highest that applies counts. Operators are named by id: a place makes none, since it may be anybody's.
 * Pure; asked anew for every act.
 */
import type { Role } from './port.js';

export interface RoleRules {
  /** People's ids. */
  operators: readonly string[];
  /** Ids of people, or of roles (Discord) and user groups (Slack). */
  admins: readonly string[];
  moderators: readonly string[];
}

export interface Claims {
  user: string;
  /** Roles or user groups that the person is in. */
  groups: readonly string[];
  /** What the platform says. */
  admin: boolean;
  moderator: boolean;
}

/** The highest role that an account's own id, its groups or its rights give. */
export function roleBy({ user, groups, admin, moderator }: Claims, rules: RoleRules): Role {
  const listed = (ids: readonly string[]) => ids.includes(user) || groups.some((id) => ids.includes(id));
  if (rules.operators.includes(user)) return 'operator';
  if (admin || listed(rules.admins)) return 'admin';
  return moderator || listed(rules.moderators) ? 'moderator' : 'member';
}
