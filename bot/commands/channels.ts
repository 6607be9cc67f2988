/** Channels as people name them in commands. */
import type { NamedChannel } from '../../src/chat/port.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { CommandContext } from './command.js';

/**
 * The channels of the asker's server that `said` speaks of, or that are of `also`, and that they see; null
 * where channels have no names but their addresses.
 */
export async function channelsNamed(
  { services, account, channel, ...asker }: CommandContext,
  said: string,
  also: readonly string[] = [],
): Promise<NamedChannel[] | null> {
  const all = await services.platforms.get(account.platform)?.channelsOf?.(channel);
  if (!all) return null;
  // A workspace has thousands: only those that are spoken of are looked at.
  const text = said.toLowerCase();
  const meant = all.filter(
    ({ address, name }) =>
      also.includes(address) || text.includes(name.toLowerCase()) || text.includes(address.toLowerCase()),
  );
  const asking = { ...asker, account, channel };
  const seen = await Promise.all(meant.map(({ address }) => services.sight.ofChannel(asking, address)));
  return meant.filter((_, i) => seen[i]);
}

/** A mention, or a name with or without its sign, as what is within. */
export const plainChannel = (text: string): string =>
  text.replace(/^<#(\w+)(?:\|[^>]*)?>$/, '$1').replace(/^#/, '');

/** What people call a channel -> the platform's own id of it. Throws `usage` where there is not just one. */
export function addressOf(text: string, named: readonly NamedChannel[] | null): string {
  if (named === null) return text;
  const same = named.filter(({ address }) => address === text);
  const found = same.length > 0 ? same : named.filter(({ name }) => name === text.toLowerCase());
  if (found.length === 1) return found[0]!.address;
  throw new AcclaimError(
    'usage',
    found.length === 0
      ? say('There is no channel **{text}** here that I can see.', { text })
      : say('{found} channels here are called **{text}**.', { found: found.length, text }),
    found.length === 0 ? say('Invite me there first if it is private.') : say('Give its id.'),
  );
}
