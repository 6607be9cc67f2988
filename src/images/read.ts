/** A picture file (PNG, JPEG, WebP) as pixels. */
import { AcclaimError } from '../errors.js';
import { readBounded, readFault } from '../files/reading.js';
import { MOST_PIXELS, openPicture } from './open.js';
import type { Raster } from './raster.js';

/** More than the pixels of the largest have, as they are in memory. */
const MOST_BYTES = 4 * MOST_PIXELS;

/** Alpha is dropped, not blended; grey becomes RGB. Errors: those of reading, file-corrupt. */
export async function readRaster(file: string): Promise<Raster> {
  try {
    const { data, info } = await openPicture(readBounded(file, MOST_BYTES))
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    const fault = readFault(cause, file, { hint: 'Check the path.' });
    if (fault !== cause) throw fault;
    const hint = `Give PNG, JPEG or WebP, of at most ${MOST_PIXELS / 2 ** 20} megapixels (of 1024 x 1024).`;
    throw new AcclaimError('file-corrupt', `${file} is not a picture that is read`, hint, { cause });
  }
}
