/**
 * Timing clusters: accounts that keep voting alike within the same minute are one hand. For each pair: n =
 * marks in the same direction on the same thing, k = those within `clusterSeconds`, p0 = median pair rate +
 * .01; linked when k >= clusterPairs, k/n > 2 p0 and binomial tail x pairs < clusterP. Votes without a time
 * take no part, and (but in sessions from before there was doubt) none that many share who came at other
 * times: people who come at once and agree with the rest are people whom somebody told that there is a round.
 */
import type { Guards } from '../../state/rules.js';
import type { Steps } from '../../state/steps.js';
import { type Grouped, group, roundsOf, type Votes } from './ballot-box.js';
import { binomialTail } from './statistics.js';

/** Voter -> its cluster's name (the least key in it). Voters of no cluster are not listed. */
export function* timingClusters(votes: Votes, guards: Guards): Steps<Map<string, string>> {
  const counter = new PairCounter(votes, guards.clusterSeconds * 1000, guards.doubt !== undefined);
  const { pairs, median } = yield* counter.rates();
  const p0 = Math.min(1, median + 0.01);
  const parent = new Map<string, string>();
  // A rate is at most 1: where everybody votes in the same minute nobody stands out.
  if (2 * p0 >= 1) return parent;
  const find = (voter: string): string => {
    const up = parent.get(voter);
    return up === undefined || up === voter ? voter : find(up);
  };
  const unlikely = rememberPairs((n, k) => binomialTail(k, n, p0) * pairs < guards.clusterP);
  yield* counter.walk((one, other, n, k) => {
    if (k < guards.clusterPairs || k / n <= 2 * p0 || !unlikely(n, k)) return;
    const [a, b] = [votes.voters[one]!, votes.voters[other]!];
    const [x, y] = [find(a), find(b)].sort() as [string, string];
    parent.set(a, find(a)).set(b, find(b));
    parent.set(y, x);
    parent.set(x, x);
  });
  return new Map([...parent.keys()].map((voter) => [voter, find(voter)]));
}

/** A cluster is one vote per image and direction: its members share the weight of one. */
export function shareWithinClusters(votes: Votes, clusters: ReadonlyMap<string, string>): Votes {
  if (clusters.size === 0) return votes;
  const numbers = new Map([...new Set(clusters.values())].map((name, c) => [name, c]));
  const clusterOf = votes.voters.map((voter) => numbers.get(clusters.get(voter) ?? '') ?? -1);
  const { length, images, voter, image, up, w } = votes;
  const sizes = new Map<number, number>();
  const key = (v: number): number => (clusterOf[voter[v]!]! * images.length + image[v]!) * 2 + up[v]!;
  for (let v = 0; v < length; v++)
    if (clusterOf[voter[v]!]! >= 0) sizes.set(key(v), (sizes.get(key(v)) ?? 0) + 1);
  const shared = w.map((weight, v) => (clusterOf[voter[v]!]! < 0 ? weight : weight / sizes.get(key(v))!));
  return { ...votes, w: shared };
}

/** More marks than two voters have in common: n and k make one number. */
const most = 16_384;

type TakePair = (one: number, other: number, n: number, k: number) => void;

/**
 * All pairs of voters with a mark in common. A thousand voters make half a million pairs: they are counted
 * one voter's row at a time, and again when they are needed again, so that no more than a row is ever held.
 */
class PairCounter {
  /** Rows by (image, direction), voters ascending; and by voter. */
  private readonly alike: Grouped;
  private readonly cast: Grouped;
  private readonly thing: Int32Array;
  /** Voter and time of each of the alike, side by side as they are gone through. */
  private readonly voter: Int32Array;
  private readonly at: Float64Array;

  constructor(
    private readonly votes: Votes,
    private readonly within: number,
    private readonly oddAlone: boolean,
  ) {
    const { length, images, voters, voter, image, up } = votes;
    const taken = oneMarkOnce(votes);
    if (oddAlone) leaveUsual(votes, within, taken);
    this.thing = new Int32Array(length).fill(-1);
    const caster = new Int32Array(length).fill(-1);
    for (let v = 0; v < length; v++) {
      if (!taken[v]) continue;
      this.thing[v] = image[v]! * 2 + up[v]!;
      caster[v] = voter[v]!;
    }
    this.cast = group(caster, voters.length);
    this.alike = group(this.thing, images.length * 2);
    const { start, rows } = this.alike;
    for (let g = 0; g + 1 < start.length; g++) {
      const those = rows.subarray(start[g]!, start[g + 1]!);
      const ordered = those.every((row, r) => r === 0 || voter[those[r - 1]!]! <= voter[row]!);
      if (!ordered) those.sort((a, b) => voter[a]! - voter[b]!);
    }
    this.voter = rows.map((row) => voter[row]!);
    this.at = Float64Array.from(rows, (row) => votes.at[row]!);
  }

