/**
 * Several low-rank matrices of one layer as one, exactly: s1 B1 A1 + s2 B2 A2 = B A with
 *   A = [A1; A2], B = [s1 B1, s2 B2], rank r1 + r2.
 */
import { type FloatTensor, f32 } from '../runtime/tensor.js';

/** A above A: [r1 + r2, in, ...]. */
export function above(parts: readonly FloatTensor[]): FloatTensor {
  const joined = f32([parts.reduce((sum, p) => sum + p.shape[0]!, 0), ...parts[0]!.shape.slice(1)]);
  let at = 0;
  for (const { data } of parts) {
    joined.data.set(data, at);
    at += data.length;
  }
  return joined;
}

/** Columns of each scaled B beside one another: [out, r1 + r2, ...]. */
export function beside(parts: readonly { up: FloatTensor; scale: number }[]): FloatTensor {
  const [out, , ...rest] = parts[0]!.up.shape as [number, number, ...number[]];
  const rank = parts.reduce((sum, { up }) => sum + up.shape[1]!, 0);
  const joined = f32([out, rank, ...rest]);
  for (let row = 0, at = 0; row < out; row++) {
    for (const { up, scale } of parts) {
      const width = up.shape[1]!;
      for (let i = 0; i < width; i++) joined.data[at++] = scale * up.data[row * width + i]!;
    }
  }
  return joined;
}

/** The first `rank` rows of A, which stand alone again. */
export const firstRows = (a: FloatTensor, rank: number): FloatTensor =>
  f32([rank, ...a.shape.slice(1)], a.data.slice(0, (a.data.length / a.shape[0]!) * rank));

/** The first `rank` columns of B. */
export function firstColumns(b: FloatTensor, rank: number): FloatTensor {
  const [out, all, ...rest] = b.shape as [number, number, ...number[]];
  const first = f32([out, rank, ...rest]);
  for (let row = 0; row < out; row++)
    first.data.set(b.data.subarray(row * all, row * all + rank), row * rank);
  return first;
}
