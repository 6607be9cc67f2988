/**
 * How different images are: mean pairwise Euclidean distance of final latents / sqrt(2 x elements); N(0, I)
 * has 1.
 */
export function diversity(latents: readonly Float32Array[]): number {
  const n = latents.length;
  if (n < 2) return 0;
  let sum = 0;
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [latents[i]!, latents[j]!];
      let squares = 0;
      for (let k = 0; k < a.length; k++) squares += (a[k] - b[k]) ** 2;
      sum += Math.sqrt(squares);
    }
  return sum / ((n * (n - 1)) / 2) / Math.sqrt(2 * latents[0]!.length);
}
