/** Symmetric positive definite matrices, row-major in Float64Arrays: small ones, a row a vote. */

/** A^-1 of A [n,n], by A = L L^T. */
export function inverse(a: Float64Array, n: number): Float64Array {
  const l = cholesky(a, n);
  // M = L^-1, row by row: L M = I.
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    m[row + i] = 1;
    for (let k = 0; k < i; k++) {
      const f = l[row + k]!;
      if (f === 0) continue;
      for (let j = 0; j <= k; j++) m[row + j]! -= f * m[k * n + j]!;
    }
    const d = l[row + i]!;
    for (let j = 0; j <= i; j++) m[row + j]! /= d;
  }
  // A^-1 = M^T M.
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i <= k; i++) {
      const f = m[k * n + i]!;
      for (let j = 0; j <= i; j++) out[i * n + j]! += f * m[k * n + j]!;
    }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j]!;
  return out;
}

/** x with A x = b. */
export function solve(a: Float64Array, b: ArrayLike<number>, n: number): Float64Array {
  const l = cholesky(a, n);
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= l[i * n + k]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k * n + i]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}

/** L, lower, with A = L L^T. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i !== j) l[i * n + j] = sum / l[j * n + j]!;
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else throw new Error('the matrix is not positive definite');
    }
  return l;
}
