// Systems of bench/brain/systems.mjs in which something beside votes is known: wordings, reasons, marked cells; and goods replayed by how sure
// the model is of them. As in sessions.mjs: each says { figure: { off, on } }, or null.
import { readFileSync } from 'node:fs';
import { crossFitted, fitVoteModel } from '../../dist/engine/learn/vote-model/fit.js';
import { fitReasons, nearMisses } from '../../dist/engine/learn/vote-model/reasons.js';
import { withMarks } from '../../dist/engine/learn/vote-model/region.js';
import { effectiveCount, replayWeightsBy } from '../../dist/engine/learn/vote-model/replay-weights.js';
import { twinVotes } from '../../dist/engine/learn/vote-model/twins.js';
import { featureMaps } from '../../dist/engine/models/features.js';
import { projectPath } from '../../dist/src/files/paths.js';
import { mean } from '../lib/table.mjs';
import { aucOn, both, compare, flipped, together, unseenOf, voteOn } from './played.mjs';

/** Where there are too few votes for a model, pictures are as good as unordered. */
const aucOrChance = (model, unseen) => (model ? aucOn(model, unseen) : 0.5);

/** `picture.twins`: those of its seed. */
const twins = (votes) => (order, model) => {
  const cast = order.slice(0, votes).map(voteOn);
  const unseen = unseenOf(order);
  const off = fitVoteModel(cast, model());
  const on = fitVoteModel([...twinVotes(order[0].twins, votes), ...cast], model());
  return {
    [`AUC after ${votes} votes`]: { off: aucOrChance(off, unseen), on: aucOrChance(on, unseen) },
  };
};

const replay = (share, temperature) => (order, model, rng) => {
  const votes = flipped(order.slice(0, 64), share, rng);
  const p = crossFitted(votes, model());
  const goods = votes.map((_, i) => i).filter((i) => votes[i].label === 1);
  if (!p || goods.length === 0) return null;
  const weights = replayWeightsBy(
    fitVoteModel(votes, model()),
    goods.map((i) => p[i]),
    temperature,
  );
  const wrong = goods.map((i) => (votes[i].flip ? 1 : 0));
  return {
    ...(share > 0 && {
      [`weight on wrong goods at ${100 * share} % flips`]: {
        off: mean(wrong),
        on: mean(wrong.map((one, i) => one * weights[i])),
      },
    }),
    [`goods really heard at ${100 * share} % flips`]: { off: 1, on: effectiveCount(weights) / goods.length },
  };
};

/** `picture.faults`: what the judge finds wrong. Somebody names one of a bad picture's, by lot, or all. */
const reasons = (votes, all) => (order, model, rng) => {
  const cast = order.slice(0, votes).map((picture) => {
    const named = picture.good ? [] : all ? picture.faults : [rng.choice(picture.faults)];
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

const unet = JSON.parse(readFileSync(projectPath('models/mini/unet/config.json'), 'utf8'));
const grids = Object.fromEntries(featureMaps(unet).map(({ name, grid }) => [name, grid]));
/** `picture.mark`: of bad ones. */
const region = (votes) => (order, model) => {
  const shown = order.slice(0, votes);
  const cast = shown.map(voteOn);
  const marked = shown.map((picture, i) => ({ ...cast[i], mark: picture.good ? undefined : picture.mark }));
  return both(fitVoteModel(cast, model()), fitVoteModel(withMarks(marked, grids), model()), (off, on) => ({
    [`AUC after ${votes} votes`]: compare(off, on, unseenOf(order)),
  }));
};

export const hints = {
  twins: together(...[0, 4, 8, 16].map(twins)),
  'weighted replay': together(...[0, 0.1, 0.25].map((share) => replay(share, 0.5))),
  'weighted replay, T .25': together(...[0, 0.1, 0.25].map((share) => replay(share, 0.25))),
  reasons: together(...[16, 32].flatMap((votes) => [reasons(votes, false), reasons(votes, true)])),
  region: together(...[16, 50].map(region)),
};
