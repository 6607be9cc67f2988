/**
 * What the guards work on: votes of several rounds as columns, because a thousand voters cast tens of
 * thousands. Voters are numbered by key, images as they first appear; row i is one vote. The weight `w` is
 * all that guards change.
 */
import type { Steps } from '../../state/steps.js';
import type { Vote } from '../vote.js';

export interface Votes {
  length: number;
  /** Number -> key. */
  voters: string[];
  /** Number -> `<round>.<index>`. */
  images: string[];
  voter: Int32Array;
  image: Int32Array;
  up: Uint8Array;
  star: Uint8Array;
  /** Epoch ms; NaN where nobody knows. */
  at: Float64Array;
  /** Weight as it was cast: less than 1 for what was merely left unmarked. */
  cast: Float64Array;
  /** Weight after the guards so far. */
  w: Float64Array;
}

const slice = 2000;

/** Votes as columns, in the order of the lists; `voter` and `image` are numbers from 0. */
export function* columns(lists: readonly (readonly Vote[])[]): Steps<Votes> {
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const voters = new Map<string, number>();
  const images = new Map<string, number>();
  const votes: Votes = {
    length,
    voters: [],
    images: [],
    voter: new Int32Array(length),
    image: new Int32Array(length),
    up: new Uint8Array(length),
    star: new Uint8Array(length),
    at: new Float64Array(length),
    cast: new Float64Array(length),
    w: new Float64Array(length),
  };
  let i = 0;
  for (const list of lists) {
    for (const { voter, image, up, weight, star, at } of list) {
      votes.voter[i] = numberOf(voters, voter);
      votes.image[i] = numberOf(images, image);
      votes.up[i] = up ? 1 : 0;
      votes.star[i] = star ? 1 : 0;
      votes.at[i] = at ?? Number.NaN;
      votes.cast[i] = weight;
      votes.w[i] = weight;
      i += 1;
      if (i % slice === 0) yield;
    }
  }
  votes.voters = [...voters.keys()].sort();
  votes.images = [...images.keys()];
  const ranks = new Int32Array(voters.size);
  for (const [rank, key] of votes.voters.entries()) ranks[voters.get(key)!] = rank;
  votes.voter = votes.voter.map((number) => ranks[number]!);
  return votes;
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}

/** The round of each image. */
export function roundsOf({ images }: Votes): string[] {
  return images.map((image) => image.slice(0, image.lastIndexOf('.')));
}

/** Rows by group, in their order: those of group g are rows[start[g]] up to rows[start[g + 1]]. */
export interface Grouped {
  start: Int32Array;
  rows: Int32Array;
}

/** `of[row]` names the row's group, from 0 to count - 1; a negative one is left out. */
export function group(of: Int32Array, count: number): Grouped {
  const start = new Int32Array(count + 1);
  for (const g of of) if (g >= 0) start[g + 1]! += 1;
  for (let g = 0; g < count; g++) start[g + 1]! += start[g]!;
  const next = start.slice(0, count);
  const rows = new Int32Array(start[count]!);
  for (let row = 0; row < of.length; row++) {
    const g = of[row]!;
    if (g >= 0) rows[next[g]!++] = row;
  }
  return { start, rows };
}
