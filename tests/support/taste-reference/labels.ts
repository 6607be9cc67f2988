/**
 * Reference, plain and slow. From weighted votes to labels, in the three sizes of a community: one voter
 * (HERO's own feedback), two to four (every voter weighs 1, one vote labels an image), five and more (the
 * guards). Source: docs/votes.md.
 */

import type { ImageFeedback, Outcome } from '../../../src/domain/state/round.js';
import type { Guards } from '../../../src/domain/state/rules.js';
import { wilsonLower } from '../../../src/domain/voting/taste/statistics.js';
import type { Vote } from '../../../src/domain/voting/vote.js';
import { groupBy, type WeightedVote, weigh } from './ballot-box.js';
import { bridging } from './bridging.js';
import { shareWithinClusters, timingClusters } from './clusters.js';
import { dawidSkene } from './dawid-skene.js';
import { capNewcomers } from './newcomers.js';
import { sides, trusting } from './trust.js';

export interface Labels {
  images: ImageFeedback[];
  /** Winner of the round; null where nothing stands out. */
  best: number | null;
  bestBound: number;
  method: Outcome['method'];
  polarisation: number | null;
}

export interface LabelInput {
  /** Votes on the round in question. */
  votes: readonly Vote[];
  /** Votes of earlier rounds: they tell how reliable a voter is. */
  history: readonly Vote[];
  /** Indices of the round's images, in order. */
  indices: readonly number[];
  round: string;
  voters: number;
  isNewcomer: (voter: string) => boolean;
}

export function label(box: LabelInput, guards: Guards): Labels {
  return box.voters < guards.from ? cold(box) : guarded(box, guards);
}

/**
 * Fewer than five voters: the share of ups; as sure as it is one-sided, and never surer than one full vote.
 */
function cold({ votes, indices, voters }: LabelInput): Labels {
  const cast = groupBy(weigh(votes), (vote) => `${vote.index}`);
  const images = indices.map((index): ImageFeedback => {
    const { up, all } = tally(cast.get(`${index}`) ?? []);
    const p = all > 0 ? up / all : null;
    if (p === null || p === 0.5) return { index, good: null, weight: 0, votes: all };
    return { index, good: p, weight: Math.min(1, all) * Math.abs(2 * p - 1), votes: all };
  });
  const leaders = indices.map((index): Candidate => {
    const list = cast.get(`${index}`) ?? [];
    const { up, all, stars } = tally(list);
    return { index, stars, bound: wilsonLower(up, all), fit: up > all / 2 };
  });
  // A lone voter who stars nothing names no best: the learner takes the good nearest to the goods' mean.
  const best = strictLeader(
    leaders.filter(({ fit, stars }) => fit && (voters > 1 || stars > 0)),
    true,
  );
  return {
    images,
    best: best?.index ?? null,
    bestBound: best?.bound ?? 0,
    method: voters <= 1 ? 'single' : 'cold',
    polarisation: null,
  };
}

/** Clusters, newcomers' cap, Dawid-Skene, bridging where people are split, labels, best. */
function guarded(box: LabelInput, guards: Guards): Labels {
  if (guards.doubt !== undefined) return guardedWithDoubt(box, guards, guards.doubt);
  const everything = weigh([...box.history, ...box.votes]);
  const clustered = shareWithinClusters(everything, timingClusters(everything, guards));
  const capped = capNewcomers(clustered, box.isNewcomer, guards.newcomerShare);
  const model = dawidSkene(capped);
  const polarisation = oppositeShare(capped, model.voters);
  const split = polarisation > guards.polarised;
  const p = split ? bridging(capped) : model.p;

  const cast = groupBy(
    capped.filter((vote) => vote.image.slice(0, vote.image.lastIndexOf('.')) === box.round),
    (vote) => `${vote.index}`,
  );
  const images = box.indices.map((index): ImageFeedback => {
    const list = cast.get(`${index}`) ?? [];
    const votes = tally(list).all;
    const voices = list.reduce((sum, { w, weight }) => sum + w / weight, 0);
    const good = p.get(`${box.round}.${index}`);
    const isGood = good !== undefined && good > guards.goodAbove && votes >= guards.minVotes;
    const isBad = good !== undefined && good < guards.badBelow && voices >= guards.minVotes;
    if (good === undefined || !(isGood || isBad)) return { index, good: null, weight: 0, votes };
    return { index, good, weight: Math.abs(2 * good - 1), votes };
  });

  const candidates = box.indices.map((index): Candidate => {
    const list = cast.get(`${index}`) ?? [];
    const { up, all, stars } = tally(list);
    const established = list.filter((vote) => vote.up && !box.isNewcomer(vote.voter)).length;
    const bound = split ? (p.get(`${box.round}.${index}`) ?? 0) : wilsonLower(up, all);
    return { index, stars, bound, fit: established >= guards.minVotes };
  });
  const best = strictLeader(
    candidates.filter(({ fit }) => fit),
    false,
  );
  return {
    images,
    best: best?.index ?? null,
    bestBound: best?.bound ?? 0,
    method: split ? 'bridging' : 'dawid-skene',
    polarisation,
  };
}

