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

/**
 * For a place of so many pixels: WebP in which nobody sees a loss at that size, or as it is where that is
 * less. A picture that has far fewer pixels is shown enlarged, and its losses with it: it keeps more.
 */
export async function fitted(bytes: Buffer, pixels: number): Promise<{ bytes: Buffer; extension: string }> {
  const smaller = await ofPicture(bytes, async (picture) => {
    const { width, height } = await picture().metadata();
    const quality = Math.max(width, height) * 2 <= pixels ? 90 : 80;
    return picture()
      .resize({ width: pixels, height: pixels, fit: 'inside', withoutEnlargement: true })
      .webp({ quality, smartSubsample: true })
      .toBuffer();
  });
  if (bytes.length <= smaller.length) return { bytes, extension: extensionOf(bytes) };
  return { bytes: smaller, extension: 'webp' };
}

/** By the first bytes; what we make is PNG. */
function extensionOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpg';
  if (bytes.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return 'png';
}
