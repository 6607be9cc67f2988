/**
 * Which ballot a message is: of sessions that are held, of others, and of one whose post is only now being
 * answered.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { MessageRef } from '../../src/chat/port.js';
import type { Store } from '../../src/store/store.js';
import type { EffectRunner } from '../effects/effect-runner.js';
import type { BallotPlace } from '../sessions/ballot-places.js';
import type { Sessions } from '../sessions/sessions.js';

export interface BallotFinderParts {
  sessions: Sessions;
  store: Store;
  effects: EffectRunner;
}

/** How long a reaction on an unknown message waits for that message's post to be known, ms. */
const WAIT_MS = 30_000;

/** From messages to ballots. */
export class BallotFinder {
  constructor(private readonly parts: BallotFinderParts) {}

  /**
   * A reaction may be faster than the post's answer: while a ballot is on its way to the channel it is waited
   * for. Undefined where the message is none.
   */
  async find(ref: MessageRef): Promise<BallotPlace | undefined> {
    const over = new AbortController();
    const { signal } = over;
    // The timer is made for the first that has to wait.
    let late: Promise<boolean> | null = null;
    try {
      for (let isLate = false; !isLate; ) {
        const found = this.held(ref);
        if (found) return found;
        const posted = this.parts.effects.ballotPosted(ref);
        if (!posted) break;
        late ??= wait(WAIT_MS, true, { signal, ref: false }).catch(() => true);
        isLate = await Promise.race([posted.then(() => false), late]);
      }
      return this.held(ref) ?? (await this.stored(ref));
    } finally {
      over.abort();
    }
  }

  private held({ platform, channel, message }: MessageRef): BallotPlace | undefined {
    return this.parts.sessions.ballotAt(platform, channel, message);
  }

  private async stored({ platform, channel, message }: MessageRef): Promise<BallotPlace | undefined> {
    const ballot = await this.parts.store.lookups.ballotAt(platform, channel, message);
    return ballot && { session: ballot.session, ballot };
  }
}
