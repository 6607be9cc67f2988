/** A picture file of any common format as pixels. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { AcclaimError } from '../errors.js';
import { readFault } from '../reading.js';
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
    const { data, info } = await sharp(bytes)
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    throw new AcclaimError('file-corrupt', `${file} is not a picture`, 'Give PNG, JPEG or WebP.', { cause });
  }
}
