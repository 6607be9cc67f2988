/**
 * The mark that tells the bot's data folder from any other: a file with an id of its own, in the part that
 * engines share. An engine whose mount is missing has a folder at that path too, and what it writes there
 * nobody finds.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AcclaimError, toPlain } from '../../errors.js';
import { isMissing, readFault } from '../../files/reading.js';
import { Envelopes } from '../envelope.js';

export const folderIdSchema = z.uuid();

/** What the bot tells of its folder, over Redis. */
export const folderSchema = z.object({ folder: folderIdSchema });

/** Its mark, as the bot told it to Redis. Errors: job-invalid where another key signed it. */
export const toldFolder = (text: string, key: string | null): string =>
  new Envelopes(key).open('folder', text, folderSchema).folder;

const markerOf = (dataDir: string) => join(resolve(dataDir), 'sessions', '.acclaim-folder');

/** Null where there is no mark, or what is none. Errors: those of reading. */
export async function readMarker(dataDir: string): Promise<string | null> {
  const file = markerOf(dataDir);
  const text = await readFile(file, 'utf8').catch((error) => {
    if (isMissing(error)) return '';
    throw readFault(error, file, { hint: '' });
  });
  return folderIdSchema.safeParse(text.trim()).data ?? null;
}

/** The bot's: it is made where there is none. */
export async function markFolder(dataDir: string): Promise<string> {
  const known = await readMarker(dataDir);
  if (known !== null) return known;
  const id = randomUUID();
  const file = markerOf(dataDir);
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.partial`, `${id}\n`);
  await rename(`${file}.partial`, file);
  return id;
}

/** `unread`: what kept the mark from being read, where something did. */
export function otherFolder(mine: string | null, unread: unknown = null): AcclaimError {
  if (unread !== null) {
    const { message, hint } = toPlain(unread);
    return new AcclaimError('data-mismatch', `the mark of the data folder is not known: ${message}`, hint);
  }
  return new AcclaimError(
    'data-mismatch',
    mine === null
      ? 'the data folder does not bear the mark of the bot: it is another folder, or its mount is missing'
      : 'the data folder bears the mark of another bot',
    'Mount the folder of the bot and name it in ACCLAIM_DATA, or use a bucket (docs/operating.md).',
  );
}
