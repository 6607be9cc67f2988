/**
 * The best image and the goods that a session carries along (HERO section 4.4): the best persists with its
 * latent and its noise until another is named; the goods' noises are those of the last round that had any. A
 * learner may have the best elected again by the vote model instead (PEBBLE).
 */

import type { AdapterHyperparameters } from '../../src/config/learners.js';
import { image } from '../io/latents.js';
import type { LearnerState } from '../io/learner-state.js';
import type { ReplayItem } from '../io/remembered.js';
import type { Round } from '../io/round.js';
import type { VoteModel } from '../io/vote-model.js';
import type { Judged } from './feedback.js';
import { firstState, type LearnContext, mergeReplay, newReplay } from './learner.js';
import { nearestToMean } from './reward.js';
import { electBest } from './vote-model/elect.js';
import { votesOf } from './vote-model/fit.js';
import { beatsChance } from './vote-model/model.js';

type Carried = Pick<LearnerState, 'best' | 'positives'>;

/**
 * The best named in this round; else the one carried; else the good nearest to the goods' mean by `features`
 * (rows of the round's images); null while there is no good at all.
 */
export function carryBest(
  round: Round,
  judged: Judged,
  state: Carried | null,
  features: readonly Float32Array[],
): Carried {
  const { goods } = judged;
  const named = judged.best ?? (state?.best ? null : goods.length ? centre(judged, features) : null);
  const best = named === null ? (state?.best ?? null) : remember(round, named);
  return withGoods(round, judged, state, best);
}

/**
 * The released code's fault (b): from the second round on the chosen best's *rank* among the candidates (this
 * round's goods, then the carried best) is used as an index into the batch, so another image is kept.
 */
export function carryBestFaithfully(
  round: Round,
  judged: Judged,
  state: Carried | null,
  features: readonly Float32Array[],
): Carried {
  const right = carryBest(round, judged, state, features);
  if (!state?.best || !right.best) return right;
  const rank = judged.goods.findIndex((good) => good.index === judged.best);
  const index = rank >= 0 ? rank : judged.goods.length;
  const wrong = remember(round, Math.min(index, round.manifest.count - 1));
  return withGoods(round, judged, state, wrong);
}

/**
 * Where nobody named a best in this round, the good of the whole session that the model is surest of today,
 * in place of the one carried. `replay` holds the goods' sources; those of before they were kept stand back.
 */
export function reelected(
  carried: Carried,
  { round, judged, state }: { round: Round; judged: Judged; state: Carried | null },
  model: VoteModel | null,
  replay: readonly ReplayItem[],
): Carried {
  if (judged.best !== null || !beatsChance(model)) return carried;
  const known = replay.filter(({ source }) => source);
  const place = electBest(model, votesOf(known));
  if (place === null) return carried;
  const { latent, round: of, source } = known[place]!;
  return withGoods(round, judged, state, { latent, ...source!, round: of });
}

export interface CarryOptions {
  /** Rows of the round's images by which the best is told where nobody named one; default: latents. */
  features?: readonly Float32Array[];
  /** Default: `carryBest`. */
  carry?: typeof carryBest;
  /** Goods are remembered with what they need to become the best later. */
  sources?: boolean;
}

/** What a round adds before anything is trained: its best, and its votes. */
export function carryOver<P extends AdapterHyperparameters>(
  context: LearnContext<P>,
  { features, carry = carryBest, sources }: CarryOptions = {},
): LearnerState {
  const { round, judged, state } = context;
  const start = state ?? firstState(context);
  return {
    ...start,
    ...carry(round, judged, state, features ?? imagesOf(round)),
    replay: mergeReplay(start.replay, newReplay(round, judged, sources), round.manifest.round),
  };
}

/** z_0 of each image, flat. */
export const imagesOf = ({ manifest, latents }: Round): Float32Array[] =>
  Array.from({ length: manifest.count }, (_, i) => image(latents, i));

function withGoods(round: Round, judged: Judged, state: Carried | null, best: Carried['best']): Carried {
  const others = judged.goods.filter(
    ({ index }) => best?.round !== round.manifest.round || index !== best.index,
  );
  const positives = judged.goods.length
    ? others.map(({ index }) => image(round.noise, index))
    : (state?.positives ?? []);
  return { best, positives };
}

function remember(round: Round, index: number): NonNullable<Carried['best']> {
  return {
    latent: image(round.latents, index),
    noise: image(round.noise, index),
    round: round.manifest.round,
    index,
  };
}

function centre(judged: Judged, features: readonly Float32Array[]): number {
  const rows = judged.goods.map(({ index }) => features[index]!);
  return judged.goods[nearestToMean(rows)]!.index;
}
