/** Opening a session in a channel: the channel's row, the session's own, and the first words there. */

import { isUnreachable } from '../../src/chat/refusals.js';
import { communities } from '../../src/domain/state/apply.js';
import type { RowChange } from '../../src/domain/state/decision.js';
import type { Place, SessionState } from '../../src/domain/state/model.js';
import type { Log } from '../../src/log.js';
import type { Store } from '../../src/store/store.js';
import type { Messenger } from '../effects/messenger.js';
import type { Platforms } from '../effects/platforms.js';
import type { Homes } from '../sessions/homes.js';
import type { NewSession, Sessions } from '../sessions/sessions.js';
import { welcomeCard } from '../views/notice.js';
import type { CatchingUp } from './catching-up.js';
import type { Notices } from './notices.js';
import type { RoundTimes } from './round-times.js';

export interface OpeningParts {
  store: Store;
  log: Log;
  sessions: Sessions;
  platforms: Platforms;
  notices: Notices;
  roundTimes: RoundTimes;
  messenger: Messenger;
  catchingUp: CatchingUp;
  homes: Homes;
}

/** `createdBy`: voter key of whoever asked for it. */
export interface Opened {
  id: string;
  place: Place;
  createdBy: string | null;
}

/** Opens sessions that may be: whether one may is for StartSession to say. */
export class Opening {
  /** Sessions whose first words met a platform that gave no answer. */
  private readonly unsaid = new Map<string, SessionState['bindings']>();

  constructor(private readonly parts: OpeningParts) {}

  /** `also`: rows that are written with it or not at all. */
  async open(
    spec: NewSession,
    { id, place, createdBy }: Opened,
    also: readonly RowChange[] = [],
  ): Promise<SessionState> {
    const { store, sessions } = this.parts;
    const { community } = place;
    await this.ensurePlace(place, spec);
    const known = sessions.holding().find((s) => communities(s).has(community))?.voters;
    const voters = known
      ? new Map([...known].filter(([, voter]) => voter.community === community))
      : await store.loadVoters(community);
    // Nothing of a person is stored before they agree, not even that a session is theirs.
    const by = createdBy !== null && voters.get(createdBy)?.consentAt != null ? createdBy : null;
    return this.parts.messenger.firstWords.above(place, async () => {
      const state = await sessions.open({ ...spec, id, community, createdBy: by }, place, voters, also);
      await this.welcome(state);
      return state;
    });
  }

  /** Lets another channel in, and says the first words there. `join` gives the session with it. */
  async join(place: Place, join: () => Promise<SessionState>): Promise<SessionState> {
    return this.parts.messenger.firstWords.above(place, async () => {
      const state = await join();
      await this.welcome(state);
      return state;
    });
  }

  /** Makes the channel's row, by the server that it is on. */
  async ensurePlace(place: Place, { title, nsfw }: Pick<NewSession, 'title' | 'nsfw'>): Promise<void> {
    const { channel, community, platform, address } = place;
    const server = await this.parts.platforms.serverOf(platform, address);
    this.parts.homes.set(channel, server);
    await this.parts.store.ensureChannel(
      { id: community, platform, name: community },
      { id: channel, community, platform, address, server, name: title, nsfw },
    );
  }

  /** First words that could not be said, and may be now. Throws where there is no answer still. */
  async welcomeUnsaid(): Promise<void> {
    for (const [id, places] of [...this.unsaid]) {
      const state = this.parts.sessions.get(id);
      if (state && state.session.state !== 'ended') await this.welcome(state);
      else {
        this.unsaid.delete(id);
        for (const to of places) this.parts.messenger.firstWords.over(to);
      }
    }
    if (this.unsaid.size > 0) throw new Error('first words are not said yet');
  }

  /** The first words in a channel; by key, so that a crash in between neither loses nor doubles them. */
  async welcome({ session, bindings }: SessionState): Promise<void> {
    this.unsaid.delete(session.id);
    const { notices, messenger, log, roundTimes, catchingUp } = this.parts;
    const { model, rules, sampler, learner } = session;
    const kind = { model, images: rules.imagesPerRound, steps: sampler.steps, learner: learner.name };
    const time = await roundTimes.of(kind);
    for (const to of bindings.filter((row) => row.leftAt === null)) {
      const first = async () => {
        await notices.ask(to);
        await messenger.post(to, welcomeCard(`${session.id}.welcome`, session, time));
      };
      const said = await first().catch((error) => {
        log.warn({ session: session.id, error: String(error) }, 'no welcome');
        if (!isUnreachable(error) || !this.parts.platforms.has(to.platform)) return;
        // They wait until the platform gives an answer.
        this.unsaid.set(session.id, bindings);
        messenger.firstWords.wait(to, error);
        catchingUp.soon(to.platform);
        return false;
      });
      if (said !== false) messenger.firstWords.over(to);
    }
  }
}
