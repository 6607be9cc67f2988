/**
 * Reference, plain and slow. Timing clusters: accounts that keep voting alike within the same minute are one
 * hand. For each pair: n = marks in the same direction on the same thing, k = those within `clusterSeconds`,
 * p0 = median pair rate + .01; linked when k >= clusterPairs, k/n > 2 p0 and binomial tail x pairs <
 * clusterP. Votes without a time take no part.
 */
import type { Guards } from '../../../src/domain/state/rules.js';
import { binomialTail } from '../../../src/domain/voting/taste/statistics.js';
import type { WeightedVote } from './ballot-box.js';
import { groupBy } from './ballot-box.js';

/** Voter -> its cluster's name (the least key in it). Voters of no cluster are not listed. */
export function timingClusters(votes: readonly WeightedVote[], guards: Guards): Map<string, string> {
  const within = guards.clusterSeconds * 1000;
  const pairs = countPairs(votes, within, guards.doubt === undefined ? () => true : odd(votes, within));
  const voters = new Set(votes.map(({ voter }) => voter)).size;
  const all = guards.doubt === undefined ? pairs.size : (voters * (voters - 1)) / 2;
  const idle = Array<number>(all - pairs.size).fill(0);
  const p0 = Math.min(1, median([...idle, ...[...pairs.values()].map(({ n, k }) => k / n)]) + 0.01);
  const parent = new Map<string, string>();
  const find = (voter: string): string => {
    const up = parent.get(voter);
    return up === undefined || up === voter ? voter : find(up);
  };
  for (const { a, b, n, k } of pairs.values()) {
    if (k < guards.clusterPairs || k / n <= 2 * p0) continue;
    if (binomialTail(k, n, p0) * all >= guards.clusterP) continue;
    const [x, y] = [find(a), find(b)].sort() as [string, string];
    parent.set(a, find(a)).set(b, find(b));
    parent.set(y, x);
    parent.set(x, x);
  }
  return new Map([...parent.keys()].map((voter) => [voter, find(voter)]));
}

/** A cluster is one vote per image and direction: its members share the weight of one. */
export function shareWithinClusters(
  votes: readonly WeightedVote[],
  clusters: ReadonlyMap<string, string>,
): WeightedVote[] {
  if (clusters.size === 0) return [...votes];
  const name = (vote: WeightedVote): string => `${clusters.get(vote.voter)} ${vote.image} ${vote.up}`;
  const sizes = groupBy(
    votes.filter((vote) => clusters.has(vote.voter)),
    name,
  );
  return votes.map((vote) =>
    clusters.has(vote.voter) ? { ...vote, w: vote.w / (sizes.get(name(vote))?.length ?? 1) } : vote,
  );
}

interface Pair {
  a: string;
  b: string;
  n: number;
  k: number;
}

/**
 * All pairs with a mark in common. Voters are numbered first: a thousand of them make half a million pairs.
 */
function countPairs(
  votes: readonly WeightedVote[],
  within: number,
  counts: (vote: WeightedVote) => boolean,
): Map<number, Pair> {
  const pairs = new Map<number, Pair>();
  const timed = oneMarkOnce(votes.filter((vote) => vote.at !== null)).filter(counts);
  const voters = [...new Set(timed.map((vote) => vote.voter))].sort();
  const number = new Map(voters.map((voter, i) => [voter, i]));
  for (const cast of groupBy(timed, (vote) => `${vote.image} ${vote.up}`).values()) {
    const alike = cast.map(({ voter, at }) => ({ id: number.get(voter) ?? 0, at: at ?? 0 }));
    alike.sort((x, y) => x.id - y.id);
    for (let i = 0; i < alike.length; i++) {
      const one = alike[i]!;
      for (let j = i + 1; j < alike.length; j++) {
        const other = alike[j]!;
        const key = one.id * voters.length + other.id;
        let pair = pairs.get(key);
        if (!pair) {
          pair = { a: voters[one.id]!, b: voters[other.id]!, n: 0, k: 0 };
          pairs.set(key, pair);
        }
        pair.n += 1;
        if (Math.abs(one.at - other.at) <= within) pair.k += 1;
      }
    }
  }
  return pairs;
}

/** Not what at least half as many say as say the opposite, of those who voted on the image at other times. */
function odd(votes: readonly WeightedVote[], within: number): (vote: WeightedVote) => boolean {
  const byImage = groupBy(votes, (vote) => vote.image);
  return (vote) => {
    const others = byImage
      .get(vote.image)!
      .filter(({ at }) => at === null || Math.abs(at - vote.at!) > within);
    const alike = others.filter(({ up }) => up === vote.up).length;
    return 2 * alike <= others.length - alike;
  };
}

/** "None of these" is one mark though it speaks of nine cells: only its first cell is compared. */
function oneMarkOnce(votes: readonly WeightedVote[]): WeightedVote[] {
  const seen = new Set<string>();
  return votes.filter((vote) => {
    if (vote.up) return true;
    const key = `${vote.voter} ${vote.at} ${vote.image.slice(0, vote.image.lastIndexOf('.'))}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const mid = sorted.length >> 1;
  return sorted.length % 2 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2;
}
