/** Against exact rational arithmetic, and against published values of Wilson's interval. */
import { describe, expect, it } from 'vitest';
import { binomialTail, wilsonLower } from '../../../../src/domain/voting/taste/statistics.js';

/** P(X >= k) for p = a / b, exact: integers until the last division. */
function exactTail(k: number, n: number, a: bigint, b: bigint): number {
  let sum = 0n;
  for (let x = k; x <= n; x++) sum += choose(n, x) * a ** BigInt(x) * (b - a) ** BigInt(n - x);
  const scale = 10n ** 40n;
  return Number((sum * scale) / b ** BigInt(n)) / 1e40;
}

function choose(n: number, k: number): bigint {
  let c = 1n;
  for (let i = 0; i < k; i++) c = (c * BigInt(n - i)) / BigInt(i + 1);
  return c;
}

describe('binomialTail', () => {
  it.each([
    [0, 5, 1n, 3n],
    [4, 4, 1n, 50n],
    [4, 10, 1n, 10n],
    [7, 30, 3n, 100n],
    [60, 100, 1n, 2n],
    [40, 400, 1n, 100n],
  ])('P(X >= %i of %i, %i/%i)', (k, n, a, b) => {
    const exact = exactTail(k, n, a, b);
    expect(Math.abs(binomialTail(k, n, Number(a) / Number(b)) - exact)).toBeLessThanOrEqual(
      1e-10 * exact + 1e-300,
    );
  });

  it('knows the ends', () => {
    expect(binomialTail(3, 2, 0.5)).toBe(0);
    expect(binomialTail(2, 3, 1)).toBe(1);
    expect(binomialTail(1, 3, 0)).toBe(0);
  });
});

describe('wilsonLower', () => {
  // 95 % intervals: 8/10 (.4902, .9433), 10/20 (.2993, .7007), 0/10 (0, .2775), 1/1 (.2065, 1).
  it.each([
    [8, 10, 0.4902],
    [10, 20, 0.2993],
    [0, 10, 0],
    [1, 1, 0.2065],
    [0, 0, 0],
  ])('%i of %i', (up, n, bound) => expect(wilsonLower(up, n)).toBeCloseTo(bound, 4));
});
