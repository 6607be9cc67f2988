/** The small statistics that the guards need: Wilson's interval and the binomial tail. */

/** Lower bound of Wilson's score interval for `up` of `n` (weights allowed); 0 where n = 0. */
export function wilsonLower(up: number, n: number, z = 1.96): number {
  if (n <= 0) return 0;
  const p = up / n;
  const z2 = z * z;
  const centre = p + z2 / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return Math.max(0, (centre - spread) / (1 + z2 / n));
}

/** P(X >= k) for X ~ Binomial(n, p); terms are built up in logarithms, so large n do not underflow. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  let logTerm = 0;
  for (let i = 1; i <= k; i++) logTerm += Math.log((n - k + i) / i);
  logTerm += k * Math.log(p) + (n - k) * Math.log1p(-p);
  const odds = p / (1 - p);
  let term = Math.exp(logTerm);
  let sum = term;
  for (let x = k; x < n; x++) {
    term *= ((n - x) / (x + 1)) * odds;
    sum += term;
  }
  return Math.min(1, sum);
}
