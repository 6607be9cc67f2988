/** A picture file of any common format as pixels. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { AcclaimError } from '../errors.js';
import type { Raster } from './raster.js';

/** Alpha is dropped, not blended; grey becomes RGB. Errors: file-not-found, file-corrupt. */
export async function readRaster(file: string): Promise<Raster> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new AcclaimError('file-not-found', `${file} cannot be read`, 'Check the path.', { cause });
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
