/** What all pictures that we make are put together by: pictures and drawn marks on paper. */
import sharp from 'sharp';
import type { Raster } from './raster.js';

/** A picture, encoded, and where its upper left corner lies, px. */
export interface Laid {
  input: Buffer;
  left: number;
  top: number;
}

/** `marks`: what is drawn over the pictures, as the inside of an SVG of that size. */
export async function laidOut(
  { width, height, paper }: { width: number; height: number; paper: string },
  pictures: readonly Laid[],
  marks: string,
): Promise<Raster> {
  const data = await sharp({ create: { width, height, channels: 3, background: paper } })
    .composite([...pictures, { input: svg(width, height, marks) }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data };
}

/** Lanczos: the miniature's soft outlines turn to staircases when enlarged by nearest neighbour. */
export async function resize(picture: Raster, width: number, height: number): Promise<Buffer> {
  return sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

function svg(width: number, height: number, body: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${body}</svg>`,
  );
}
