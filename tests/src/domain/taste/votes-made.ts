/**
 * Votes for tests: written as a table, one row a voter, one column an image: + up, - down, o unmarked, space
 * unseen.
 */
import type { WeightedVote } from '../../../support/taste-reference/ballot-box.js';

export function table(rows: Record<string, string>, round = 'r'): WeightedVote[] {
  return Object.entries(rows).flatMap(([voter, row]) =>
    [...row].flatMap((mark, index): WeightedVote[] => {
      if (mark === ' ') return [];
      const weight = mark === 'o' ? 0.5 : 1;
      const image = `${round}.${index}`;
      return [{ voter, image, index, up: mark === '+', weight, w: weight, star: false, at: null }];
    }),
  );
}

/** A small generator of our own, so that trials repeat. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
