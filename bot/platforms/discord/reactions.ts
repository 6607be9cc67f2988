/**
 * Who reacted with what, read page by page. Counts are never trusted; super-reactions are a list of their own
 * and count as the ordinary one; looks that fold to the same mark are one; the bot and other bots are left
 * out.
 */
import type { APIUser } from 'discord.js';
import type { Account } from '../../../src/chat/port.js';
import type { DiscordApi } from './api.js';
import { canonical, glyphOf } from './emoji.js';
import { accountOfUser } from './people.js';

type ReactionApi = Pick<DiscordApi, 'message' | 'reactions'>;

const pageSize = 100;
const kinds = [0, 1] as const;

/** Canonical name -> people, the bot and other bots left out. Throws `message-gone`. */
export async function readReactions(
  api: ReactionApi,
  channel: string,
  message: string,
  self: string,
): Promise<Map<string, Account[]>> {
  const { reactions = [] } = await api.message(channel, message);
  const found = new Map<string, Map<string, Account>>();
  for (const { emoji } of reactions) {
    const name = canonical(emoji);
    if (name === undefined || !emoji.name) continue;
    const people = found.get(name) ?? new Map<string, Account>();
    found.set(name, people);
    for (const type of kinds)
      for await (const user of users(api, channel, message, emoji.name, type))
        if (user.id !== self && !user.bot && !user.system) people.set(user.id, accountOfUser(user));
  }
  return new Map([...found].map(([name, people]) => [name, [...people.values()]]));
}

/** Users come in the order of their ids, so that one who un-reacts meanwhile shifts nobody out of a page. */
async function* users(
  api: ReactionApi,
  channel: string,
  message: string,
  glyph: string,
  type: 0 | 1,
): AsyncGenerator<APIUser> {
  for (let after = '0'; ; ) {
    const page = await api.reactions(channel, message, glyph, { type, limit: pageSize, after });
    yield* page;
    if (page.length < pageSize) return;
    after = page.at(-1)!.id;
  }
}

/** Does the person still have the mark, one way or the other? */
export async function stillThere(
  api: ReactionApi,
  channel: string,
  message: string,
  name: string,
  user: string,
): Promise<boolean> {
  const glyph = glyphOf(name);
  if (glyph === undefined) return false;
  const after = String(BigInt(user) - 1n);
  for (const type of kinds) {
    const [first] = await api.reactions(channel, message, glyph, { type, limit: 1, after });
    if (first?.id === user) return true;
  }
  return false;
}
