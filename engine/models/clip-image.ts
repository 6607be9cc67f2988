/**
 * A picture as CLIP's vision model takes it, by a folder's preprocessor_config.json: the short side made
 * `size` with Pillow's bicubic, the middle cut out, bytes to [0, 1], less mean, over deviation. Old files
 * give numbers where new ones give objects; what is missing is CLIP's.
 */
import { z } from 'zod';
import type { Raster } from '../../src/images/raster.js';
import { resizeBicubic } from '../io/bicubic.js';

const side = z.number().int().positive().max(4096);
const three = z.array(z.number()).length(3);

export const preprocessorSchema = z.looseObject({
  crop_size: z
    .union([side.transform((n) => ({ height: n, width: n })), z.object({ height: side, width: side })])
    .optional(),
  do_center_crop: z.literal(true).default(true),
  do_normalize: z.literal(true).default(true),
  do_resize: z.literal(true).default(true),
  image_mean: three.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: three.default([0.26862954, 0.26130258, 0.27577711]),
  /** Pillow's number of bicubic. */
  resample: z.literal(3).default(3),
  size: z
    .union([side.transform((n) => ({ shortest_edge: n })), z.object({ shortest_edge: side })])
    .optional(),
});
export type PreprocessorConfig = z.infer<typeof preprocessorSchema>;

/** Writes [3,S,S], S the model's `image_size`, to `out` at `offset`. */
export function clipImage(
  picture: Raster,
  size: number,
  config: PreprocessorConfig,
  out: Float32Array,
  offset = 0,
): void {
  const short = config.size?.shortest_edge ?? size;
  const long = (of: number, by: number) => Math.trunc((short * of) / by);
  const { width: w, height: h } = picture;
  const small =
    w <= h ? resizeBicubic(picture, short, long(h, w)) : resizeBicubic(picture, long(w, h), short);
  // A picture smaller than the cut lies in the middle of black, as in transformers.
  const left = Math.floor((small.width - size) / 2);
  const top = Math.floor((small.height - size) / 2);
  for (let c = 0; c < 3; c++) {
    const [mean, std] = [config.image_mean[c]!, config.image_std[c]!];
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const [sx, sy] = [x + left, y + top];
        const inside = sx >= 0 && sx < small.width && sy >= 0 && sy < small.height;
        const byte = inside ? small.data[(sy * small.width + sx) * 3 + c]! : 0;
        out[offset + (c * size + y) * size + x] = (byte / 255 - mean) / std;
      }
  }
}
