// The systems of bench/brain/systems.mts: each plays one session twice, off and on, and says { figure: { off,
// on } }; null where the session has too few goods or bads. `order`: pictures in the order in which they are
// shown; the last ones are never voted on.

import type { VoteModel } from '../../engine/io/vote-model.js';
import { kCentre } from '../../engine/learn/picks.js';
import { type Doubt, weakest } from '../../engine/learn/vote-model/doubt.js';
import { electBest } from '../../engine/learn/vote-model/elect.js';
import { crossFitted, fitVoteModel, type VoteExample } from '../../engine/learn/vote-model/fit.js';
import { ghostVotes } from '../../engine/learn/vote-model/ghosts.js';
import { beatsChance } from '../../engine/learn/vote-model/model.js';
import { hints } from './hints.mjs';
import type { Seen } from './pictures.mjs';
import {
  both,
  compare,
  type Figures,
  flipped,
  opinionsOn,
  pairsOn,
  type System,
  together,
  unitRows,
  unseenOf,
  voteOn,
} from './played.mjs';

const doubted =
  (share: number, doubt: Partial<Doubt>): System =>
  (order, model, rng) => {
    const votes = flipped(order.slice(0, 64), share, rng);
    const unseen = unseenOf(order);
    return both(fitVoteModel(votes, model()), fitVoteModel(votes, model(), doubt), (off, on) => ({
      [`AUC at ${100 * share} % flips`]: compare(off, on, unseen),
      [`pairs at ${100 * share} % flips`]: { off: pairsOn(off, unseen), on: pairsOn(on, unseen) },
    }));
  };
/** Off: as many votes at random. */
const found =
  (share: number): System =>
  (order, model, rng) => {
    const votes = flipped(order.slice(0, 64), share, rng);
    const p = crossFitted(votes, model());
    if (!p) return null;
    const planted = votes.filter(({ flip }) => flip).length;
    if (planted === 0) return null;
    const dropped = weakest(votes, p, 0.2);
    const right = dropped.filter((i) => votes[i]!.flip).length;
    return {
      [`precision at ${100 * share} % flips`]: {
        off: planted / 64,
        on: dropped.length ? right / dropped.length : 1,
      },
      [`recall at ${100 * share} % flips`]: { off: dropped.length / 64, on: right / planted },
    };
  };

/**
 * How much less sure the judge is of the best than of the best there is. Off: the best of its round, as it
 * was told then.
 */
function reelect(...[order, model, rng]: Parameters<System>): Figures | null {
  const votes = flipped(order.slice(0, 64), 0.25, rng).map((vote, i) => ({
    ...vote,
    score: order[i]!.score,
  }));
  type Vote = (typeof votes)[number];
  let carried: { vote: Vote; p: number } | null = null;
  let last: VoteModel | null = null;
  for (let round = 1; round <= 4; round++) {
    last = fitVoteModel(votes.slice(0, 16 * round), model());
    if (!last) continue;
    const own = votes.slice(16 * (round - 1), 16 * round);
    const place = electBest(last, own);
    if (place === null) continue;
    const vote = own[place]!;
    const { p } = opinionsOn(last, [vote])[0]!;
    if (!carried || p > carried.p) carried = { vote, p };
  }
  if (!last || !carried) return null;
  const elected = beatsChance(last) ? electBest(last, votes) : null;
  const best = elected === null ? carried.vote : votes[elected]!;
  const sure = ({ score }: { score: number }) => Math.exp(score);
  const most = Math.max(...votes.map(sure));
  return {
    'regret of the best': { off: most - sure(carried.vote), on: most - sure(best) },
    'the best is bad': { off: +(sure(carried.vote) < 0.9), on: +(sure(best) < 0.9) },
  };
}

/** All maps side by side, by column of equal variance, each map of equal say. */
function places(pictures: readonly Seen[]): Float32Array[] {
  const maps = Object.keys(pictures[0]!.features).map((map) =>
    unitRows(pictures.map(({ features }) => features[map]!)),
  );
  return pictures.map((_, i) => Float32Array.from(maps.flatMap((rows) => [...rows[i]!])));
}

