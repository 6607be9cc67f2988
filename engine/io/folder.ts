/**
 * Folders that are whole or not there: written under a `.partial` name, every file hashed into manifest.json
 * and synced, then renamed. Read back only if every hash holds. A retried job replaces what the first try
 * left. Nothing in a manifest depends on the clock or on where the folder lies, so equal work gives equal
 * bytes.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { AcclaimError, type ErrorCode } from '../../src/errors.js';
import { bytesOfFile, FOLDER_JSON, parseBounded } from '../../src/files/json-bounds.js';
import { isThere } from '../../src/files/reading.js';

const filesSchema = z.record(
  z.string(),
  z.object({ bytes: z.number().int(), sha256: z.string().length(64) }),
);

/** In hexadecimal digits. */
export const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** Writes `out` whole: `fill` puts files into the folder it is given. Returns the manifest's hash. */
export function writeFolder(out: string, manifest: object, fill: (folder: string) => void): string {
  const partial = `${out}.partial`;
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    fill(partial);
    const files = Object.fromEntries(
      listFiles(partial).map((name) => {
        const data = readFileSync(join(partial, name));
        return [name, { bytes: data.length, sha256: sha256(data) }];
      }),
    );
    const text = `${JSON.stringify({ ...manifest, files }, null, 2)}\n`;
    writeFileSync(join(partial, 'manifest.json'), text);
    for (const name of [...Object.keys(files), 'manifest.json']) sync(join(partial, name));
    sync(partial);
    replace(partial, out);
    return sha256(text);
  } catch (error) {
    discard(partial);
    throw unwritable(error, out);
  }
}

const HINT = 'Use the folder as it was written, or go back to an earlier one.';

/**
 * The checked manifest of a folder whose files are all as they were written; else an error with `code`.
 * `mayLack`: files that may have been deleted since, though not changed.
 */
export function readFolder<T>(
  dir: string,
  schema: z.ZodType<T>,
  code: Extract<ErrorCode, 'checkpoint-corrupt' | 'round-corrupt'>,
  mayLack: (name: string) => boolean = () => false,
): { manifest: T; hash: string } {
  const refuse = (why: string): never => {
    throw new AcclaimError(code, `${dir}: ${why}`, HINT);
  };
  const path = join(dir, 'manifest.json');
  if (!isThere(path)) return refuse('manifest.json is missing');
  const corrupt = (why: string, options?: ErrorOptions) =>
    new AcclaimError(code, `${dir}: manifest.json: ${why}`, HINT, options);
  const text = bytesOfFile(path, FOLDER_JSON.bytes, corrupt, { hint: HINT });
  const json = parseBounded(text, FOLDER_JSON, corrupt);
  const parsed = schema.safeParse(json);
  if (!parsed.success) return refuse(`manifest.json: ${z.prettifyError(parsed.error)}`);
  const files = z.object({ files: filesSchema }).safeParse(json);
  if (!files.success) return refuse('manifest.json lists no files');
  for (const [name, { bytes, sha256: expected }] of Object.entries(files.data.files)) {
    const file = resolve(dir, name);
    if (!file.startsWith(resolve(dir) + sep)) return refuse(`${name} lies outside the folder`);
    const there = isThere(file);
    if (!there && mayLack(name)) continue;
    if (!there) return refuse(`${name} is missing`);
    if (statSync(file).size !== bytes || sha256(readFileSync(file)) !== expected)
      return refuse(`${name} has changed since it was written`);
  }
  return { manifest: parsed.data, hash: sha256(text) };
}

/** Files below `dir`, as paths with forward slashes, sorted. */
function listFiles(dir: string): string[] {
  return (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => statSync(join(dir, name)).isFile())
    .map((name) => name.split(sep).join('/'))
    .sort();
}

function replace(partial: string, out: string): void {
  const old = `${out}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(out)) renameSync(out, old);
  renameSync(partial, out);
  rmSync(old, { recursive: true, force: true });
  sync(dirname(resolve(out)));
}

/** Some platforms refuse to sync a folder; its content is synced all the same. */
export function sync(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

/** What could not be written may not be removable either; the first error is the one to tell. */
export function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {}
}

/** The error of a failed write as one that can be mended: `disk-full`, `data-unwritable`; else as it is. */
export function unwritable(error: unknown, out: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AcclaimError(
      'disk-full',
      `no space left to write ${out}`,
      'Free some space and run it again.',
    );
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR')
    return new AcclaimError(
      'data-unwritable',
      `${out}: ${(error as Error).message}`,
      'Choose a folder you may write.',
    );
  return error;
}
