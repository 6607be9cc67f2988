/**
 * An artifact is the files of a folder, or one file, by content: a *tree* lists each path with its size and
 * SHA-256, and the SHA-256 of that list, in its one canonical form, is the artifact's name. Equal work has
 * equal names wherever it lies.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AcclaimError } from '../errors.js';
import { readFault } from '../files/reading.js';

export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256');

/** Of an artifact that is one file, the path is empty. */
const onlyFile = '';

/** What any system can have as a file below a folder, and never outside it. */
const safe = (path: string): boolean =>
  path === onlyFile ||
  (path.length <= 500 && path.split('/').every((part) => /^(?!\.{1,2}$)[^\\:*?"<>|\p{Cc}]+$/u.test(part)));

/** Files of an artifact, at most: a merged SDXL model has some forty, a round one for each picture. */
const MOST_FILES = 10_000;

export const treeSchema = z.strictObject({
  files: z
    .record(
      z.string().refine(safe, 'is no path below a folder'),
      z.strictObject({ bytes: z.number().int().nonnegative(), sha256: hashSchema }),
    )
    .refine((files) => Object.keys(files).length <= MOST_FILES, 'has too many files')
    .refine((files) => !(onlyFile in files) || Object.keys(files).length === 1, 'is a file and a folder'),
});
export type Tree = z.infer<typeof treeSchema>;

/** A list of 10,000 files is shorter. */
export const MOST_TREE_BYTES = 8 << 20;

/** Sorted by path, so that equal trees are equal texts. */
export function treeText({ files }: Tree): string {
  const sorted = Object.keys(files).sort();
  return JSON.stringify({
    files: Object.fromEntries(
      sorted.map((path) => [path, { bytes: files[path]!.bytes, sha256: files[path]!.sha256 }]),
    ),
  });
}

/** SHA-256 of a text, hex. */
export const textHash = (text: string): string => createHash('sha256').update(text).digest('hex');
/** SHA-256 of paths, sizes and hashes of a tree's files, hex. */
export const treeHash = (tree: Tree): string => textHash(treeText(tree));

/** SHA-256 of a file, read in pieces. */
export async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash).catch((error: unknown) => {
    throw readFault(error, file, { hint: 'Restore it from a backup.' });
  });
  return hash.digest('hex');
}

/** Where a file of the tree at `root` lies. */
export const fileAt = (root: string, path: string): string =>
  path === onlyFile ? root : join(root, ...path.split('/'));

/** Paths and facts of the files at `root`: what a look at the disk tells without reading. */
async function look(root: string): Promise<{ path: string; bytes: number; stamp: string }[]> {
  const whole = await stat(root).catch((error: unknown) => {
    throw readFault(error, root, { message: `${root} is missing`, hint: 'Restore it from a backup.' });
  });
  const names = whole.isFile()
    ? [onlyFile]
    : (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .map((name) => name.split(sep).join('/'))
        .sort();
  return Promise.all(
    names.map(async (path) => {
      const { size, mtimeMs, ino } = await stat(fileAt(root, path));
      return { path, bytes: size, stamp: `${path} ${size} ${mtimeMs} ${ino}` };
    }),
  );
}

/** Errors: those of reading. */
export async function readTree(root: string): Promise<Tree> {
  const files: Tree['files'] = {};
  for (const { path, bytes } of await look(root))
    files[path] = { bytes, sha256: await fileHash(fileAt(root, path)) };
  return { files };
}

/** Different once anything in it was written; costs no reading. */
export async function treeStamp(root: string): Promise<string> {
  return (await look(root)).map(({ stamp }) => stamp).join('\n');
}

/** Errors: artifact-corrupt where the text is not what `hash` names, or no tree. */
export function parseTree(text: string, hash: string): Tree {
  if (textHash(text) !== hash) throw corrupt(hash, 'its list of files is not what was written');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corrupt(hash, 'its list of files is no JSON');
  }
  const tree = treeSchema.safeParse(json);
  if (!tree.success) throw corrupt(hash, z.prettifyError(tree.error));
  return tree.data;
}

/** The error `artifact-corrupt`; `why` says what of the bytes is not as it was written. */
export function corrupt(hash: string, why: string): AcclaimError {
  return new AcclaimError(
    'artifact-corrupt',
    `artifact ${hash.slice(0, 12)}: ${why}`,
    'It was taken out of the bucket and is sent again by itself; if this goes on, look at what stores or changes the bucket.',
  );
}
