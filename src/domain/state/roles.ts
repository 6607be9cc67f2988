/**
 * Who may do what: the least role for each command, one table that handlers, help and tests read. Members
 * vote and keep their own data; moderators run sessions; admins decide models, channels and budgets;
 * operators own the host.
 */
import { say, type Text } from '../../words/text.js';
import type { Role } from './model.js';

const rank: Record<Role, number> = { member: 0, moderator: 1, admin: 2, operator: 3 };

export const leastRole = {
  vote: 'member',
  best: 'member',
  why: 'member',
  flag: 'member',
  taste: 'member',
  start: 'member',
  status: 'member',
  story: 'member',
  list: 'member',
  help: 'member',
  me: 'member',
  link: 'member',
  unlink: 'member',
  close: 'moderator',
  pause: 'moderator',
  resume: 'moderator',
  stop: 'moderator',
  redo: 'moderator',
  rollback: 'moderator',
  branch: 'moderator',
  split: 'moderator',
  vary: 'moderator',
  hide: 'moderator',
  'hide-pair': 'moderator',
  show: 'moderator',
  exclude: 'moderator',
  include: 'moderator',
  admit: 'moderator',
  trust: 'moderator',
  distrust: 'moderator',
  lift: 'moderator',
  review: 'moderator',
  approve: 'moderator',
  undo: 'moderator',
  nsfw: 'moderator',
  report: 'moderator',
  strength: 'moderator',
  audit: 'moderator',
  invite: 'admin',
  join: 'admin',
  leave: 'admin',
  export: 'admin',
  settings: 'admin',
  'model-use': 'admin',
  'model-pull': 'operator',
  'model-remove': 'operator',
} as const satisfies Record<string, Role>;

export type CommandName = keyof typeof leastRole;

/** The role may give the command. */
export function allowed(role: Role, command: CommandName): boolean {
  return rank[role] >= rank[leastRole[command]];
}

/** `a moderator`, `an admin`. */
export function oneOf(role: Role): Text {
  return ones[role];
}

const ones: Readonly<Record<Role, Text>> = {
  member: say('a member'),
  moderator: say('a moderator'),
  admin: say('an admin'),
  operator: say('an operator'),
};

export function atLeast(role: Role, least: Role): boolean {
  return rank[role] >= rank[least];
}

/** Within brackets, after somebody's code. */
export const roleName: Readonly<Record<Role, Text>> = {
  member: say('member'),
  moderator: say('moderator'),
  admin: say('admin'),
  operator: say('operator'),
};
