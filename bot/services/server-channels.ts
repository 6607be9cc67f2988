/** The channels of a server in which sessions were opened, and whether their sessions may post there. */
import type { PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Store } from '../../src/store/store.js';
import type { Sessions } from '../sessions/sessions.js';

export interface ServerChannelParts {
  clock: Clock;
  store: Store;
  sessions: Sessions;
}

/** As the store has them. */
export class ServerChannels {
  constructor(private readonly parts: ServerChannelParts) {}

  /** Ids of the server's channels. */
  async of(platform: PlatformName, server: string): Promise<string[]> {
    const found = await this.parts.store.places.channels();
    return found.flatMap((c) => (c.platform === platform && c.server === server ? [c.id] : []));
  }

  /** Servers that sessions ever ran on, each once. */
  async servers(): Promise<{ platform: PlatformName; server: string }[]> {
    const found = await this.parts.store.places.channels();
    const servers = found.flatMap(({ platform, server }) => (server === null ? [] : [{ platform, server }]));
    return [...new Map(servers.map((one) => [`${one.platform} ${one.server}`, one])).values()];
  }

  /** Voted there and nowhere else. */
  async haveAllMarksOf(voter: string, server: string): Promise<boolean> {
    const { store } = this.parts;
    const marked = await store.lookups.channelsMarkedBy(voter);
    const servers = new Map((await store.places.channels()).map(({ id, server: of }) => [id, of]));
    return marked.length > 0 && marked.every((channel) => servers.get(channel) === server);
  }

  /**
   * Sessions that were shut out may post again (pictures that are NSFW wait for a look at the channel), or
   * are shut out.
   */
  async setPosts(platform: PlatformName, server: string, canPost: boolean): Promise<void> {
    const { sessions, clock } = this.parts;
    const channels = await this.of(platform, server);
    for (const { session, bindings } of sessions.live())
      for (const binding of bindings) {
        const { channel } = binding;
        if (binding.canPost === canPost || !channels.includes(channel) || (canPost && session.nsfw)) continue;
        const event = { kind: 'channel', channel, canPost, nsfw: false, at: clock.now() } as const;
        await sessions.dispatch(session.id, event);
      }
  }
}
