/** Pictures made over for platforms: blurred beyond recognition, and out of WebP where that is not taken. */
import type { Sharp } from 'sharp';
import { ofPicture, openPicture } from './open.js';

/** Longest side of the mosaic that a blurred picture is made of, in pixels. */
const mosaic = 12;

/**
 * Shrunk to a few pixels and drawn large again: what was lost cannot be sharpened back. JPEG, at most 1024
 * px.
 */
export const blurred = (bytes: Buffer): Promise<Buffer> => ofPicture(bytes, blur);

async function blur(picture: () => Sharp): Promise<Buffer> {
  const { width, height } = await picture().metadata();
  const scale = Math.min(1, 1024 / Math.max(width, height));
  const tiny = await picture()
    .flatten()
    .resize({ width: mosaic, height: mosaic, fit: 'inside' })
    .png()
    .toBuffer();
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  return openPicture(tiny)
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .blur(8)
    .jpeg({ quality: 80 })
    .toBuffer();
}

/** PNG and JPEG stay as they are. */
export async function withoutWebp(bytes: Buffer): Promise<Buffer> {
  return bytes.toString('latin1', 8, 12) === 'WEBP'
    ? ofPicture(bytes, (picture) => picture().png().toBuffer())
    : bytes;
}
