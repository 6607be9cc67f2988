/**
 * Channel -> the server (or workspace) that it is on, of channels in which sessions were opened. Made before
 * all that asks.
 */
export class Homes {
  private readonly servers = new Map<string, string | null>();

  /** `channel`: its id, such as `discord-123`. Null: it is on no server, or the platform has none. */
  set(channel: string, server: string | null): void {
    this.servers.set(channel, server);
  }

  /** Null also of a channel that is not known. */
  of(channel: string): string | null {
    return this.servers.get(channel) ?? null;
  }
}
