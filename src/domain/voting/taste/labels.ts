/**
 * From weighted votes to labels, in the three sizes of a community: one voter (HERO's own feedback), two to
 * four (every voter weighs 1, one vote labels an image), five and more (the guards). Source: docs/votes.md.
 */

import type { GuardAct, ImageFeedback, Outcome } from '../../state/round.js';
import type { Guards } from '../../state/rules.js';
import type { Steps } from '../../state/steps.js';
import type { Vote } from '../vote.js';
import { columns, type Votes } from './ballot-box.js';
import { bridging, dividing } from './bridging.js';
import { shareWithinClusters, timingClusters } from './clusters.js';
import { dawidSkene } from './dawid-skene.js';
import { doubted, voicesOf } from './doubt.js';
import { capNewcomers } from './newcomers.js';
import { wilsonLower } from './statistics.js';
import { byTrust, sides, trusting } from './trust.js';

export interface Labels {
  images: ImageFeedback[];
  /** Winner of the round; null where nothing stands out. */
  best: number | null;
  bestBound: number;
  method: Outcome['method'];
  polarisation: number | null;
  /** Of a split community: indices of the pictures on which its camps differ most, the widest first. */
  divides?: number[];
  /** Of each vote of the round, after the guards. */
  weights: ArrayLike<number>;
  /**
   * Indices of the pictures that the guards let be the best. Left out, as the next, where there are too few
   * voters for guards.
   */
  contenders?: readonly number[];
  work?: GuardWork;
}

/** What the guards did in a round, for moderators. */
export interface GuardWork {
  /** Voter -> the cluster that they were counted with; those of no cluster are not listed. */
  hands: ReadonlyMap<string, string>;
  /** Newcomers who weigh less because there were many of them. */
  capped: ReadonlySet<string>;
  /** Voter -> how much their likes being those of others lets them count, 0 to 1. */
  trust: ReadonlyMap<string, number>;
  /**
   * What would have been the best, had a group not been able to make it so alone; null where there is no such
   * picture.
   */
  withheld: number | null;
  /** Pictures without a label that they would have had. */
  unsure: number;
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
  /** A moderator trusts them, so nothing is taken off what they say. */
  isTrusted?: (voter: string) => boolean;
  /** Guards that a moderator lifted from the round. */
  lifted?: readonly GuardAct[];
}

/** Labels of a round, and what the guards did for them. With fewer voters than `guards.from` plain shares. */
export function* label(box: LabelInput, guards: Guards): Steps<Labels> {
  return box.voters < guards.from ? cold(box) : yield* guarded(box, guards);
}

/**
 * Fewer than five voters: the share of ups; as sure as it is one-sided, and never surer than one full vote.
 */
