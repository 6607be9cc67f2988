/** Picture bytes small enough for a platform: as they are, or as the best JPEG that fits. */
import { AcclaimError } from '../errors.js';
import { ofPicture } from './open.js';

const longest = 2048;

/**
 * The picture in at most `most` bytes: as it is, else as JPEG of falling quality. Errors: not-allowed where
 * none is that small.
 */
export async function shrink(bytes: Buffer, most: number): Promise<{ bytes: Buffer; extension: string }> {
  if (bytes.length <= most) return { bytes, extension: extensionOf(bytes) };
  for (const quality of [92, 80, 60]) {
    const smaller = await ofPicture(bytes, (picture) =>
      picture()
        .flatten({ background: '#ffffff' })
        .resize({ width: longest, height: longest, fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality })
        .toBuffer(),
    );
    if (smaller.length <= most) return { bytes: smaller, extension: 'jpg' };
  }
  throw new AcclaimError(
    'not-allowed',
    'a picture is too large to be posted',
    'Use fewer or smaller images.',
  );
}

/** Few enough bytes that a picture shown small is sent as it is. */
const light = 24 * 1024;

/**
 * For a place of so many pixels: as it is where that is little, else WebP in which nobody sees a loss at that
 * size.
 */
export async function fitted(bytes: Buffer, pixels: number): Promise<{ bytes: Buffer; extension: string }> {
  if (bytes.length <= light) return { bytes, extension: extensionOf(bytes) };
  const smaller = await ofPicture(bytes, (picture) =>
    picture()
      .resize({ width: pixels, height: pixels, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 85 })
      .toBuffer(),
  );
  return { bytes: smaller, extension: 'webp' };
}

/** By the first bytes; what we make is PNG. */
function extensionOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpg';
  if (bytes.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return 'png';
}
