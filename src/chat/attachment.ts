/** An attachment's bytes, wherever they come from; a file that is gone by now is `file-not-found`. */

import { readFile } from 'node:fs/promises';
import { count } from '../domain/state/count.js';
import { readFault } from '../files/reading.js';
import type { Attachment } from './port.js';

/** Content of a file that is to be sent. Errors: those of reading it. */
export async function bytesOf({ name, content }: Attachment): Promise<Buffer> {
  if ('text' in content) return Buffer.from(content.text);
  try {
    return await readFile(content.file);
  } catch (error) {
    throw readFault(error, name, {
      message: `${name} is not there any more`,
      hint: 'Ask for it again.',
    });
  }
}

/** `1.2 MB`, as people say sizes. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte');
  const [value, unit] =
    bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
