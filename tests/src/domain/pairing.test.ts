/** Pairs of pictures: how many, that they hang together, and which of them when something is known. */
import { describe, expect, it } from 'vitest';
import { type Pair, pairsOf } from '../../../src/domain/voting/pairing.js';

const unknown = (count: number) => Array.from({ length: count }, (_, index) => ({ index, chance: null }));
/** P(good) that grows with the index by other steps each. */
const known = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ index, chance: (index / count) ** 2 }));

/** Pictures that can be reached from the first by pairs. */
function reached(pairs: readonly Pair[]): number {
  const found = new Set([pairs[0]![0]]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const pair of pairs)
      if (pair.some((index) => found.has(index))) pair.map((index) => found.add(index));
  }
  return found.size;
}
const places = (pairs: readonly Pair[], index: number) => pairs.filter((pair) => pair.includes(index)).length;

describe('pairs', () => {
  it.each([2, 3, 4, 5, 9, 17, 18, 64, 256])('of %i pictures hang together, none twice, each in few', (n) => {
    for (const pictures of [unknown(n), known(n)]) {
      const pairs = pairsOf(pictures, 5);
      expect(reached(pairs)).toBe(n);
      expect(new Set(pairs.map((pair) => [...pair].sort().join())).size).toBe(pairs.length);
      expect(pairs.every(([a, b]) => a !== b)).toBe(true);
      expect(pairs.length).toBeLessThanOrEqual(Math.ceil(1.5 * n));
      for (const { index } of pictures) {
        expect(places(pairs, index)).toBeGreaterThanOrEqual(Math.min(n - 1, 1));
        expect(places(pairs, index)).toBeLessThanOrEqual(4);
      }
    }
  });

  it('of 18 are 27 by lot, three a picture, and after nine everybody was seen', () => {
    const pairs = pairsOf(unknown(18), 5);
    expect(pairs.length).toBe(27);
    for (let index = 0; index < 18; index++) expect(places(pairs, index)).toBe(3);
    expect(new Set(pairs.slice(0, 9).flat()).size).toBe(18);
  });

  it('are the same of the same seed and others of another; left and right are by lot', () => {
    expect(pairsOf(unknown(18), 5)).toEqual(pairsOf(unknown(18), 5));
    expect(pairsOf(unknown(18), 6)).not.toEqual(pairsOf(unknown(18), 5));
    const firsts = pairsOf(known(64), 5).filter(([a, b]) => a < b).length;
    expect(firsts).toBeGreaterThan(20);
    expect(firsts).toBeLessThan(76);
  });

  it('of pictures that are known stand close in P(good), the least sure first', () => {
    const pictures = known(40);
    const rank = (index: number) => index;
    const pairs = pairsOf(pictures, 5);
    for (const [a, b] of pairs) expect(Math.abs(rank(a) - rank(b))).toBeLessThanOrEqual(2);
    const doubt = (all: readonly Pair[]) =>
      all.flat().reduce((sum, i) => sum + Math.abs(pictures[i]!.chance - 0.5), 0) / all.length;
    const third = Math.floor(pairs.length / 3);
    expect(doubt(pairs.slice(0, third))).toBeLessThan(doubt(pairs.slice(-third)) / 2);
  });

  it('of one picture, or of none, are none', () => {
    expect([pairsOf(unknown(1), 5), pairsOf([], 5)]).toEqual([[], []]);
  });
});
