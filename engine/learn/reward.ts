/**
 * From representations to rewards to advantages (HERO section 4.2; docs/papers.md).
 * Notation: E(z) a row of features, z_best the best image, G the goods, r in [0, 1], A the advantage.
 */

/** cos(a, b); 0 when either has no length (features after a ReLU may be all zero). */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  const length = Math.sqrt(aa) * Math.sqrt(bb);
  return length > 0 ? dot / length : 0;
}

/** r_i = (cos(E(z_i), E(z_best)) + 1) / 2. */
export function bestReward(features: readonly Float32Array[], best: Float32Array): number[] {
  return features.map((f) => (cosine(f, best) + 1) / 2);
}

/** Variant: r_i = (mean over goods of cos(E(z_i), E(z_g)) + 1) / 2. */
export function goodsReward(features: readonly Float32Array[], goods: readonly Float32Array[]): number[] {
  return features.map((f) => (goods.reduce((sum, g) => sum + cosine(f, g), 0) / goods.length + 1) / 2);
}

/** A = clamp((r - mean) / (std + 1e-8), +-clamp), mean and population std over the round. */
export function advantages(rewards: readonly number[], clamp = 5): number[] {
  const mean = rewards.reduce((sum, r) => sum + r, 0) / rewards.length;
  const variance = rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rewards.length;
  const scale = Math.sqrt(variance) + 1e-8;
  return rewards.map((r) => Math.min(clamp, Math.max(-clamp, (r - mean) / scale)));
}

/** Index of the row nearest (by cosine) to the mean of all rows: the best when nobody named one. */
export function nearestToMean(rows: readonly Float32Array[]): number {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i] += row[i] / rows.length;
  const likeness = rows.map((row) => cosine(row, mean));
  return likeness.indexOf(Math.max(...likeness));
}
