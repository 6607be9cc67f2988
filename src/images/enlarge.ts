/**
 * Small pictures (the miniature's have 64 pixels) as large as they must be to be judged on a message of their
 * own.
 */

import { resize } from './paper.js';
import type { Raster } from './raster.js';

/** Of the shorter side. */
export const wantedPixels = 320;

/** A PNG, enlarged by a whole factor; the same picture gives the same bytes. */
export function enlarged(picture: Raster): Promise<Buffer> {
  const factor = Math.max(1, Math.ceil(wantedPixels / Math.min(picture.width, picture.height)));
  return resize(picture, picture.width * factor, picture.height * factor);
}
