/** How long a round takes here, from rounds like it that were drawn and learned. */
import type { PlatformName } from '../../src/chat/port.js';
import { type RoundKind, type RoundTime, roundTime } from '../../src/domain/state/round-time.js';
import { AcclaimError } from '../../src/errors.js';
import type { Store } from '../../src/store/store.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Plans } from './plans.js';
import type { StartRequest } from './requests.js';

export interface RoundTimeParts {
  sessions: Sessions;
  store: Store;
  plans: Plans;
}

/** Estimates, told with what they are made of. */
export class RoundTimes {
  constructor(private readonly parts: RoundTimeParts) {}

  /** Null while there were none. */
  async of(kind: RoundKind): Promise<RoundTime | null> {
    const { sessions, store } = this.parts;
    return roundTime([...sessions.live(), ...(await store.lookups.timed(kind.model))], kind);
  }

  /** Of such a session on a platform; null while nobody knows, and where the model is not here. */
  async ofRequest(
    request: Pick<StartRequest, 'model' | 'learner' | 'images'>,
    platform: PlatformName,
  ): Promise<RoundTime | null> {
    try {
      const { model, rules, sampler, learner } = this.parts.plans.plan(request, platform);
      const kind = { model, images: rules.imagesPerRound, steps: sampler.steps, learner: learner.name };
      return await this.of(kind);
    } catch (error) {
      // A model that has gone keeps nobody from reading the list.
      if (error instanceof AcclaimError && error.code === 'model-not-found') return null;
      throw error;
    }
  }
}
