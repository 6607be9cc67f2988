/**
 * What a session itself tells of variety, drawing nothing for it: how different the pictures of a round that
 * people liked are from each other, beside those that they liked of what the base model drew. Few pictures: a
 * figure for people, where comparePictures gives one for tables.
 */
import type { ReplayItem } from '../io/remembered.js';
import { diversity } from './diversity.js';

type Liked = Pick<ReplayItem, 'latent' | 'round' | 'origin'>;

export interface Variety {
  /** Diversity of the round's liked pictures / of the base model's. */
  kept: number;
  /** How many pictures that was taken from. */
  base: number;
  tuned: number;
}

/** Fewer on either side tell nothing: with four there are six pairs. */
const LEAST = 4;

/** `liked`: of all rounds. Null where there are too few. */
export function sessionVariety(liked: readonly Liked[], round: number): Variety | null {
  const base = liked.filter(({ origin }) => origin === 'base');
  const tuned = liked.filter((one) => one.round === round && one.origin === 'tuned');
  if (base.length < LEAST || tuned.length < LEAST) return null;
  const varietyOf = (some: readonly Liked[]) => diversity(some.map(({ latent }) => latent));
  const from = varietyOf(base);
  return from > 0 ? { kept: varietyOf(tuned) / from, base: base.length, tuned: tuned.length } : null;
}
