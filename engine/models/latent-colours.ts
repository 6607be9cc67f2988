/**
 * A cheap look at latents: colours as a linear function of them, one pixel a latent pixel. The function is
 * the decoder's own answer to flat latents, one channel pushed up and down at a time, so it needs no data and
 * fits any VAE:
 *   colour(z) = b + sum_i m_i z_i,   m_i = (D(+a e_i) - D(-a e_i)) / 2a,   b = mean of all D.
 */
import type { Raster } from '../../src/images/raster.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import { decode, type Pipeline } from './pipeline.js';

export interface LatentColours {
  /** b [3]. */
  readonly base: readonly number[];
  /** m [C][3]. */
  readonly slope: readonly (readonly number[])[];
}

/** a: two standard deviations of a scaled latent, so that what bends in the decoder is averaged over. */
const PUSH = 2;
/** Side of the flat latents: wide enough that the border's padding is a small part of the mean. */
const SIDE = 8;

/** Decodes 2 C small latents. */
export async function latentColours(pipeline: Pipeline, cache: ExecutorCache): Promise<LatentColours> {
  const channels = pipeline.vaeConfig.latent_channels;
  const area = SIDE * SIDE;
  const flat = f32([2 * channels, channels, SIDE, SIDE]);
  for (let i = 0; i < channels; i++) {
    for (const [row, a] of [
      [2 * i, PUSH],
      [2 * i + 1, -PUSH],
    ] as const) {
      const start = (row * channels + i) * area;
      flat.data.fill(a, start, start + area);
    }
  }
  const { data, shape } = await decode(pipeline, cache, flat);
  const plane = shape[2]! * shape[3]!;
  const colour = (row: number) =>
    [0, 1, 2].map((c) => mean(data.subarray((row * 3 + c) * plane, (row * 3 + c + 1) * plane)));
  const slope = Array.from({ length: channels }, (_, i) => {
    const [up, down] = [colour(2 * i), colour(2 * i + 1)];
    return up.map((v, c) => (v - down[c]!) / (2 * PUSH));
  });
  const all = Array.from({ length: 2 * channels }, (_, row) => colour(row));
  return { base: [0, 1, 2].map((c) => mean(all.map((v) => v[c]!))), slope };
}

/** Latents [N,C,h,w], N >= 1 -> the images side by side in rows of `columns`, gaps at the end grey. */
export function previewSheet(
  { data, shape }: FloatTensor,
  { base, slope }: LatentColours,
  columns: number,
): Raster {
  const [count, channels, h, w] = shape as [number, number, number, number];
  const width = columns * w;
  const height = Math.ceil(count / columns) * h;
  const bytes = new Uint8Array(width * height * 3).fill(128);
  for (let n = 0; n < count; n++) {
    const corner = Math.floor(n / columns) * h * width + (n % columns) * w;
    for (let at = 0; at < h * w; at++) {
      const to = (corner + Math.floor(at / w) * width + (at % w)) * 3;
      for (let c = 0; c < 3; c++) {
        let value = base[c]!;
        for (let i = 0; i < channels; i++) value += slope[i]![c]! * data[(n * channels + i) * h * w + at]!;
        bytes[to + c] = Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
      }
    }
  }
  return { width, height, data: bytes };
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};