/** The same where a label or a best must stand without so many of those who are for it. */
function guardedWithDoubt(box: LabelInput, guards: Guards, doubt: number): Labels {
  const everything = weigh([...box.history, ...box.votes]);
  const clustered = shareWithinClusters(everything, timingClusters(everything, guards));
  const voices = clustered.map((vote) => ({ ...vote, w: vote.w / vote.weight }));
  const heard = capNewcomers(voices, box.isNewcomer, guards.newcomerShare);
  const capped = heard.map((vote) => ({ ...vote, w: vote.w * vote.weight }));
  const { p: likely, pi, coins, trust } = trusting(heard, guards.trustShare!);
  const polarisation = oppositeShare(heard, sides(heard, dawidSkene(heard).p), 0.75);
  const split = polarisation > guards.polarised;
  const p = split ? bridging(heard) : likely;
  const trusted = split ? heard : heard.map((vote) => ({ ...vote, w: vote.w * trust.get(vote.voter)! }));
  const usual = trusted.reduce((sum, { w }) => sum + w, 0) / new Set(trusted.map(({ image }) => image)).size;
  const here = groupBy(trusted, (vote) => vote.image);
  const weights = groupBy(capped, (vote) => vote.image);
  const chance = (ups: number, downs: number) => {
    const logit = Math.log(pi / (1 - pi));
    const evidence =
      ups * Math.log(coins.alpha / (1 - coins.delta)) + downs * Math.log((1 - coins.alpha) / coins.delta);
    return 1 / (1 + Math.exp(-logit - evidence));
  };
  const without = (image: string, share: number) => {
    const { up, all } = tally(here.get(image) ?? []);
    const taken = share * Math.max(all, usual);
    const down = all - up;
    return {
      low: chance(Math.max(0, up - taken), down),
      high: chance(up, Math.max(0, down - taken)),
      liked: up - taken > down,
      disliked: down - taken > up,
    };
  };
  const images = box.indices.map((index): ImageFeedback => {
    const image = `${box.round}.${index}`;
    const cast = weights.get(image) ?? [];
    const votes = tally(cast).all;
    const voicesOn = cast.reduce((sum, { w, weight }) => sum + w / weight, 0);
    const good = p.get(image);
    const { low, high, liked, disliked } = without(image, guards.labelDoubt!);
    const sureGood = split ? liked : low > guards.goodAbove;
    const sureBad = split ? disliked : high < guards.badBelow;
    const isGood = good !== undefined && good > guards.goodAbove && votes >= guards.minVotes && sureGood;
    const isBad = good !== undefined && good < guards.badBelow && voicesOn >= guards.minVotes && sureBad;
    if (good === undefined || !(isGood || isBad)) return { index, good: null, weight: 0, votes };
    return { index, good, weight: Math.abs(2 * good - 1), votes };
  });
  const candidates = box.indices.map((index): Candidate => {
    const image = `${box.round}.${index}`;
    const cast = weights.get(image) ?? [];
    const { up, all } = tally(here.get(image) ?? []);
    const established = cast.filter((vote) => vote.up && !box.isNewcomer(vote.voter)).length;
    const { low, liked } = without(image, doubt);
    const bound = split ? (p.get(image) ?? 0) : wilsonLower(up, all);
    const stands = liked && (split || low > guards.goodAbove);
    return { index, stars: tally(cast).stars, bound, fit: established >= guards.minVotes && stands };
  });
  const best = strictLeader(
    candidates.filter(({ fit }) => fit),
    false,
  );
  return {
    images,
    best: best?.index ?? null,
    bestBound: best?.bound ?? 0,
    method: split ? 'bridging' : 'dawid-skene',
    polarisation,
  };
}

/** Share of votes by voters (of ten votes or more) whose coins say the opposite of the crowd's. */
export function oppositeShare(
  votes: readonly WeightedVote[],
  voters: ReadonlyMap<string, { alpha: number; delta: number }>,
  below = 1,
): number {
  let opposite = 0;
  let all = 0;
  for (const [voter, cast] of groupBy(votes, (vote) => vote.voter)) {
    if (cast.length < 10) continue;
    const { alpha, delta } = voters.get(voter) ?? { alpha: 1, delta: 1 };
    all += cast.length;
    if (alpha + delta < below) opposite += cast.length;
  }
  return all > 0 ? opposite / all : 0;
}

interface Candidate {
  index: number;
  stars: number;
  bound: number;
  fit: boolean;
}

/**
 * First by stars (where those come first), then by bound, then by stars; a dead heat of everything has no
 * leader.
 */
function strictLeader(candidates: readonly Candidate[], starsFirst: boolean): Candidate | undefined {
  const compare = (a: Candidate, b: Candidate): number =>
    (starsFirst ? b.stars - a.stars : 0) || b.bound - a.bound || b.stars - a.stars;
  const [first, second] = [...candidates].sort((a, b) => compare(a, b) || a.index - b.index);
  if (!first || first.bound <= 0) return undefined;
  return second && compare(first, second) === 0 ? undefined : first;
}

function tally(votes: readonly WeightedVote[]): { up: number; all: number; stars: number } {
  let [up, all, stars] = [0, 0, 0];
  for (const vote of votes) {
    all += vote.w;
    if (vote.up) up += vote.w;
    if (vote.star) stars += vote.w;
  }
  return { up, all, stars };
}
