/**
 * Slack's users -> accounts. An event names nobody but an id, so marks carry bare accounts; whoever consents,
 * presses or commands is looked up, and what Slack said is believed for half a minute. When a lookup fails
 * the act fails: nobody is taken for a moderator by guess.
 */
import type { Account } from '../../../src/chat/port.js';
import type { RoleRules } from '../../../src/chat/roles.js';
import { plain } from '../../../src/chat/text.js';
import { languageOf } from '../../../src/words/tell.js';
import type { Profile, SlackApi } from './api.js';
import { groupsOf, roleOf } from './permissions.js';

export interface Person {
  account: Account;
  bot: boolean;
  /** Of this workspace, but let into some channels alone; of another one; or gone. */
  guest: boolean;
}

interface Kept<T> {
  at: number;
  value: Promise<T>;
}

const remembered = 5_000;

export interface PeopleParts {
  api: Pick<SlackApi, 'person' | 'group'>;
  rules: RoleRules;
  /** Epoch ms. */
  now(): number;
  /** How long what Slack said is believed, ms. */
  fresh: number;
  /** Told of a group that cannot be read, once. */
  onError(error: unknown): void;
  /** Our workspace; null = not known. */
  team: string | null;
}

/** Who a user id is, with the role that they have here. */
export class People {
  private readonly people = new Map<string, Kept<Person>>();
  private readonly groups = new Map<string, Kept<string[]>>();
  private readonly told = new Set<string>();

  constructor(private readonly parts: PeopleParts) {}

  look(user: string): Promise<Person> {
    return this.keep(this.people, user, () => this.read(user));
  }

  private async read(user: string): Promise<Person> {
    const profile = await this.parts.api.person(user);
    const groups = await this.groupsWith(user);
    const standing = {
      user,
      groups,
      admin: profile?.is_admin === true || profile?.is_owner === true,
      guest:
        profile?.is_restricted === true || profile?.is_ultra_restricted === true || this.isForeign(profile),
      deleted: profile === null || profile.deleted === true,
    };
    const language = languageOf(profile?.locale);
    const account = {
      ...bareAccount(user),
      displayName: nameOf(profile, user),
      ...(language !== undefined && { language }),
    };
    return {
      account: { ...account, role: roleOf(standing, this.parts.rules) },
      bot: profile?.is_bot === true,
      guest: standing.guest || standing.deleted,
    };
  }

  /** An admin of another workspace is none of ours. */
  private isForeign(profile: Profile | null): boolean {
    const { team_id: own, enterprise_user } = profile ?? {};
    if (this.parts.team === null || own === undefined || own === this.parts.team) return false;
    return enterprise_user?.teams?.includes(this.parts.team) !== true;
  }

  private async groupsWith(user: string): Promise<string[]> {
    const found = await Promise.all(
      groupsOf(this.parts.rules).map(async (group) =>
        (await this.keep(this.groups, group, () => this.readGroup(group))).includes(user) ? [group] : [],
      ),
    );
    return found.flat();
  }

  /** A group that cannot be read has nobody in it; its owner is told once. */
  private async readGroup(group: string): Promise<string[]> {
    try {
      return await this.parts.api.group(group);
    } catch (error) {
      const said = String(error);
      if (!this.told.has(said)) this.parts.onError(error);
      this.told.add(said);
      return [];
    }
  }

  private keep<T>(kept: Map<string, Kept<T>>, key: string, read: () => Promise<T>): Promise<T> {
    const known = kept.get(key);
    if (known && this.parts.now() - known.at < this.parts.fresh) return known.value;
    const value = read();
    kept.delete(key);
    kept.set(key, { at: this.parts.now(), value });
    value.catch(() => kept.delete(key));
    const oldest = kept.keys().next();
    if (kept.size > remembered && !oldest.done) kept.delete(oldest.value);
    return value;
  }
}

/** Slack does not say when an account was made or joined. */
export function bareAccount(id: string): Account {
  return { platform: 'slack', id, displayName: id, bornAt: null, joinedAt: null, role: 'member' };
}

function nameOf(profile: Profile | null, id: string): string {
  const names = [profile?.profile?.display_name, profile?.real_name, profile?.name];
  return plain(names.find((name) => name !== undefined && name !== '') ?? id);
}
