/**
 * Who may be told of what: the one place that says whether somebody may hear of a session, a proposal or a
 * channel where they ask. They may of what hangs in the channel where they ask, and in others that their
 * platform lets them see now. Whatever cannot be found out counts as out of sight.
 */
import type { PlatformName } from '../../src/chat/port.js';
import type { SessionPlace } from '../../src/store/lookups.js';
import type { Store } from '../../src/store/store.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Asking } from './requests.js';

export interface SightParts {
  platforms: Platforms;
  sessions: Sessions;
  store: Store;
}

/** Asks platforms anew each time. */
export class Sight {
  constructor(private readonly parts: SightParts) {}

  /** May be told of what is in a channel, by its address. */
  async ofChannel({ account, channel }: Asking, address: string): Promise<boolean> {
    // The platform has let them act there.
    if (address === channel) return true;
    const platform = this.parts.platforms.get(account.platform);
    if (!platform?.sees) return true;
    return platform.sees(account, address, channel).catch(() => false);
  }

  /** By one of its channels. */
  async ofSession(asking: Asking, session: string): Promise<boolean> {
    const places = await this.addressesOf(session, asking.account.platform);
    return (await this.of(asking, places, (address) => address)).length > 0;
  }

  /** Those that are in sight; each channel is looked at once. */
  async of<T>(asking: Asking, all: readonly T[], addressOf: (one: T) => string): Promise<T[]> {
    const seen = new Map<string, Promise<boolean>>();
    const see = (address: string) => {
      const looked = seen.get(address) ?? this.ofChannel(asking, address);
      seen.set(address, looked);
      return looked;
    };
    const found = await Promise.all(all.map((one) => see(addressOf(one))));
    return all.filter((_, i) => found[i]);
  }

  /** The same of sessions in their channels. */
  places(asking: Asking, all: readonly SessionPlace[]): Promise<SessionPlace[]> {
    return this.of(asking, all, ({ address }) => address);
  }

  /** Channels of a platform that a session hangs or hung in. */
  private async addressesOf(session: string, platform: PlatformName): Promise<string[]> {
    const { sessions, store } = this.parts;
    const { bindings = [] } = sessions.get(session) ?? (await store.lookups.outline(session)) ?? {};
    return bindings.flatMap((row) => (row.platform === platform ? [row.address] : []));
  }
}
