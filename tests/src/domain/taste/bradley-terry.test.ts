/**
 * Strengths against a fit that shares nothing with theirs: Newton's method over all pictures at once, with
 * slopes by differences of the log-likelihood as it is written down.
 */
import { describe, expect, it } from 'vitest';
import { type Comparison, strengths } from '../../../../src/domain/voting/taste/bradley-terry.js';
import { Rng } from '../../../../src/rng.js';

const left = (a: number, b: number): Comparison => ({ better: [a], worse: [b] });
const both = (a: number, b: number): Comparison => ({ better: [a, b], worse: [] });
const neither = (a: number, b: number): Comparison => ({ better: [], worse: [a, b] });

/** log P of all that was said, with half a win and half a loss of each against one of strength 0. */
function logLikelihood(
  s: readonly number[],
  said: readonly Comparison[],
  weights: readonly number[],
): number {
  const logSigma = (x: number) => -Math.log1p(Math.exp(-x));
  const sum = (of: readonly number[]) => of.reduce((all, i) => all + s[i]!, 0);
  return (
    said.reduce((all, one, i) => all + weights[i]! * logSigma(sum(one.better) - sum(one.worse)), 0) +
    s.reduce((all, x) => all + (logSigma(x) + logSigma(-x)) / 2, 0)
  );
}

/** Steepest ascent with halving steps, till nothing is gained. */
function climbed(n: number, said: readonly Comparison[], weights: readonly number[]): number[] {
  const of = (s: readonly number[]) => logLikelihood(s, said, weights);
  let s: number[] = Array(n).fill(0);
  for (let turn = 0; turn < 4000; turn++) {
    const slope = s.map((_, i) => {
      const moved = (d: number) => of(s.map((x, j) => (j === i ? x + d : x)));
      return (moved(1e-4) - moved(-1e-4)) / 2e-4;
    });
    let step = 1;
    const next = () => s.map((x, i) => x + step * slope[i]!);
    while (step > 1e-9 && of(next()) <= of(s)) step /= 2;
    if (step <= 1e-9) break;
    s = next();
  }
  return s;
}

describe('strengths', () => {
  it('of one duel are where the slope is nothing: sigma(-2s) = tanh(s / 2) / 2', () => {
    const s = strengths([left(3, 5)]);
    expect(s.get(3)).toBeCloseTo(-s.get(5)!, 6);
    expect(1 / (1 + Math.exp(2 * s.get(3)!))).toBeCloseTo(Math.tanh(s.get(3)! / 2) / 2, 6);
    expect(s.get(3)).toBeGreaterThan(0.5);
  });

  it('are the likeliest, of wins, ties of both kinds, single words and weights', () => {
    const rng = new Rng(7, 0, 'duels');
    const kinds = [left, left, both, neither, (a: number): Comparison => ({ better: [], worse: [a] })];
    const said = Array.from({ length: 14 }, () => {
      const a = rng.integer(5);
      return kinds[rng.integer(kinds.length)]!(a, (a + 1 + rng.integer(4)) % 5);
    });
    const weights = said.map(() => rng.uniform() * 2);
    const found = strengths(said, weights);
    const expected = climbed(5, said, weights);
    for (const [index, s] of found) expect(s).toBeCloseTo(expected[index]!, 3);
    expect(found.size).toBe(5);
  });

  it('follow the order of a chain, and both and neither say where good begins', () => {
    const chain = [left(0, 1), left(1, 2), left(2, 3)];
    const relative = [...strengths(chain).values()];
    expect(relative).toEqual([...relative].sort((a, b) => b - a));
    expect(relative[0]! + relative[3]!).toBeCloseTo(0, 5);
    const liked = strengths([...chain, both(2, 3), both(2, 3)]);
    expect(Math.min(...liked.values())).toBeGreaterThan(0);
    const disliked = strengths([...chain, neither(0, 1), neither(0, 1)]);
    expect(Math.max(...disliked.values())).toBeLessThan(0);
  });
});
