/**
 * Pictures on their way to the page: as they were drawn, blurred, or in the few pixels that a sheet shows.
 * Small copies are made once and kept for as long as the file is the same.
 */
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { isExhausted, readFault } from '../../../src/files/reading.js';
import { fitted } from '../../../src/images/shrink.js';
import type { NsfwChannels } from './nsfw.js';
import type { Shown } from './service.js';

export interface Picture {
  bytes: Buffer;
  type: string;
}

const types: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
};

/** Of the longest side: a cell of a sheet on a screen of twice the density. */
const sheetPixels = 448;
/** Two dozen kilobytes each. */
const remembered = 500;

/** Bytes of pictures; remembers the small copies that it made. */
export class Pictures {
  private readonly small = new Map<string, Promise<Picture>>();

  constructor(private readonly nsfw: NsfwChannels) {}

  /** Undefined where the file is gone. `clear`: asked for without its veil; `small`: for a sheet. */
  async read(
    shown: Shown,
    { clear, small }: { clear: boolean; small: boolean },
  ): Promise<Picture | undefined> {
    const type = types[extname(shown.file).toLowerCase()];
    if (type === undefined) return undefined;
    try {
      if (shown.veiled && !clear) return { bytes: await this.nsfw.veil(shown.file), type: 'image/jpeg' };
      if (small) return await this.fitted(shown.file);
      return { bytes: await readFile(shown.file), type };
    } catch (error) {
      // The server cannot open it just now, which is another matter than one that is gone.
      if (isExhausted(error)) throw readFault(error, shown.file, { hint: '' });
      return undefined;
    }
  }

  private async fitted(file: string): Promise<Picture> {
    const key = `${(await stat(file)).mtimeMs} ${file}`;
    const known = this.small.get(key);
    if (known) return known;
    const made = readFile(file)
      .then((bytes) => fitted(bytes, sheetPixels))
      .then(({ bytes, extension }) => ({ bytes, type: types[`.${extension}`]! }));
    this.small.set(key, made);
    made.catch(() => this.small.delete(key));
    const oldest = this.small.keys().next();
    if (this.small.size > remembered && !oldest.done) this.small.delete(oldest.value);
    return made;
  }
}
