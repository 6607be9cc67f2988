/**
 * A round's training: the tuned adapter fitted to goods, the drift adapter beside it to everything shown.
 * Where the vote model looks on (early-stop.ts) both go forward in stretches, since what is drawn is made of
 * the two, and the round ends when enough of that would be liked. A fit that goes on draws what it would have
 * drawn in one go, so the bytes are those of one fit of as many steps.
 */
import type { AcclaimParams } from '../../src/config/learners.js';
import { applied } from '../adapters/applied.js';
import type { Drift, LearnerState } from '../io/learner-state.js';
import type { Variety } from './collapse-guard.js';
import { driftFit } from './drift.js';
import { type Approval, stretches } from './early-stop.js';
import { fitGuided, type Item } from './guided-fit.js';
import { adapterSpec } from './hyperparameters.js';
import type { LearnContext, Reached } from './learner.js';
import { nothingLearned } from './steps.js';

interface RoundFit {
  items: readonly Item[];
  /** At most. */
  steps: number;
  stepScale: number;
  variety: Variety;
  /** Null: nobody looks. */
  approval: Approval | null;
}

interface Fitted {
  state: Pick<LearnerState, 'adapter' | 'optimiser' | 'drift'>;
  losses: number[];
  /** P(good) of what is drawn after each stretch. */
  looks: number[];
}

/**
 * Fits the tuned adapter and, where asked for, the drift adapter; where somebody looks, it ends as soon as
 * enough is liked. Errors: those of training.
 */
export async function fitRound(
  context: LearnContext<AcclaimParams>,
  before: LearnerState,
  { items, steps, stepScale, variety, approval }: RoundFit,
): Promise<Fitted> {
  const { params } = context;
  const [first, second] = inTurn(context, params.drift > 0, steps);
  const driftTo = driftFit(second, before, stepScale);
  let tuned: Reached = { steps: 0, adapter: before.adapter, optimiser: before.optimiser };
  let drift: Drift | undefined;
  const losses: number[] = [];
  const looks: number[] = [];
  for (const to of approval ? stretches(steps, nothingLearned(before)) : [steps]) {
    const options = { items, steps: to, taken: tuned.steps, stepScale, variety };
    const { adapter, optimiser, losses: own } = await fitGuided(first, tuned, options);
    losses.push(...own);
    tuned = { steps: losses.length, adapter, optimiser };
    drift = await driftTo(losses.length);
    // What keeps variety may have ended it.
    if (!approval || losses.length < to) break;
    looks.push(await approval(applied(adapterSpec(params), { adapter, drift })));
    if (looks.at(-1)! >= params.stopAt) break;
  }
  return { state: { adapter: tuned.adapter, optimiser: tuned.optimiser, drift }, losses, looks };
}

/** Two fits tell their progress as one. */
function inTurn(
  context: LearnContext<AcclaimParams>,
  both: boolean,
  most: number,
): [LearnContext<AcclaimParams>, LearnContext<AcclaimParams>] {
  const done = [0, 0];
  const part = (own: 0 | 1): LearnContext<AcclaimParams> => ({
    ...context,
    progress(stage, steps, _, calls) {
      done[own] = steps;
      context.progress(stage, done[0]! + done[1]!, (both ? 2 : 1) * most, calls);
    },
  });
  return [part(0), part(1)];
}
