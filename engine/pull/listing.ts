/**
 * A list of files that somebody else wrote, checked before anything is done with it: plain relative paths that mean the
 * same on every system, no two that are one on some, sizes that are numbers. What it names is not believed, only asked for.
 */
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';

export interface RemoteFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** Of the content, where the list says so. */
  readonly sha256?: string | undefined;
  /** git's hash of the content (sha1 over `blob <size>\0` and the content), where the list says so. */
  readonly gitSha1?: string | undefined;
}

/** Entries that a list may have; the largest models have a few hundred. */
export const MAX_ENTRIES = 20_000;
const MAX_PATH = 200;
const MAX_DEPTH = 6;
/** Bytes of one file. */
const MAX_SIZE = 200e9;

const entrySchema = z.looseObject({
  type: z.enum(['file', 'directory', 'unknown']),
  path: z.string(),
  size: z.number().int().min(0).max(MAX_SIZE).optional(),
  oid: z.string().optional(),
  lfs: z.looseObject({ oid: z.string(), size: z.number().int().min(0).max(MAX_SIZE) }).nullish(),
});

const unsafe = (what: string): AcclaimError =>
  new AcclaimError(
    'model-unsafe',
    what,
    'Do not use this source: its list of files is not what a hub gives.',
  );

const show = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);

/** Names that Windows gives to devices, whatever their ending. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Errors: model-unsafe for a path that could lie outside of the folder, or mean another file on another system. */
export function checkPath(path: string): void {
  const parts = path.split('/');
  const wrong =
    path.length === 0 ||
    path.length > MAX_PATH ||
    parts.length > MAX_DEPTH ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    /[\\:*?"<>|\u0000-\u001f\u007f]/.test(path) ||
    parts.some((p) => p === '' || p === '.' || p === '..' || device.test(p) || /[. ]$/.test(p));
  if (wrong) throw unsafe(`a file is called ${show(path)}`);
}

/** Entries as the hub gives them -> files. Folders and what is neither are left out. */
export function decodeListing(entries: readonly unknown[]): RemoteFile[] {
  if (entries.length > MAX_ENTRIES) throw unsafe(`the list has more than ${MAX_ENTRIES} files`);
  const files: RemoteFile[] = [];
  const seen = new Map<string, string>();
  for (const entry of entries) {
    const parsed = entrySchema.safeParse(entry);
    if (!parsed.success) throw unsafe(`the list of files: ${z.prettifyError(parsed.error).split('\n')[0]}`);
    const { type, path, size, oid, lfs } = parsed.data;
    checkPath(path);
    const folded = path.normalize('NFC').toLowerCase();
    const twin = seen.get(folded);
    if (twin !== undefined) throw unsafe(`${show(twin)} and ${show(path)} are one file on some systems`);
    seen.set(folded, path);
    if (type !== 'file') continue;
    const sha256 = lfs && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : undefined;
    if (lfs && sha256 === undefined) throw unsafe(`${show(path)} has no sha256 but ${show(lfs.oid)}`);
    const gitSha1 = !lfs && oid !== undefined && /^[0-9a-f]{40}$/.test(oid) ? oid : undefined;
    files.push({ path, size: lfs?.size ?? size ?? 0, sha256, gitSha1 });
  }
  // A file that is also the folder of another cannot be.
  const names = new Set(files.map(({ path }) => path.normalize('NFC').toLowerCase()));
  for (const name of names)
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1))
      if (names.has(name.slice(0, at))) throw unsafe(`${show(name.slice(0, at))} is a file and a folder`);
  return files;
}
