/**
 * How far apart two sets of pictures are in a trait that takes one of a few values: total variation, half the
 * sum of
 * |p - q| over the values, 0 to 1. Two finite samples of one and the same distribution differ too: the floor
 * says by how much on average, and a total variation means something only above it.
 */

/** How often each value was seen. */
export type Counts = readonly number[];

/** `values` are whole numbers from 0 up to, not with, `of`. */
export function countValues(values: readonly number[], of: number): number[] {
  const counts = new Array<number>(of).fill(0);
  for (const value of values) counts[value]! += 1;
  return counts;
}

export function totalVariation(a: Counts, b: Counts): number {
  const [n, m] = [total(a), total(b)];
  return a.reduce((sum, x, i) => sum + Math.abs(x / n - b[i]! / m), 0) / 2;
}

/**
 * The mean total variation of two samples, one of as many pictures as `base` counts and one of `size`, when
 * both are drawn from `base` (with replacement: it may hold fewer than the two together). What resampling
 * tends to with more and more draws, without drawing: each value's count is binomial, and E|X/n - Y/m| is a
 * finite sum.
 */
export function floorOf(base: Counts, size: number): number {
  const n = total(base);
  return base.reduce((sum, x) => sum + meanGap(n, size, x / n), 0) / 2;
}

/**
 * E|X/n - Y/m| for independent X of Binomial(n, p), Y of Binomial(m, p): the integral of F(1 - G) + G(1 - F).
 */
function meanGap(n: number, m: number, p: number): number {
  if (p <= 0 || p >= 1) return 0;
  const [x, y] = [binomial(n, p), binomial(m, p)];
  let [sum, from, i, j, f, g] = [0, 0, 0, 0, 0, 0];
  while (i <= n || j <= m) {
    // The next place at which either of the two can be: fractions are compared by their cross product,
    // exactly.
    const first = i <= n && (j > m || i * m <= j * n);
    const second = j <= m && (i > n || j * n <= i * m);
    const to = first ? i / n : j / m;
    sum += (to - from) * (f * (1 - g) + g * (1 - f));
    if (first) f += x[i++]!;
    if (second) g += y[j++]!;
    from = to;
  }
  return sum;
}

/** Probabilities of 0 to n; in logarithms, since (1 - p)^n may be too small for a number. */
function binomial(n: number, p: number): number[] {
  let log = n * Math.log1p(-p);
  return Array.from({ length: n + 1 }, (_, k) => {
    if (k > 0) log += Math.log(((n - k + 1) / k) * (p / (1 - p)));
    return Math.exp(log);
  });
}

const total = (counts: Counts): number => counts.reduce((sum, x) => sum + x, 0);
