// What a voter of `a black cat inside a cardboard box` looks at.
import type { Locator } from 'playwright-core';
import sharp from 'sharp';

/** Is what stands in the middle dark? */
export async function isDark(picture: Buffer): Promise<boolean> {
  const { width, height } = await sharp(picture).metadata();
  const middle = { left: Math.round(width * 0.42), top: Math.round(height * 0.38) };
  const size = { width: Math.round(width * 0.16), height: Math.round(height * 0.16) };
  const pixels = await sharp(picture)
    .extract({ ...middle, ...size })
    .greyscale()
    .raw()
    .toBuffer();
  return pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length < 110;
}

/** The picture of a cell of the page, wherever it stands. */
export async function pictureOf(cell: Locator): Promise<Buffer> {
  const src = await cell.locator('img[src]').getAttribute('src');
  // A sheet's pictures come together, and stand in the page itself.
  const answer = await fetch(new URL(src!, cell.page().url()));
  return Buffer.from(await answer.arrayBuffer());
}
