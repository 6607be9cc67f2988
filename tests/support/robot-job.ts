/** What jobs of the miniature's tests have in common: the golden trajectory's prompt, in four steps. */
import { MINI } from './golden.js';

export const robotJob = {
  session: 's',
  round: 0,
  attempt: 0,
  seed: 5,
  model: MINI,
  prompt: 'a robot at a party',
  negative: '',
  sampler: { steps: 4, guidance: 3, eta: 1, scheduler: 'ddim' as const },
  width: null,
  height: null,
};

/** At half the side, a third of the work: where no size matters. */
export const smallJob = { ...robotJob, width: 32, height: 32 };
