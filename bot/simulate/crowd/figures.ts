/** What the guards held in a session of a simulated crowd, counted against what is so. */
import type { PlayedRound } from './rounds.js';

export interface CrowdFigures {
  rounds: number;
  /** Rounds in which a bad picture was attacked. */
  attacked: number;
  /** Of these: the attacked picture became the best; it was labelled good. */
  crowned: number;
  fooled: number;
  /** Bad pictures, and those of them that were labelled good; attacked ones among them. */
  bad: number;
  badAsGood: number;
  /** Rounds with a best, and those of them whose best is good. */
  named: number;
  namedGood: number;
  /**
   * Sum over rounds (and how many have both kinds) of the labels' area under the ROC curve; unlabelled = one
   * half.
   */
  auc: number;
  aucRounds: number;
  /** Pictures that nobody disputes, and those of them with a label. */
  pictures: number;
  labelled: number;
  /** Votes of honest people: what they weigh as cast, and after the guards. */
  cast: number;
  weighed: number;
  ms: number;
}

export function noFigures(): CrowdFigures {
  return {
    ...{ rounds: 0, attacked: 0, crowned: 0, fooled: 0, bad: 0, badAsGood: 0, named: 0, namedGood: 0 },
    ...{ auc: 0, aucRounds: 0, pictures: 0, labelled: 0, cast: 0, weighed: 0, ms: 0 },
  };
}

/** Adds a round. Pictures that divide people are left out of what is told of labels: nothing is so there. */
export function addRound(sum: CrowdFigures, { pictures, attacked, judgement, ms }: PlayedRound): void {
  const { feedback, outcome, weighed } = judgement;
  const labels = new Map(feedback.images.map((image) => [image.index, image.weight > 0 ? image.good : null]));
  const isGood = (index: number) => (labels.get(index) ?? 0) > 0.5;
  const clear = pictures.filter(({ camp }) => camp === null);
  sum.rounds += 1;
  sum.ms += ms;
  if (attacked !== null) {
    sum.attacked += 1;
    sum.crowned += Number(outcome.best === attacked);
    sum.fooled += Number(isGood(attacked));
  }
  const bad = clear.filter(({ good }) => !good);
  sum.bad += bad.length;
  sum.badAsGood += bad.filter(({ index }) => isGood(index)).length;
  const best = pictures.find(({ index }) => index === outcome.best);
  sum.named += Number(best !== undefined);
  sum.namedGood += Number(best !== undefined && (best.good || best.camp !== null));
  sum.pictures += clear.length;
  sum.labelled += clear.filter(({ index }) => labels.get(index) != null).length;
  const area = areaUnderRoc(clear.map(({ index, good }) => ({ score: labels.get(index) ?? 0.5, good })));
  if (area !== null) {
    sum.auc += area;
    sum.aucRounds += 1;
  }
  for (const [i, { voter, weight }] of weighed.votes.entries()) {
    if (voter.startsWith('x')) continue;
    sum.cast += weight;
    sum.weighed += weighed.weights[i]!;
  }
}

/** Chance that a good one scores above a bad one, ties half; null without both. */
export function areaUnderRoc(scored: readonly { score: number; good: boolean }[]): number | null {
  const goods = scored.filter(({ good }) => good);
  const bads = scored.filter(({ good }) => !good);
  if (goods.length === 0 || bads.length === 0) return null;
  let above = 0;
  for (const { score } of goods)
    for (const bad of bads) above += score > bad.score ? 1 : score === bad.score ? 0.5 : 0;
  return above / (goods.length * bads.length);
}