  /**
   * How many pairs there are, and the median of their k/n: of all, also of those that have nothing odd in
   * common.
   */
  *rates(): Steps<{ pairs: number; median: number }> {
    let pairs = 0;
    const { length: voters } = this.votes.voters;
    const counts = new Map<number, number>();
    yield* this.walk((_one, _other, n, k) => {
      pairs += 1;
      const key = n * most + k;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
    const all = (voters * (voters - 1)) / 2;
    if (this.oddAlone && all > pairs) {
      counts.set(most, (counts.get(most) ?? 0) + all - pairs);
      pairs = all;
    }
    const rates = [...counts].map(([key, count]) => [(key % most) / Math.floor(key / most), count] as const);
    const sorted = rates.sort(([a], [b]) => a - b);
    const ranked = (rank: number): number => {
      let seen = 0;
      for (const [rate, count] of sorted) {
        seen += count;
        if (seen > rank) return rate;
      }
      return 0;
    };
    return { pairs, median: (ranked((pairs - 1) >> 1) + ranked(pairs >> 1)) / 2 };
  }

  *walk(take: TakePair): Steps<void> {
    const count = this.votes.voters.length;
    const n = new Int32Array(count);
    const k = new Int32Array(count);
    const touched = new Int32Array(count);
    /** Of each group: where the voters begin that come after this one. */
    const next = this.alike.start.slice();
    for (let one = 0; one < count; one++) {
      const others = this.row(one, next, n, k, touched);
      for (let i = 0; i < others; i++) {
        const other = touched[i]!;
        take(one, other, n[other]!, k[other]!);
        n[other] = 0;
        k[other] = 0;
      }
      if (one % 8 === 0) yield;
    }
  }

  /** Counts n and k of the voter with each later one; how many these are, by number in `touched`. */
  private row(one: number, next: Int32Array, n: Int32Array, k: Int32Array, touched: Int32Array): number {
    const { cast, alike, thing, voter, at, within } = this;
    let others = 0;
    for (let c = cast.start[one]!; c < cast.start[one + 1]!; c++) {
      const mine = cast.rows[c]!;
      const g = thing[mine]!;
      const end = alike.start[g + 1]!;
      const time = this.votes.at[mine]!;
      let from = next[g]!;
      while (from < end && voter[from]! <= one) from += 1;
      next[g] = from;
      for (let r = from; r < end; r++) {
        const other = voter[r]!;
        if (n[other] === 0) touched[others++] = other;
        n[other]! += 1;
        if (Math.abs(time - at[r]!) <= within) k[other]! += 1;
      }
    }
    return others;
  }
}

/**
 * Takes out what at least half as many say as say the opposite, of those who voted on the picture at other
 * times.
 */
function leaveUsual({ length, images, image, up, at }: Votes, within: number, taken: Uint8Array): void {
  const count = new Int32Array(images.length * 2);
  const times: number[][] = Array.from(count, () => []);
  for (let v = 0; v < length; v++) {
    const side = image[v]! * 2 + up[v]!;
    count[side]! += 1;
    if (!Number.isNaN(at[v])) times[side]!.push(at[v]!);
  }
  for (const side of times) side.sort((a, b) => a - b);
  const elsewhen = (side: number, time: number): number =>
    count[side]! - (below(times[side]!, time + within, true) - below(times[side]!, time - within, false));
  for (let v = 0; v < length; v++) {
    if (!taken[v]) continue;
    const side = image[v]! * 2 + up[v]!;
    if (2 * elsewhen(side, at[v]!) > elsewhen(side ^ 1, at[v]!)) taken[v] = 0;
  }
}

/** How many of the ascending numbers are below x, or (`upTo`) no more than x. */
function below(numbers: readonly number[], x: number, upTo: boolean): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numbers[middle]! < x || (upTo && numbers[middle] === x)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Votes with a time; "none of these" is one mark though it speaks of nine cells: only its first cell is
 * compared.
 */
function oneMarkOnce(votes: Votes): Uint8Array {
  const { length, voter, image, up, at } = votes;
  const rounds = roundsOf(votes);
  const number = new Map([...new Set(rounds)].map((round, r) => [round, r]));
  const roundOf = rounds.map((round) => number.get(round)!);
  const taken = new Uint8Array(length);
  const seen = new Map<number, Set<number>>();
  for (let v = 0; v < length; v++) {
    if (Number.isNaN(at[v])) continue;
    if (!up[v]) {
      const key = voter[v]! * number.size + roundOf[image[v]!]!;
      const times = seen.get(key) ?? new Set<number>();
      if (times.has(at[v]!)) continue;
      seen.set(key, times.add(at[v]!));
    }
    taken[v] = 1;
  }
  return taken;
}

function rememberPairs(ask: (n: number, k: number) => boolean): (n: number, k: number) => boolean {
  const known = new Map<number, boolean>();
  return (n, k) => {
    const key = n * most + k;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = ask(n, k);
    known.set(key, answer);
    return answer;
  };
}
