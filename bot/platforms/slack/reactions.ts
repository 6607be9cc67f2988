/**
 * Who reacted with what. Counts are never trusted, only the full list of people; names that fold to the same
 * mark are one. Other bots are not told apart here: without consent nobody counts, and a bot gives none.
 */
import type { Account } from '../../../src/chat/port.js';
import type { SlackApi } from './api.js';
import { canonical } from './emoji.js';
import { bareAccount } from './people.js';

type ReactionApi = Pick<SlackApi, 'reactions'>;

/** Canonical name -> people, the bot left out. Throws `message-gone`. */
export async function readReactions(
  api: ReactionApi,
  channel: string,
  ts: string,
  self: string,
): Promise<Map<string, Account[]>> {
  const found = new Map<string, Set<string>>();
  for (const { name, users } of await api.reactions(channel, ts)) {
    const mark = canonical(name);
    if (mark === undefined) continue;
    const people = found.get(mark) ?? new Set();
    found.set(mark, people);
    for (const user of users) if (user !== self) people.add(user);
  }
  return new Map([...found].map(([mark, people]) => [mark, [...people].map(bareAccount)]));
}

/** Does the person still have the mark, in whatever colour? */
export async function stillThere(
  api: ReactionApi,
  channel: string,
  ts: string,
  mark: string,
  user: string,
): Promise<boolean> {
  const reactions = await api.reactions(channel, ts);
  return reactions.some(({ name, users }) => canonical(name) === mark && users.includes(user));
}
