/**
 * What keeps a file from being read, told apart: nothing is there, this user may not read it, or the process
 * (or machine) has no descriptor left. Only the first is `file-not-found`: whoever is told to check the path
 * must have a wrong path. Every place that makes a coded error of a failed read does it here.
 */
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { AcclaimError } from '../errors.js';

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Nothing is there under that name. */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

/** No fault of the file's: it can be read as soon as something else is closed. */
export const isExhausted = (error: unknown): boolean =>
  ['EMFILE', 'ENFILE', 'files-exhausted'].includes(codeOf(error));

export interface Missing {
  /** What it means that nothing is there; else that the file does not exist. */
  message?: string;
  hint: string;
}

/** `error` as it is where it is no fault of the file system (what was read may be no JSON). */
export function readFault(error: unknown, file: string, { message, hint }: Missing): unknown {
  const code = codeOf(error);
  const options = { cause: error };
  if (error instanceof AcclaimError || !/^E[A-Z]+$/.test(code)) return error;
  if (isMissing(error))
    return new AcclaimError('file-not-found', message ?? `${file} does not exist`, hint, options);
  if (isExhausted(error))
    return new AcclaimError(
      'files-exhausted',
      `${file} cannot be opened: too many files and connections are open (${code})`,
      'Raise the limit (`ulimit -n`, LimitNOFILE of the unit), or find what holds so many.',
      options,
    );
  const right = code === 'EACCES' || code === 'EPERM';
  return new AcclaimError(
    'file-unreadable',
    `${file} ${right ? 'may not be read by this user' : 'cannot be read'} (${code})`,
    right ? 'Give this user the right to read it.' : 'Look at the path and at its disk.',
    options,
  );
}

/** Like existsSync, but what is in a folder that this user may not look into is not said to be missing. */
export function isThere(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw readFault(error, path, { hint: '' });
  }
}

/** Throws what keeps the file, or folder, from being read. */
export function mustBeReadable(file: string, missing: Missing): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw readFault(error, file, missing);
  }
}

/**
 * For a `catch`: what stands in for a file that is not there. A file that is there is never taken for none.
 */
export const ifMissing =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (isMissing(error)) return instead;
    throw error;
  };

/** A file that is longer than any of its kind, or has no end: told before it is in memory. */
export class UnboundedError extends Error {}

/** Of `most` bytes at most. Throws UnboundedError, or what the system says. */
export function readBounded(file: string, most: number): Buffer {
  // A pipe that nobody writes into would be waited for; Windows has none among its files.
  const fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(fd);
    if (!found.isFile() && !found.isDirectory()) throw new UnboundedError('it is no ordinary file');
    if (found.size > most)
      throw new UnboundedError(`it has ${found.size} bytes, and at most ${most} are read`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
