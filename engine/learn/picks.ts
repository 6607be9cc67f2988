/**
 * Which of the noises that were begun become a round's pictures: most are those that the votes' model likes
 * best, kept various (greedy k-centre, Gonzalez 1985), a share are those that its heads disagree about
 * (PEBBLE, section 4.2), and a share are noises that nobody chose, so that success can be told without
 * flattery. Pure: the same opinions give the same picks.
 */
import type { Rng } from '../../src/rng.js';
import type { Origin } from '../io/remembered.js';
import type { Opinion } from './vote-model/model.js';

export type Pick = 'unpicked' | 'liked' | 'unsure';

export interface PickingRule {
  /** Drawings a picture, at most, counted in calls of the network. */
  draws: number;
  /** Share of the steps after which the least promising are dropped. */
  look: number;
  /** Share of a round's pictures whose noises nobody chooses. */
  unpickedShare: number;
  /** Share of a round's pictures that the heads disagree about. */
  unsureShare: number;
}

/** Cross-validated AUC of the vote model, its standard error taken off, below which nothing is picked. */
export const LEAST_AUC = 0.8;

/**
 * Noises finished beyond those shown, as a share of them: what the finished pictures themselves are chosen
 * from.
 */
const SPARE = 1 / 6;
/** Noises begun for each that is expected to be liked, so that there is a choice among them. */
const AMPLE = 2;

/**
 * Places whose noises are nobody's choice, dealt before anything is drawn. Where the tuned model draws, they
 * are its own: success is that of what was learned, and what the base model draws beside it says nothing of
 * that.
 */
export function unpickedPlaces(origins: readonly Origin[], share: number, rng: Rng): ReadonlySet<number> {
  const all = origins.map((_, i) => i);
  const tuned = all.filter((i) => origins[i] === 'tuned');
  const most = tuned.length > 0 ? tuned : all;
  return new Set(rng.shuffle(most).slice(0, Math.round(share * origins.length)));
}

/** What a drawing costs, in rows that the network computes. */
export interface Costs {
  /** A picture's steps up to the first look, and the look. */
  begin: number;
  /** The steps after it, and the look at the finished picture. */
  finish: number;
  /** A picture of a plain round. */
  whole: number;
}

/** Steps before the first look, a share `look` of them; null where the schedule is too short for one. */
export const stepsBeforeLook = (steps: number, look: number): number | null =>
  steps < 3 ? null : Math.min(steps - 1, Math.max(1, Math.round(look * steps)));

/** `rows`: those of one guided step of a picture; a look is one row more. */
export function costsOf(steps: number, before: number, rows: number): Costs {
  return {
    begin: before * rows + 1,
    finish: (steps - before) * rows + 1,
    whole: steps * rows + 1,
  };
}

/** Drawings a picture, as `draws` of a plain round's network calls. */
export const drawsOf = ({ begin, finish, whole }: Costs, begun: number, finished: number, shown: number) =>
  (begun * begin + finished * finish) / (shown * whole);

/**
 * How many noises are finished for `places` that are picked, of `begun` beside them; and the most that may be
 * begun in all.
 */
export const finishedFor = (places: number): number => Math.ceil(places * (1 + SPARE));

/**
 * Noises that may be begun in a round of `shown`, `finished` of which are finished; never fewer than are
 * shown.
 */
export function mostBegun({ begin, finish, whole }: Costs, shown: number, finished: number, draws: number) {
  return Math.max(shown, Math.floor((draws * shown * whole - finished * finish + 1e-9) / begin));
}

/** Of one model's pictures. */
export interface Group {
  /** Noises begun so far. */
  begun: number;
  /** Places that are picked for. */
  places: number;
  /** Mean P(good) of what was begun, whose noises nobody chose. */
  approval: number;
}

/**
 * How many more noises each group begins, `most` in all: enough for a choice among those liked, shared out by
 * need.
 */
