/**
 * Symmetric positive definite matrices, row-major in Float64Arrays: small ones, a row a vote. All work is dot
 * products of rows that lie in memory as they are read.
 */

/**
 * Sum of a[i] b[j] over `length` elements from `ai` and `bi`; four sums at a time, since one alone waits for
 * itself.
 */
export function dot(a: Float64Array, ai: number, b: Float64Array, bi: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[ai + k]! * b[bi + k]!;
    s1 += a[ai + k + 1]! * b[bi + k + 1]!;
    s2 += a[ai + k + 2]! * b[bi + k + 2]!;
    s3 += a[ai + k + 3]! * b[bi + k + 3]!;
  }
  for (; k < length; k++) s0 += a[ai + k]! * b[bi + k]!;
  return s0 + s1 + (s2 + s3);
}

/** A^-1 of A [n,n], by A = L L^T. */
export function inverse(a: Float64Array, n: number): Float64Array {
  const l = cholesky(a, n);
  // U = (L^-1)^T, row j is column j of L^-1: L L^-1 = I, from the diagonal on.
  const u = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    u[j * n + j] = 1 / l[j * n + j]!;
    for (let i = j + 1; i < n; i++) u[j * n + i] = -dot(l, i * n + j, u, j * n + j, i - j) / l[i * n + i]!;
  }
  // A^-1 = U U^T.
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      out[i * n + j] = dot(u, i * n + i, u, j * n + i, n - i);
      out[j * n + i] = out[i * n + j]!;
    }
  return out;
}

/** x with A x = b. */
export function solve(a: Float64Array, b: ArrayLike<number>, n: number): Float64Array {
  const l = cholesky(a, n);
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) x[i] = (x[i]! - dot(l, i * n, x, 0, i)) / l[i * n + i]!;
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
      const left = a[i * n + j]! - dot(l, i * n, l, j * n, j);
      if (i !== j) l[i * n + j] = left / l[j * n + j]!;
      else if (left > 0) l[i * n + i] = Math.sqrt(left);
      else throw new Error('the matrix is not positive definite');
    }
  return l;
}
