/** All images of a run on one sheet, row by row, near a square. */
import type { Raster } from '../../src/images/raster.js';

/** `gap`: white pixels between images of one size, and around them. */
export function grid(images: readonly Raster[], gap = 2): Raster {
  const { width: w, height: h } = images[0]!;
  const columns = Math.ceil(Math.sqrt(images.length));
  const rows = Math.ceil(images.length / columns);
  const width = columns * (w + gap) + gap;
  const height = rows * (h + gap) + gap;
  const data = new Uint8Array(width * height * 3).fill(255);
  for (const [i, image] of images.entries()) {
    const left = gap + (i % columns) * (w + gap);
    const top = gap + Math.floor(i / columns) * (h + gap);
    for (let y = 0; y < h; y++) {
      const row = image.data.subarray(y * w * 3, (y + 1) * w * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  }
  return { width, height, data };
}
