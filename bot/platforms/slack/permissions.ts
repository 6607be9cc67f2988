/**
 * What Slack says of a person, made a role; guests and people who left are members whatever else is true of
 * them. Pure.
 */
import type { Role } from '../../../src/chat/port.js';
import { type RoleRules, roleBy } from '../../../src/chat/roles.js';

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

/** By what Slack says of them, and by the configuration; no guest is more than a member. */
export function roleOf({ deleted, guest, ...standing }: Standing, rules: RoleRules): Role {
  return deleted || guest ? 'member' : roleBy({ ...standing, moderator: false }, rules);
}

/** User groups that the configuration gives roles to. */
export function groupsOf(rules: RoleRules): string[] {
  return [...new Set([...rules.admins, ...rules.moderators])].filter((id) => /^S[A-Z0-9]+$/.test(id));
}
