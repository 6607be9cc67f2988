/**
 * What a model drifts to by being fitted to pictures at all, liked or not: an adapter phi is fitted as the
 * tuned one is, from the same start, by the same draws of noises and timesteps, but to everything that the
 * base model showed. Part of it is taken off whatever is drawn or exported,
 *   delta W = (alpha / r) (B_t A_t - lambda B_phi A_phi),
 * so that what stays is what comes of being liked. Exact as one LoRA of rank 2r. No vote has a part in phi.
 */
import type { AcclaimParams } from '../../src/config/learners.js';
import { image } from '../io/latents.js';
import type { Drift, LearnerState } from '../io/learner-state.js';
import { isChosen, originOf, type Round } from '../io/round.js';
import { fitGuided, type Item } from './guided-fit.js';
import { type AheadWork, firstState, type LearnContext } from './learner.js';
import { mostSteps, nothingLearned } from './steps.js';

/**
 * Everything that the base model showed of itself: of this round, and of what is remembered of the rounds
 * before. What was chosen among more says what people like, so it is left out.
 */
export function shownByBase(round: Round, replay: LearnerState['replay']): Item[] {
  const { manifest } = round;
  const before = replay.filter(
    (item) => item.origin === 'base' && !item.chosen && item.round !== manifest.round,
  );
  const now = Array.from({ length: manifest.count }, (_, i) => i).filter(
    (i) => originOf(manifest, i) === 'base' && !isChosen(manifest, i),
  );
  return [
    ...before.map(({ latent, round }) => ({ latent, weight: 1, round })),
    ...now.map((i) => ({ latent: image(round.latents, i), weight: 1, round: manifest.round })),
  ];
}

type Context = Omit<LearnContext<AcclaimParams>, 'judged'>;

/**
 * phi's own part of a round: it needs no vote, so it can be done while people vote. Null where there is none.
 */
export function driftWork(context: Context, before: LearnerState | null, stepScale = 1): AheadWork | null {
  const { round, params } = context;
  const items = shownByBase(round, before?.replay ?? []);
  if (params.drift === 0 || items.length === 0) return null;
  const { adapter, optimiser } = before?.drift ?? firstState(context);
  return {
    start: { steps: 0, adapter, optimiser },
    steps: mostSteps(params, nothingLearned(before)),
    async advance(from, steps, signal = context.signal) {
      if (from.steps >= steps) return from;
      const fitted = await fitGuided({ ...context, signal }, from, {
        items,
        steps,
        stepScale,
        taken: from.steps,
      });
      return { steps, adapter: fitted.adapter, optimiser: fitted.optimiser };
    },
  };
}

/** phi after so many steps of a round; asked for more, it goes on. Undefined where none is asked for. */
export function driftFit(
  context: Context,
  before: LearnerState,
  stepScale: number,
): (steps: number) => Promise<Drift | undefined> {
  const lambda = context.params.drift;
  const work = driftWork(context, before, stepScale);
  if (!work) return async () => (lambda > 0 && before.drift ? { ...before.drift, lambda } : undefined);
  let reached = work.start;
  return async (steps) => {
    const ahead = stepScale === 1 ? context.ahead?.(steps) : undefined;
    reached = await work.advance(ahead && ahead.steps > reached.steps ? ahead : reached, steps);
    const { adapter, optimiser } = reached;
    return { adapter, optimiser, lambda };
  };
}
