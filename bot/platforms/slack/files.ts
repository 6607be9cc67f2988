/**
 * A card's pictures as files of the workspace. A file is sent to nobody, looked at until Slack knows its type
 * (until then a message that names it is refused), and then shown by an image block. NSFW pictures
 * go up twice: blurred for the channel, clear for those who ask.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sleep } from '../../../src/chat/pace.js';
import type { Picture } from '../../../src/chat/port.js';
import { clip } from '../../../src/chat/text.js';
import { AcclaimError } from '../../../src/errors.js';
import { blurred, withoutWebp } from '../../../src/images/convert.js';
import { shrink } from '../../../src/images/shrink.js';
import type { SlackApi } from './api.js';
import { pictureBlock } from './mark.js';
import type { Pace } from './options.js';

/** Slack's bounds: characters; bytes, well below what an image block takes. */
const bounds = { alt: 2000, bytes: 8 * 1024 * 1024 };

/** A picture that Slack has. */
export interface Shown {
  /** Of its block; says what is in it. */
  name: string;
  file: string;
  alt: string;
  /** The clear file behind a blurred one; null where nothing is hidden. */
  clear: string | null;
}

type FileApi = Pick<SlackApi, 'upload' | 'fileType' | 'deleteFile'>;

/** `has`: files that the message shows already, by name; they are not sent again. */
export async function uploaded(
  api: FileApi,
  pictures: readonly Picture<string>[],
  has: ReadonlyMap<string, string>,
  pace: Pick<Pace, 'file' | 'fileMost'>,
): Promise<Shown[]> {
  return Promise.all(
    pictures.map(async ({ file, alt, spoiler }) => {
      const bytes = (await shrink(await withoutWebp(await readFile(file)), bounds.bytes)).bytes;
      const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
      const text = clip(alt, bounds.alt);
      const have = (name: string, make: () => Promise<Buffer> | Buffer) =>
        has.get(name) ?? send(api, `acclaim-${name}`, make, text, pace);
      if (!spoiler) {
        const name = pictureBlock(hash);
        return { name, file: await have(name, () => bytes), alt: text, clear: null };
      }
      const name = pictureBlock(`${hash}-blurred`);
      const veiled = await have(name, () => blurred(bytes));
      return { name, file: veiled, alt: text, clear: await have(clearName(hash), () => bytes) };
    }),
  );
}

const clearName = (hash: string) => `clear-${hash}`;

/** The clear files of a message in its button's value, and back. */
export function clearValue(shown: readonly Shown[]): string {
  return shown.flatMap(({ name, clear }) => (clear === null ? [] : [`${clearOf(name)}=${clear}`])).join(',');
}

/** Picture's name -> id of its clear file, of a value that `clearValue` made. */
export function clearFiles(value: string): Map<string, string> {
  const pairs = value.split(',').map((pair) => pair.split('='));
  return new Map(pairs.flatMap(([name, file]): [string, string][] => (name && file ? [[name, file]] : [])));
}

function clearOf(name: string): string {
  return clearName(name.replace(/^picture-/, '').replace(/-blurred$/, ''));
}

async function send(
  api: FileApi,
  name: string,
  make: () => Promise<Buffer> | Buffer,
  alt: string,
  pace: Pick<Pace, 'file' | 'fileMost'>,
): Promise<string> {
  const bytes = await make();
  const extension = bytes[0] === 0xff ? 'jpg' : 'png';
  const file = await api.upload(bytes, `${name}.${extension}`, alt);
  for (let waited = 0; (await api.fileType(file)) === ''; waited += pace.file) {
    if (waited >= pace.fileMost) {
      await api.deleteFile(file).catch(() => {});
      throw new AcclaimError('internal', 'Slack does not finish with a picture', 'It is tried again.');
    }
    await sleep(pace.file);
  }
  return file;
}
