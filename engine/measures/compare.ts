/**
 * What became of a model, beside the one that it began as: success; how different good pictures still are
 * from each other; and how far traits that nobody voted about have moved. Only good pictures are compared:
 * what was voted for is meant to stop varying, so bad ones in the denominator would count every success as a
 * loss of variety.
 */

import type { Raster } from '../../src/images/raster.js';
import { Rng } from '../../src/rng.js';
import { comparePoints, fitClusters, nearest, type Point } from './clusters.js';
import { borderColour, centreColour } from './colours.js';
import { diversity } from './diversity.js';
import { countValues, floorOf, totalVariation } from './total-variation.js';

export interface Picture {
  /** z_0, flat. */
  latent: Float32Array;
  picture: Raster;
  good: boolean;
  /** Trait -> index of its value, of traits that somebody names; the same traits for all pictures. */
  named?: Readonly<Record<string, number>> | undefined;
}

export interface Side {
  count: number;
  good: number;
  success: number;
  /** Mean distance of two pictures, as diversity.ts has it. */
  diversity: number;
  /** The same of good pictures; null of fewer than two. */
  goodDiversity: number | null;
}

export interface Shift {
  /** Total variation between base goods and tuned goods. */
  tv: number;
  /** What two samples of base goods of these sizes differ by on average. */
  floor: number;
}

export interface Comparison {
  base: Side;
  tuned: Side;
  /**
   * Diversity of tuned goods / of base goods; null where either has fewer than two, or the base's goods are
   * all alike.
   */
  dgood: number | null;
  /** By trait; empty where either has fewer than two goods. */
  traits: Record<string, Shift>;
}

/** Clusters of a trait that is no name but a place: colours and latents. */
const CLUSTERS = 8;

const places: Record<string, (picture: Picture) => Point> = {
  border: ({ picture }) => borderColour(picture),
  centre: ({ picture }) => centreColour(picture),
  latent: ({ latent }) => latent,
};

/**
 * `named`: how many values each named trait has. Clusters are fitted on base goods, from streams of `seed`.
 */
export function comparePictures(
  given: { base: readonly Picture[]; tuned: readonly Picture[] },
  { seed, named = {} }: { seed: number; named?: Readonly<Record<string, number>> },
): Comparison {
  // An order of their own: sums then have the same rounding however the pictures come.
  const [base, tuned] = [inOrder(given.base), inOrder(given.tuned)];
  const sides = { base: sideOf(base), tuned: sideOf(tuned) };
  const [from, to] = [sides.base.goodDiversity, sides.tuned.goodDiversity];
  if (from === null || to === null) return { ...sides, dgood: null, traits: {} };
  const goods = { base: base.filter(isGood), tuned: tuned.filter(isGood) };
  const traits: Record<string, Shift> = {};
  for (const [name, of] of Object.entries(named))
    traits[name] = shift(goods, of, (picture) => picture.named![name]!);
  for (const [name, place] of Object.entries(places)) {
    const centres = fitClusters(goods.base.map(place), CLUSTERS, new Rng(seed, 0, `clusters.${name}`));
    traits[name] = shift(goods, centres.length, (picture) => nearest(place(picture), centres));
  }
  return { ...sides, dgood: from > 0 ? to / from : null, traits };
}

function shift(
  { base, tuned }: { base: readonly Picture[]; tuned: readonly Picture[] },
  of: number,
  value: (picture: Picture) => number,
): Shift {
  const counts = countValues(base.map(value), of);
  return {
    tv: totalVariation(counts, countValues(tuned.map(value), of)),
    floor: floorOf(counts, tuned.length),
  };
}

function sideOf(pictures: readonly Picture[]): Side {
  const goods = pictures.filter(isGood);
  const varietyOf = (some: readonly Picture[]) => diversity(some.map(({ latent }) => latent));
  return {
    count: pictures.length,
    good: goods.length,
    success: pictures.length > 0 ? goods.length / pictures.length : 0,
    diversity: varietyOf(pictures),
    goodDiversity: goods.length < 2 ? null : varietyOf(goods),
  };
}

const isGood = ({ good }: Picture): boolean => good;
const inOrder = (pictures: readonly Picture[]): Picture[] =>
  [...pictures].sort((a, b) => comparePoints(a.latent, b.latent));
