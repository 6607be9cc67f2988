/**
 * The default learner: guided regression on every image of the session that people called good (losses/
 * guided-regression.ts). It needs no trajectory and no bad votes, takes any sampler's rounds, and replays old
 * rounds. What limits it is steps, not votes, so a round gets many; the first rounds come from plain noise,
 * because a round that is already narrow teaches narrowness.
 */
import type { AcclaimParams } from '../../../src/config/learners.js';
import { say } from '../../../src/words/text.js';
import { heroNoise, plainNoise } from '../../diffusion/noise.js';
import type { LearnerState } from '../../io/learner-state.js';
import type { ReplayItem } from '../../io/remembered.js';
import { isChosen, originOf, type Round } from '../../io/round.js';
import type { VoteModel } from '../../io/vote-model.js';
import { afforded } from '../afforded.js';
import { carryOver, reelected } from '../best.js';
import { guarded } from '../collapse-guard.js';
import { driftWork } from '../drift.js';
import { approvalBy } from '../early-stop.js';
import type { Judged, Label } from '../feedback.js';
import { ghostGoods, ghostsDue, ghostWords, likedGhosts, mergeGhosts } from '../ghosts.js';
import { guidedRows, type Item } from '../guided-fit.js';
import { type LearnContext, type Method, untrained } from '../learner.js';
import { fitRound } from '../round-fit.js';
import { nothingLearned, stepsOf } from '../steps.js';
import { mayVote } from '../vote-model/ghosts.js';
import { effectiveCount, replayWeightsBy } from '../vote-model/replay-weights.js';

export const acclaim: Method<AcclaimParams> = {
  async learn(context) {
    const { round, judged, params } = context;
    const before = carryOver(context, { sources: params.reelect });
    const { replay } = before;
    const best = params.reelect
      ? reelected(before, context, context.voteModel?.(replay) ?? null, replay)
      : before;
    const remembered: LearnerState = { ...before, best: best.best, positives: best.positives };
    if (params.steps === 0)
      return untrained(remembered, say('Nothing is trained: your votes choose what is shown.'));
    const goods = fittedGoods(replay, params);
    if (!goods.length)
      return untrained(
        remembered,
        say('No image has been called good yet, so there is nothing to learn from.'),
      );
    const model = context.voteModel?.(replay) ?? null;
    const fresh = mayVote(model) ? await context.ghosts?.() : undefined;
    const ghosts = mergeGhosts(before.ghosts ?? [], fresh ?? [], round.manifest.round);
    remembered.ghosts = ghosts;
    const liked = likedGhosts(model, ghosts, replay.length);
    const items = [...weighed(context, model, replay, goods), ...liked];
    const approval = params.stopAt < 1 ? approvalBy(context, model, replay) : null;
    const labels = approval ? null : ownLabels(round, judged);
    const heard = effectiveCount(items.map(({ weight }) => weight));
    const wanted = stepsOf(params, labels, heard, nothingLearned(before));
    const fits = params.drift > 0 ? 2 : 1;
    const { context: within, steps } = afforded(context, { steps: wanted, rows: guidedRows(context), fits });
    const outcome = await guarded(within, remembered, async (stepScale, variety) => {
      const fit = { items, steps, stepScale, variety, approval };
      const { state, losses } = await fitRound(within, before, fit);
      return { state: { ...remembered, ...state }, losses };
    });
    return { ...outcome, notes: [...outcome.notes, ...ghostWords(liked.length)] };
  },

  ahead: (context) => driftWork(context, context.state),

  // What is looked over before people see it is not learned from unseen.
  ghosts: ({ steps, ghosts }, { manifest: { count, round, safety } }, state) =>
    steps > 0 && !safety ? ghostsDue(ghosts, count, state?.ghosts ?? [], round) : 0,

  drawing({ baseShare, baseGoods, until }, state) {
    const named = state.replay.filter((item) => item.label > 0.5 && item.origin === 'base').length;
    const goods = named + ghostGoods(state);
    return { baseShare: goods < baseGoods ? baseShare : 0, until };
  },

  picking: ({ draws, look, unpickedShare, unsureShare }) => ({ draws, look, unpickedShare, unsureShare }),

  noise(state, count, size, params, rng) {
    if (!state?.best) return plainNoise(count, size, rng);
    const around = Math.round(params.heroShare * count);
    const sources = { best: state.best.noise, positives: state.positives };
    return [...heroNoise(sources, around, params, rng), ...plainNoise(count - around, size, rng)];
  },
};

/**
 * Goods as they are fitted: by their labels, and where the learner asks for that, by how sure others than
 * their own votes are of them.
 */
export function weighed(
  {
    crossFitted,
    params: { replayTemperature },
  }: { crossFitted?: LearnContext<unknown>['crossFitted']; params: Pick<AcclaimParams, 'replayTemperature'> },
  model: VoteModel | null,
  replay: readonly ReplayItem[],
  goods: readonly ReplayItem[],
): Item[] {
  const said = replayTemperature > 0 ? crossFitted?.(replay) : undefined;
  const p = new Map(replay.map((item, i) => [item, said?.[i] ?? null]));
  const weights = replayWeightsBy(
    model,
    goods.map((item) => p.get(item) ?? null),
    replayTemperature,
  );
  return goods.map(({ latent, weight, label, round }, i) => ({
    latent,
    weight: weights[i]! * weight * label,
    round,
  }));
}

/** The goods that are fitted: those of the base model, if there are any and `replay` asks for no others. */
export function fittedGoods(
  replay: readonly ReplayItem[],
  { replay: which }: Pick<AcclaimParams, 'replay'>,
): ReplayItem[] {
  const goods = replay.filter((item) => item.label > 0.5);
  const base = goods.filter((item) => item.origin === 'base');
  return which === 'base' && base.length > 0 ? base : goods;
}

/**
 * Of a round that two models drew, what the tuned model's pictures were called, and of a round that was
 * picked, what those were called that nobody chose: they show what is left to learn.
 */
export function ownLabels({ manifest }: Round, judged: Judged): Label[] {
  const own = judged.labels.filter(({ index }) => originOf(manifest, index) === 'tuned');
  const all = own.length > 0 ? own : judged.labels;
  const unpicked = all.filter(({ index }) => !isChosen(manifest, index));
  return unpicked.length > 0 ? unpicked : all;
}
