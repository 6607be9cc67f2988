/** What goes wrong with a data directory, in words that a person can act on. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AcclaimError } from '../errors.js';

/** A page of the write-ahead log's index and a few of the log: with less there is no room for a commit. */
export const LEAST_BYTES = 64 << 10;

const usualMend = 'Give this user the right to write there, or name another folder with --data.';

/** Turns faults of the file system and of SQLite into coded errors; anything else stays as it is. */
export function asDataError(error: unknown, place: string, whenDenied = usualMend): unknown {
  if (error instanceof AcclaimError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const text = error.message;
  const full =
    code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || /ENOSPC|disk is full/.test(text);
  // SQLite says of an index that cannot grow, and of a sync that found no room, only that the disk failed.
  if (full || (code === 'SQLITE_IOERR' && noRoom(place))) {
    const hint = 'Free some space, then go on: nothing half-written was kept.';
    return new AcclaimError('disk-full', `No space is left for ${place}.`, hint, { cause: error });
  }
  const denied = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT', 'ENAMETOOLONG'];
  const refused = ['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_IOERR', 'SQLITE_AUTH'];
  if (denied.includes(code) || refused.includes(code)) {
    const words = `${place} cannot be written (${code}).`;
    return new AcclaimError('data-unwritable', words, whenDenied, { cause: error });
  }
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    const hint =
      'Restore the newest backup (`acclaim restore FILE --replace`), or name another folder with --data.';
    return new AcclaimError('file-corrupt', `${place} is not a sound database.`, hint, { cause: error });
  }
  return error;
}

function noRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(place));
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}

/** The error means that no space is left. */
export function isDiskFull(error: unknown, place = ''): boolean {
  const plain = asDataError(error, place);
  return plain instanceof AcclaimError && plain.code === 'disk-full';
}
