/**
 * Which pictures stand beside each other in duels. Each is in three pairs (of an odd number one is in four),
 * and the pairs hang together, or strengths of one part would say nothing of the other. Where nothing is
 * known of the pictures pairs are drawn by lot: a ring through all of them, and each with one of the far
 * side. Where the vote model has an opinion those stand together of which it thinks alike, since there it
 * cannot tell which is better; the pairs that it is least sure of come first, so that few answers tell most.
 */

/** A picture and P(good) as the vote model has it; null where it has no opinion. */
export interface Paired {
  index: number;
  chance: number | null;
}

export type Pair = [left: number, right: number];

/**
 * In the order in which they are asked; of one picture alone there is no pair. The same seed gives the same
 * pairs.
 */
export function pairsOf(pictures: readonly Paired[], seed: number): Pair[] {
  if (pictures.length < 2) return [];
  const lot = lots(seed);
  const known = pictures.filter(({ chance }) => chance !== null).length === pictures.length;
  const pairs = known ? byChance(pictures) : byLot(pictures, lot);
  return pairs.map(([a, b]) => (lot() < 0.5 ? [a, b] : [b, a]));
}

/** Every picture once, then every one again: whoever stops early has seen most of them. */
function byLot(pictures: readonly Paired[], lot: () => number): Pair[] {
  const ring = shuffled(
    pictures.map(({ index }) => index),
    lot,
  );
  const n = ring.length;
  const at = (i: number) => ring[i % n]!;
  const beside = (first: number): Pair[] =>
    Array.from({ length: Math.ceil((n - first) / 2) }, (_, i) => [at(first + 2 * i), at(first + 2 * i + 1)]);
  const half = Math.floor(n / 2);
  const across = Array.from({ length: Math.ceil(n / 2) }, (_, i): Pair => [at(i), at(i + half)]);
  return distinct([...beside(0), ...shuffled(beside(1), lot), ...shuffled(across, lot)]);
}

/** Neighbours in the order of P(good), and every picture with one that is two places off. */
function byChance(pictures: readonly Paired[]): Pair[] {
  const order = [...pictures].sort((a, b) => a.chance! - b.chance! || a.index - b.index);
  const pairs: [Paired, Paired][] = [];
  for (let i = 0; i + 1 < order.length; i++) pairs.push([order[i]!, order[i + 1]!]);
  for (let i = 0; i < order.length; i++)
    if (i % 4 < 2 && i + 2 < order.length) pairs.push([order[i]!, order[i + 2]!]);
  const sure = ([a, b]: [Paired, Paired]) => certainty(a.chance!) + certainty(b.chance!);
  pairs.sort((a, b) => sure(a) - sure(b) || a[0].index - b[0].index);
  return apart(distinct(pairs.map(([a, b]) => [a.index, b.index])));
}

const certainty = (chance: number): number => Math.abs(chance - 0.5);

/** As they are, but that a picture seldom stands in two pairs running: eyes would stay with it. */
function apart(pairs: readonly Pair[]): Pair[] {
  const rest = [...pairs];
  const order: Pair[] = [];
  while (rest.length > 0) {
    const before: readonly number[] = order.at(-1) ?? [];
    const next = rest.slice(0, NEAR).findIndex((pair) => !pair.some((index) => before.includes(index)));
    order.push(...rest.splice(Math.max(0, next), 1));
  }
  return order;
}
/** Pairs that may go before one that is less sure. */
const NEAR = 6;

function distinct(pairs: readonly Pair[]): Pair[] {
  const seen = new Set<string>();
  return pairs.filter(([a, b]) => {
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    if (a === b || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function shuffled<T>(items: readonly T[], lot: () => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(lot() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

/** Numbers from 0 up to 1 that a seed gives: mulberry32. */
function lots(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
