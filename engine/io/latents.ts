/** Latents of single images, flat, and as batches [N,C,h,w]. */
import { type FloatTensor, f32, rows } from '../runtime/tensor.js';

/** C, h, w. */
export type LatentShape = readonly [number, number, number];

/** Row `index` of a tensor, flat: z_0 or z_T of an image. A copy. */
export function image(tensor: FloatTensor, index: number): Float32Array {
  return Float32Array.from(rows(tensor, index, index + 1).data);
}

/** Joins flat latents into [N,C,h,w]. */
export function batchOf(list: readonly Float32Array[], latent: LatentShape): FloatTensor {
  const size = latent[0] * latent[1] * latent[2];
  const data = new Float32Array(list.length * size);
  for (const [i, row] of list.entries()) data.set(row, i * size);
  return f32([list.length, ...latent], data);
}
