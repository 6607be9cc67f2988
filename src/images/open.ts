/**
 * Picture bytes on their way into a decoder: the three formats that we and the platforms make, told by their
 * first bytes, and no more pixels than the largest picture of ours has. The home of what else sharp could
 * read: nothing of it is.
 */
import sharp, { type Sharp } from 'sharp';
import { AcclaimError } from '../errors.js';

/**
 * Of a picture, whoever made it: the largest that can be asked for. A decoder's memory is three times that in
 * bytes.
 */
export const MOST_PIXELS = 8192 * 8192;

const formats: readonly ((bytes: Buffer) => boolean)[] = [
  // PNG, JPEG, WebP.
  (b) => b.subarray(0, 8).equals(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])),
  (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff,
  (b) => b.toString('latin1', 0, 4) === 'RIFF' && b.toString('latin1', 8, 12) === 'WEBP',
];

/** Throws for any other format before a decoder sees it; sharp itself refuses what has too many pixels. */
export function openPicture(bytes: Buffer): Sharp {
  if (!formats.some((is) => is(bytes))) throw new Error('neither PNG, JPEG nor WebP');
  return sharp(bytes, { limitInputPixels: MOST_PIXELS });
}

/**
 * What `work` makes of a picture's bytes; whatever a decoder says of bytes that are no whole picture is one
 * coded error.
 */
export async function ofPicture<T>(bytes: Buffer, work: (picture: () => Sharp) => Promise<T>): Promise<T> {
  try {
    return await work(() => openPicture(bytes));
  } catch (cause) {
    if (cause instanceof AcclaimError) throw cause;
    throw new AcclaimError('file-corrupt', 'a picture cannot be read', 'Give or generate it again.', {
      cause,
    });
  }
}
