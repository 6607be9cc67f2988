/**
 * Philox against the published known answers (Random123 1.14, kat_vectors), and the distributions built on
 * it.
 */
import { describe, expect, it } from 'vitest';
import { philox4x32, Rng, type Words4 } from '../../src/rng.js';

const KNOWN: { counter: Words4; key: [number, number]; out: Words4 }[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    out: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    out: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    out: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

describe('philox4x32', () => {
  it.each(KNOWN)('gives the published answer for counter $counter', ({ counter, key, out }) => {
    expect(philox4x32(counter, key)).toEqual(out);
  });
});

describe('Rng', () => {
  it('repeats a stream and keeps streams apart', () => {
    const draw = (seed: number, round: number, purpose: string) => [
      ...new Rng(seed, round, purpose).normals(8),
    ];
    expect(draw(1, 2, 'noise')).toEqual(draw(1, 2, 'noise'));
    const streams = [draw(1, 2, 'noise'), draw(2, 2, 'noise'), draw(1, 3, 'noise'), draw(1, 2, 'steps')];
    streams.push(draw(1 + 2 ** 32, 2, 'noise'));
    expect(new Set(streams.map((s) => s.join())).size).toBe(streams.length);
  });

  it('draws standard normals: moments up to the fourth within five standard errors', () => {
    const n = 100_000;
    const x = new Rng(3, 0, 'moments').normals(n);
    const moment = (k: number) => x.reduce((sum, v) => sum + v ** k, 0) / n;
    // Var of x^k is E x^2k - (E x^k)^2 = 1, 2, 15, 96.
    for (const [k, mean, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ] as const)
      expect(Math.abs(moment(k) - mean)).toBeLessThan(5 * Math.sqrt(variance / n));
  });

  it('draws whole numbers evenly (chi-square, 6 degrees of freedom, p = 1e-6)', () => {
    const rng = new Rng(4, 0, 'dice');
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[rng.integer(7)]!++;
    const chi = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(38.3);
  });

  it('weighs choices and never takes a zero weight', () => {
    const rng = new Rng(5, 0, 'weights');
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[rng.weighted([1, 0, 2])]!++;
    expect(counts[1]).toBe(0);
    expect(counts[2]! / 30_000).toBeCloseTo(2 / 3, 2);
  });

  it('shuffles into a permutation, every place equally likely', () => {
    const rng = new Rng(6, 0, 'shuffle');
    const first = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const out = rng.shuffle([0, 1, 2, 3]);
      expect([...out].sort()).toEqual([0, 1, 2, 3]);
      first[out[0]!]!++;
    }
    for (const count of first) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(8000 * 0.25 * 0.75));
  });
});