export function moreNoises(groups: readonly Group[], most: number): number[] {
  const needs = groups.map(({ begun, places, approval }) => {
    const wanted = Math.max(finishedFor(places), Math.ceil((places * AMPLE) / Math.max(0.05, approval)));
    return places === 0 ? 0 : Math.max(0, wanted - begun);
  });
  const total = needs.reduce((sum, need) => sum + need, 0);
  const by = total > most ? most / total : 1;
  let [asked, given] = [0, 0];
  return needs.map((need) => {
    asked += need * by;
    const own = Math.floor(asked + 1e-9) - given;
    given += own;
    return own;
  });
}

/** Something that may be shown. */
export interface Candidate {
  /** Null where the model cannot say. */
  opinion: Opinion | null;
  /** z_0, or what it is expected to be, flat. */
  latent: Float32Array;
}

interface Chosen {
  /** Of the candidates. */
  index: number;
  pick: Exclude<Pick, 'unpicked'>;
}

const likelihood = ({ opinion }: Candidate) => opinion?.p ?? 0;
const disagreement = ({ opinion }: Candidate) => opinion?.spread ?? 0;

/** The indices from the largest value down; equal ones in their order. */
const descending = (list: readonly Candidate[], value: (candidate: Candidate) => number): number[] =>
  list.map((_, i) => i).sort((a, b) => value(list[b]!) - value(list[a]!) || a - b);

/**
 * The `finish` candidates worth finishing: `unsure` of them for the heads' disagreement, the others for
 * P(good).
 */
export function promising(
  candidates: readonly Candidate[],
  { finish, unsure }: { finish: number; unsure: number },
): number[] {
  const asked = descending(candidates, disagreement).slice(0, unsure);
  const liked = descending(candidates, likelihood).filter((i) => !asked.includes(i));
  return [...asked, ...liked.slice(0, Math.max(0, finish - asked.length))].sort((a, b) => a - b);
}

/**
 * The pictures of `places`: `unsure` of them, then of those liked (P > .5; too few are filled up by P) the
 * most various beside each other and beside `shown`.
 */
export function choose(
  candidates: readonly Candidate[],
  { places, unsure }: { places: number; unsure: number },
  shown: readonly Float32Array[],
): Chosen[] {
  const asked = descending(candidates, disagreement).slice(0, Math.min(unsure, places));
  const rest = descending(candidates, likelihood).filter((i) => !asked.includes(i));
  const wanted = Math.min(places - asked.length, rest.length);
  const good = rest.filter((i) => likelihood(candidates[i]!) > 0.5);
  const eligible = good.length >= wanted ? good : rest.slice(0, wanted);
  const centres = [...shown, ...asked.map((i) => candidates[i]!.latent)];
  const latents = eligible.map((i) => candidates[i]!.latent);
  const liked = kCentre(latents, wanted, centres).map((at) => eligible[at]!);
  return [
    ...asked.map((index) => ({ index, pick: 'unsure' as const })),
    ...liked.map((index) => ({ index, pick: 'liked' as const })),
  ];
}

/**
 * Greedy: again and again the point that is furthest from all chosen; the first one, where there is nothing
 * to be far from.
 */
export function kCentre(
  points: readonly Float32Array[],
  wanted: number,
  centres: readonly Float32Array[] = [],
): number[] {
  const near = points.map((point) => Math.min(...centres.map((centre) => distance(point, centre))));
  const chosen: number[] = [];
  while (chosen.length < Math.min(wanted, points.length)) {
    let furthest = -1;
    for (let i = 0; i < points.length; i++)
      if (!chosen.includes(i) && (furthest < 0 || near[i]! > near[furthest]!)) furthest = i;
    chosen.push(furthest);
    for (let i = 0; i < points.length; i++)
      near[i] = Math.min(near[i]!, distance(points[i]!, points[furthest]!));
  }
  return chosen;
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
  return Math.sqrt(sum);
}
