/** The sessions of a server: all that an act there reaches, and those that somebody may be told of. */
import type { SessionState } from '../../src/domain/state/model.js';
import type { SessionPlace } from '../../src/store/lookups.js';
import type { Store } from '../../src/store/store.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Asking } from './requests.js';
import type { Sight } from './sight.js';

export interface ServerSessionParts {
  store: Store;
  platforms: Platforms;
  sessions: Sessions;
  sight: Sight;
}

/** Sessions by the server where somebody asks. */
export class ServerSessions {
  constructor(private readonly parts: ServerSessionParts) {}

  /**
   * Those that an act here reaches, in their asker's sight or not: each once, with a channel of the same
   * server that it is bound to.
   */
  async all(asking: Asking): Promise<SessionPlace[]> {
    const here = (await this.places(asking)).filter((place) => place.here);
    // Of several channels the first.
    return [...new Map(here.toReversed().map((place) => [place.session, place])).values()].reverse();
  }

  /** Those that whoever asks may be told of. Of one that ended its rounds and nothing below. */
  async inSight(asking: Asking): Promise<SessionState[]> {
    const { sessions, store, sight } = this.parts;
    const places = await sight.places(asking, await this.places(asking));
    const outlines: SessionState[] = [];
    for (const id of new Set(places.map(({ session }) => session))) {
      const state = sessions.get(id) ?? (await store.lookups.outline(id));
      if (state) outlines.push(state);
    }
    return outlines;
  }

  /** Every session that was ever bound to a channel of the same server. */
  private async places({ account: { platform }, channel }: Asking): Promise<SessionPlace[]> {
    const { store, platforms } = this.parts;
    const all = await store.lookups.addresses(platform);
    const of = platforms.get(platform);
    const here = await Promise.all(
      all.map(async (address) => (await of?.sameServer?.(channel, address)) ?? true),
    );
    return store.lookups.boundTo(
      platform,
      all.filter((_, i) => here[i]),
    );
  }
}