const kcentre =
  (votes: number): System =>
  (order, model) => {
    const pool = order.slice(0, 96);
    const chosen = kCentre(places(pool), votes).map((i) => pool[i]!);
    const fitted = (shown: readonly Seen[]) => fitVoteModel(shown.map(voteOn), model());
    const [off, on] = [fitted(pool.slice(0, votes)), fitted(chosen)];
    return both(off, on, (off, on) => ({ [`AUC after ${votes} votes`]: compare(off, on, unseenOf(order)) }));
  };

/** Three rounds of 16; the second and third of a pool, half or all of it where heads disagree most. */
const disagreement =
  (asked: number): System =>
  (order, model) => {
    const pool = order.slice(0, 128);
    let shown = pool.slice(0, 16);
    for (let round = 2; round <= 3; round++) {
      const fitted = fitVoteModel(shown.map(voteOn), model());
      const rest = pool.filter((picture) => !shown.includes(picture));
      const spread = fitted ? opinionsOn(fitted, rest).map((opinion) => opinion.spread) : rest.map(() => 0);
      const unsure = rest
        .map((_, i) => i)
        .sort((a, b) => spread[b]! - spread[a]!)
        .slice(0, asked)
        .map((i) => rest[i]!);
      const plain = rest.filter((picture) => !unsure.includes(picture)).slice(0, 16 - asked);
      shown = [...shown, ...unsure, ...plain];
    }
    const fitted = (own: readonly Seen[]) => fitVoteModel(own.map(voteOn), model());
    const [off, on] = [fitted(pool.slice(0, 48)), fitted(shown)];
    return both(off, on, (off, on) => ({ [`AUC, ${asked} of 16 asked`]: compare(off, on, unseenOf(order)) }));
  };

/**
 * Eight rounds of 16, votes in the first three. Goods to fit: those that may be replayed, and how many of
 * them are.
 */
function ghosts(...[order, model]: Parameters<System>): Figures | null {
  const votes = order.slice(0, 48).map(voteOn);
  const off = fitVoteModel(votes, model());
  if (!off) return null;
  let on = off;
  let all: readonly VoteExample[] = votes;
  for (let round = 4; round <= 8; round++) {
    const pictures = order.slice(16 * (round - 1), 16 * round);
    const said = ghostVotes(
      on,
      pictures.map(({ features }) => features),
      48,
    );
    all = [...all, ...said];
    on = fitVoteModel(all, model()) ?? on;
  }
  const truth = new Map(order.map((picture) => [picture.features, picture.good]));
  const goods = (list: readonly VoteExample[]) => list.filter(({ label }) => label > 0.5);
  const right = (list: readonly VoteExample[]) =>
    goods(list).filter(({ features }) => truth.get(features)).length;
  return {
    'AUC after 3 voted, 5 silent rounds': compare(off, on, unseenOf(order)),
    'goods to fit': { off: goods(votes).length, on: goods(all).length },
    'of which good': { off: right(votes) / goods(votes).length, on: right(all) / goods(all).length },
  };
}

export const systems: Readonly<Record<string, System>> = {
  strength: together(
    found(0.1),
    found(0.2),
    found(0.25),
    ...[0, 0.1, 0.25].map((share) => doubted(share, { labelDrop: 0.2 })),
  ),
  smoothing: together(...[0, 0.25].map((share) => doubted(share, { labelDrift: 0.03 }))),
  'smoothing, b .2': together(...[0, 0.25].map((share) => doubted(share, { labelDrift: 0.2 }))),
  reelect,
  kcentre: together(kcentre(16), kcentre(32)),
  disagreement: together(disagreement(8), disagreement(16)),
  ghosts,
  ...hints,
};

/** What the product does without being told. */
export const defaults: Readonly<Record<string, string>> = {
  strength: 'on, `labelDrop`',
  smoothing: 'off, `labelDrift`',
  'smoothing, b .2': 'off, `labelDrift`',
  reelect: 'off, `reelect`',
  kcentre: 'among picks only',
  disagreement: 'a share of picks',
  ghosts: 'on, `ghosts`',
  'weighted replay': 'on, `replayTemperature`',
  'weighted replay, T .25': 'on, `replayTemperature`',
  reasons: 'parts on, `reasons`',
};
