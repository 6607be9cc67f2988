/** A picture file (PNG, JPEG, WebP) as pixels. */
import { readFileSync } from 'node:fs';
import { AcclaimError } from '../errors.js';
import { readFault } from '../reading.js';
import { MOST_PIXELS, openPicture } from './open.js';
import type { Raster } from './raster.js';

/** Alpha is dropped, not blended; grey becomes RGB. Errors: those of reading, file-corrupt. */
export async function readRaster(file: string): Promise<Raster> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw readFault(error, file, { mend: 'Check the path.' });
  }
  try {
    const { data, info } = await openPicture(bytes)
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    const mend = `Give PNG, JPEG or WebP, of at most ${MOST_PIXELS / 2 ** 20} megapixels (of 1024 x 1024).`;
    throw new AcclaimError('file-corrupt', `${file} is not a picture that is read`, mend, { cause });
  }
}
