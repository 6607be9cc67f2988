// Systems of bench/brain/systems.mts in which reasons are known beside votes; and those in which goods are
// replayed by how sure the model is of them. As in sessions.mjs: each says { figure: { off, on } }, or null.

import type { VoteModel } from '../../engine/io/vote-model.js';
import { crossFitted, fitVoteModel } from '../../engine/learn/vote-model/fit.js';
import { fitReasons, nearMisses } from '../../engine/learn/vote-model/reasons.js';
import { effectiveCount, replayWeightsBy } from '../../engine/learn/vote-model/replay-weights.js';
import { mean } from '../lib/table.mjs';
import type { Seen } from './pictures.mjs';
import { aucOn, flipped, type System, together, unseenOf, voteOn } from './played.mjs';

/** Where there are too few votes for a model, pictures are as good as unordered. */
const aucOrChance = (model: VoteModel | null, unseen: readonly Seen[]) =>
  model ? aucOn(model, unseen) : 0.5;

const replay =
  (share: number, temperature: number): System =>
  (order, model, rng) => {
    const votes = flipped(order.slice(0, 64), share, rng);
    const p = crossFitted(votes, model());
    const goods = votes.map((_, i) => i).filter((i) => votes[i]!.label === 1);
    if (!p || goods.length === 0) return null;
    const weights = replayWeightsBy(
      fitVoteModel(votes, model()),
      goods.map((i) => p[i]!),
      temperature,
    );
    const wrong = goods.map((i) => (votes[i]!.flip ? 1 : 0));
    return {
      ...(share > 0 && {
        [`weight on wrong goods at ${100 * share} % flips`]: {
          off: mean(wrong),
          on: mean(wrong.map((one, i) => one * weights[i]!)),
        },
      }),
      [`goods really heard at ${100 * share} % flips`]: {
        off: 1,
        on: effectiveCount(weights) / goods.length,
      },
    };
  };

/** `picture.faults`: what the judge finds wrong. Somebody names one of a bad picture's, by lot, or all. */
const reasons =
  (votes: number, all: boolean): System =>
  (order, model, rng) => {
    const cast = order.slice(0, votes).map((picture) => {
      const faults = picture.faults ?? [];
      const named = picture.good ? [] : all ? faults : [rng.choice(faults)];
      return { ...voteOn(picture), faults: Object.fromEntries(named.map((fault) => [fault, 1])) };
    });
    const unseen = unseenOf(order);
    const off = fitVoteModel(cast, model());
    const on = fitReasons(cast, model());
    if (!off || !on) return null;
    const how = `${votes} votes, ${all ? 'all faults' : 'one fault'} named`;
    const plain = aucOn(off, unseen);
    const near = fitVoteModel(nearMisses(cast), model());
    return {
      [`AUC after ${how}: part models`]: { off: plain, on: aucOn(on, unseen) },
      [`AUC after ${how}: near misses`]: { off: plain, on: aucOrChance(near, unseen) },
    };
  };

export const hints: Readonly<Record<string, System>> = {
  'weighted replay': together(...[0, 0.1, 0.25].map((share) => replay(share, 0.5))),
  'weighted replay, T .25': together(...[0, 0.1, 0.25].map((share) => replay(share, 0.25))),
  reasons: together(...[16, 32].flatMap((votes) => [reasons(votes, false), reasons(votes, true)])),
};
