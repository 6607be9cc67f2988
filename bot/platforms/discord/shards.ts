/**
 * Which servers the bot is on, as the gateway tells it: all of a shard's with its READY, then one by one.
 * Those that READY named are described one after the other and are no news; a server that is down is still
 * one of ours.
 */

/** What READY says, as far as it is read. */
export interface Ready {
  user: { id: string };
  application: { id: string };
  guilds: { id: string }[];
}

/** GUILD_CREATE and GUILD_DELETE, as far as they are read. */
export interface GuildNews {
  id: string;
  unavailable?: boolean;
}

/** Servers by the connection that tells of them. */
export class Shards {
  /** Servers of each shard, from its newest READY on. */
  private readonly shards = new Map<number, Set<string>>();
  /** Those that are still to be described. */
  private readonly greeted = new Set<string>();

  /** True for a second READY: events may have been missed. */
  ready(shard: number, { guilds }: Ready): boolean {
    const again = this.shards.has(shard);
    const ids = guilds.map(({ id }) => id);
    for (const id of ids) this.greeted.add(id);
    this.shards.set(shard, new Set(ids));
    return again;
  }

  /** How many have said READY. */
  get spoken(): number {
    return this.shards.size;
  }

  /** All servers that the bot is on. */
  all(): Set<string> {
    return new Set([...this.shards.values()].flatMap((of) => [...of]));
  }

  /** True where the bot is new there. */
  joined(shard: number, { id, unavailable }: GuildNews): boolean {
    this.shards.get(shard)?.add(id);
    return !this.greeted.delete(id) && !unavailable;
  }

  /** True where the bot was taken off, and not only cut off. */
  left(shard: number, { id, unavailable }: GuildNews): boolean {
    if (unavailable) return false;
    this.greeted.delete(id);
    this.shards.get(shard)?.delete(id);
    return true;
  }
}
