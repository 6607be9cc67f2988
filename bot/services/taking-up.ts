/**
 * A session that a start finds goes on where it stood, after what was missed of it: who agreed, what was
 * marked.
 */
import type { EffectRunner } from '../effects/effect-runner.js';
import type { Sweeps } from '../effects/sweeps.js';
import type { Turnouts } from '../effects/turnouts.js';
import type { TakesUp } from '../sessions/resume.js';
import type { Sessions } from '../sessions/sessions.js';
import type { CatchingUp } from './catching-up.js';
import type { Opening } from './opening.js';

export interface TakingUpParts {
  sessions: Sessions;
  opening: Opening;
  sweeps: Sweeps;
  catchingUp: CatchingUp;
  effects: EffectRunner;
  turnouts: Turnouts;
}

/** Takes up one session at a time; Resume says which. */
export class TakingUp implements TakesUp {
  constructor(private readonly parts: TakingUpParts) {}

  async takeUp(id: string): Promise<void> {
    const { sessions, opening, sweeps, catchingUp, effects, turnouts } = this.parts;
    const state = sessions.get(id);
    if (state && state.session.state !== 'ended') {
      await opening.welcome(state);
      const read = await sweeps.sweepOpen([state]);
      for (const { platform } of read ? [] : state.bindings) catchingUp.soon(platform);
    }
    effects.release(id);
    sessions.startTicks(id);
    turnouts.soon(id);
  }
}
