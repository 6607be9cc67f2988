/**
 * The colours of a picture that its subject leaves alone, and those in which it stands: mean red, green and
 * blue of the border and of the centre, 0 to 1.
 */
import type { Raster } from '../../src/images/raster.js';

/** Width of the border, share of the shorter side. */
const BORDER = 1 / 8;

/** Of all pixels that lie within an eighth of the shorter side of an edge. */
export function borderColour(picture: Raster): Float64Array {
  const { width, height } = picture;
  const wide = Math.max(1, Math.round(Math.min(width, height) * BORDER));
  const isBorder = (x: number, y: number) => Math.min(x, y, width - 1 - x, height - 1 - y) < wide;
  return meanColour(picture, isBorder);
}

/** Of the middle half of each side. */
export function centreColour(picture: Raster): Float64Array {
  const inside = (at: number, side: number) => at >= Math.floor(side / 4) && at < Math.ceil((3 * side) / 4);
  return meanColour(picture, (x, y) => inside(x, picture.width) && inside(y, picture.height));
}

function meanColour(
  { width, height, data }: Raster,
  within: (x: number, y: number) => boolean,
): Float64Array {
  const sum = new Float64Array(3);
  let count = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (!within(x, y)) continue;
      count += 1;
      for (let c = 0; c < 3; c++) sum[c]! += data[(y * width + x) * 3 + c]!;
    }
  return sum.map((value) => value / count / 255);
}