function cold({ votes, indices, voters }: LabelInput): Labels {
  const tallies = new Map(indices.map((index) => [index, { ...nothing }]));
  for (const { index, up, star, weight } of votes) add(tallies.get(index), up, star, weight);
  const images = indices.map((index): ImageFeedback => {
    const { up, all } = tallies.get(index)!;
    const p = all > 0 ? up / all : null;
    if (p === null || p === 0.5) return { index, good: null, weight: 0, votes: all };
    return { index, good: p, weight: Math.min(1, all) * Math.abs(2 * p - 1), votes: all };
  });
  const leaders = indices.map((index): Candidate => {
    const { up, all, stars } = tallies.get(index)!;
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
    weights: votes.map(({ weight }) => weight),
  };
}

/** Clusters, newcomers' cap, what each vote is worth, bridging where people are split, labels, best. */
function* guarded(box: LabelInput, guards: Guards): Steps<Labels> {
  const works = (guard: GuardAct): boolean => box.lifted?.includes(guard) !== true;
  const everything = yield* columns([box.history, box.votes]);
  const seen = works('hands') ? yield* timingClusters(everything, guards) : [];
  const hands = new Map([...seen].filter(([voter]) => !box.isTrusted?.(voter)));
  const clustered = shareWithinClusters(everything, hands);
  yield;
  const cap = (votes: Votes) => capNewcomers(votes, box.isNewcomer, guards.newcomerShare);
  const heard = guards.doubt === undefined ? null : cap(inVoices(clustered));
  const capped = heard ? asCast(heard) : cap(clustered);
  yield;
  const found = yield* heard && guards.doubt !== undefined
    ? withDoubt(heard, box, guards, guards.doubt)
    : withoutDoubt(capped, box, guards);

  const tallies = tallyRound(capped, box);
  let unsure = 0;
  const images = box.indices.map((index): ImageFeedback => {
    const { all: votes, voices } = tallies.get(index)!;
    const good = found.p.get(`${box.round}.${index}`);
    if (good === undefined) return { index, good: null, weight: 0, votes };
    const isGood = good > guards.goodAbove && votes >= guards.minVotes;
    const isBad = good < guards.badBelow && voices >= guards.minVotes;
    const isSure = (isGood || isBad) && found.sure(index, isGood);
    if ((isGood || isBad) && !isSure) unsure += 1;
    if (!isSure) return { index, good: null, weight: 0, votes };
    return { index, good, weight: Math.abs(2 * good - 1), votes };
  });

  const candidates = box.indices.map((index): Candidate => {
    const { stars, established } = tallies.get(index)!;
    const bound = found.split ? (found.p.get(`${box.round}.${index}`) ?? 0) : found.bound(index);
    return { index, stars, bound, fit: established >= guards.minVotes };
  });
  const contenders = candidates.filter(({ fit, index }) => fit && (!works('best') || found.mayWin(index)));
  const best = strictLeader(contenders, false);
  const leader = strictLeader(
    candidates.filter(({ fit }) => fit),
    false,
  );
  return {
    images,
    best: best?.index ?? null,
    bestBound: best?.bound ?? 0,
    method: found.split ? 'bridging' : 'dawid-skene',
    polarisation: found.polarisation,
    ...(found.split && { divides: ofRound(found.divides, box) }),
    weights: found.w.subarray(box.history.length),
    contenders: contenders.map(({ index }) => index),
    work: {
      hands,
      capped: lighter(heard ?? capped, heard ? inVoices(clustered) : clustered),
      trust: found.trust,
      withheld: leader && leader.index !== best?.index ? leader.index : null,
      unsure,
    },
  };
}

/** Pictures that people are told of as dividing them, at most. */
const DIVIDING = 3;

/** Indices of those images that are of the round. */
function ofRound(images: readonly string[], { round, indices }: LabelInput): number[] {
  const known = new Map(indices.map((index) => [`${round}.${index}`, index]));
  return images.flatMap((image) => known.get(image) ?? []).slice(0, DIVIDING);
}

/** Voters of whom a vote weighs less in `now` than in `before`. */
function lighter(now: Votes, before: Votes): Set<string> {
  const found = new Set<string>();
  for (let v = 0; v < now.length; v++) if (now.w[v]! < before.w[v]!) found.add(now.voters[now.voter[v]!]!);
  return found;
}

/** What the votes come to, before anything is labelled. */
interface Found {
  /** Image -> P(good). */
  p: ReadonlyMap<string, number>;
  polarisation: number;
  split: boolean;
  /** Images on which the camps differ, the widest first; none where there are none. */
  divides: readonly string[];
  /** Of each vote, after the guards. */
  w: Float64Array;
  /** It is good (or not) whatever a group of some size may have made of it. */
  sure: (index: number, good: boolean) => boolean;
  /** Lower bound of its share of ups. */
  bound: (index: number) => number;
  mayWin: (index: number) => boolean;
  trust: ReadonlyMap<string, number>;
}

/** As sessions go on that were opened before there was doubt: everybody has coins of their own. */
function* withoutDoubt(capped: Votes, box: LabelInput, guards: Guards): Steps<Found> {
  const model = yield* dawidSkene(capped);
  const polarisation = oppositeShare(capped, model.voters);
  const split = polarisation > guards.polarised;
  const { p, divides } = split ? yield* camps(capped) : { p: model.p, divides: [] };
  const tallies = tallyRound(capped, box);
  const bound = (index: number) => wilsonLower(tallies.get(index)!.up, tallies.get(index)!.all);
  return {
    p,
    polarisation,
    split,
    divides,
    w: capped.w,
    sure: () => true,
    bound,
    mayWin: () => true,
    trust: new Map(),
  };
}

function* camps(votes: Votes): Steps<Pick<Found, 'p' | 'divides'>> {
  const { p, side } = yield* bridging(votes);
  return { p, divides: dividing(votes, side).map(({ n }) => votes.images[n]!) };
}

/**
 * Who seems to vote the other way round is a camp only when they do so clearly: who merely likes little is
 * none.
 */
const clearlyOpposite = 0.75;

/** Whoever left a picture unmarked is one voice as well. */
export const inVoices = (votes: Votes): Votes => ({
  ...votes,
  w: votes.w.map((w, v) => (votes.cast[v]! > 0 ? w / votes.cast[v]! : 0)),
});
const asCast = (votes: Votes): Votes => ({ ...votes, w: votes.w.map((w, v) => w * votes.cast[v]!) });

/** Every voice counts whole, and as much as its voter is trusted. */
function* withDoubt(heard: Votes, box: LabelInput, guards: Guards, doubt: number): Steps<Found> {
  const isKnown = box.isTrusted ?? (() => false);
  const isWhole = box.lifted?.includes('trust') ? () => true : isKnown;
  const model = yield* trusting(heard, guards.trustShare ?? 0, isWhole);
  const own = sides(heard, (yield* dawidSkene(heard)).p);
  const polarisation = oppositeShare(heard, own, clearlyOpposite);
  const split = polarisation > guards.polarised;
  const likely = () => new Map(heard.images.map((image, n) => [image, model.p[n]!] as const));
  const { p, divides } = split ? yield* camps(heard) : { p: likely(), divides: [] };
  const voices = voicesOf(split ? heard : byTrust(heard, model.trust), isKnown);
  const number = new Map(heard.images.map((image, n) => [image, n]));
  const ask = (index: number, share: number) =>
    doubted(voices, number.get(`${box.round}.${index}`) ?? -1, model, share);
  const sure = (index: number, good: boolean): boolean => {
    const { low, high, liked, disliked } = ask(index, guards.labelDoubt ?? doubt);
    if (split) return good ? liked : disliked;
    return good ? low > guards.goodAbove : high < guards.badBelow;
  };
  const mayWin = (index: number): boolean => {
    const { low, liked } = ask(index, doubt);
    return liked && (split || low > guards.goodAbove);
  };
  const bound = (index: number): number => {
    const n = number.get(`${box.round}.${index}`);
    return n === undefined ? 0 : wilsonLower(voices.ups[n]!, voices.all[n]!);
  };
  const { w } = asCast(split ? heard : byTrust(heard, model.trust));
  const trust = new Map(heard.voters.map((voter, u) => [voter, split ? 1 : model.trust[u]!]));
  return { p, polarisation, split, divides, w, sure, bound, mayWin, trust };
}

/**
 * Share of votes by voters (of ten votes or more) whose coins say the opposite of the crowd's: together less
 * than `below`.
 */
export function oppositeShare(
  { voters, voter }: Pick<Votes, 'voters' | 'voter'>,
  coins: ReadonlyMap<string, { alpha: number; delta: number }>,
  below = 1,
): number {
  const cast = new Int32Array(voters.length);
  for (const u of voter) cast[u]! += 1;
  let opposite = 0;
  let all = 0;
  for (const [u, key] of voters.entries()) {
    if (cast[u]! < 10) continue;
    const { alpha, delta } = coins.get(key) ?? { alpha: 1, delta: 1 };
    all += cast[u]!;
    if (alpha + delta < below) opposite += cast[u]!;
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

/** What an image was given; `established` counts ups by voters who are no newcomers. */
interface Tally {
  up: number;
  all: number;
  stars: number;
  /** Voters, each as much as the guards let them: who left it unmarked is one as well. */
  voices: number;
  established: number;
}

const nothing: Tally = { up: 0, all: 0, stars: 0, voices: 0, established: 0 };

function add(tally: Tally | undefined, up: boolean, star: boolean, w: number): void {
  if (!tally) return;
  tally.all += w;
  if (up) tally.up += w;
  if (star) tally.stars += w;
}

/** The round's images by index; votes of other rounds are passed by. */
function tallyRound(
  { length, voters, images, voter, image, up, star, cast, w }: Votes,
  { round, indices, isNewcomer }: LabelInput,
): Map<number, Tally> {
  const tallies = new Map(indices.map((index) => [index, { ...nothing }]));
  const known = new Map(indices.map((index) => [`${round}.${index}`, tallies.get(index)!]));
  const ofImage = images.map((name) => known.get(name));
  const isNew = voters.map(isNewcomer);
  for (let v = 0; v < length; v++) {
    const tally = ofImage[image[v]!];
    add(tally, up[v] === 1, star[v] === 1, w[v]!);
    if (!tally) continue;
    if (cast[v]! > 0) tally.voices += w[v]! / cast[v]!;
    if (up[v] && !isNew[voter[v]!]) tally.established += 1;
  }
  return tallies;
}
