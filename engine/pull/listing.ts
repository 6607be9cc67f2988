/**
 * A list of files that somebody else wrote, checked before anything is done with it: plain relative paths
 * that mean the same on every system, no two that are one on some, sizes that are numbers. What it names is
 * not believed, only asked for.
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

/** For people: what cannot be seen, or would turn the line around, is spelt out. */
const show = (text: string) =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text).replace(
    new RegExp(unseen, 'gu'),
    (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`,
  );

/**
 * Names that Windows gives to devices, whatever their ending; it takes superscript figures for figures, too.
 */
const device = /^(con|conin\$|conout\$|prn|aux|nul|clock\$|(com|lpt)[\d¹²³]) *(\.|$)/i;
/** Folders that a version control keeps its own files in, and runs what they say. */
const obeyed = /^(\.git|\.hg|\.svn|\.bzr|git~\d+)$/i;
/**
 * Controls (zero bytes, escapes), marks (right to left, zero width), half characters, and spaces but the
 * plain one.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;

const odd = (part: string): boolean =>
  part === '' || /[/\\]|[. ]$/.test(part) || device.test(part) || obeyed.test(part);
/**
 * As systems may read a name: as it stands, with what only looks like a letter or figure as that (`ＣＯＮ`,
 * `COM¹`).
 */
const mirrors = (part: string): string[] => [part, part.normalize('NFKC')];

/**
 * Letters of any case and form that a system may take for one another (`K` and the Kelvin sign, `ß` and `ẞ`).
 */
const folded = (path: string): string => path.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();

/**
 * Errors: model-unsafe for a path that could lie outside of the folder, or mean another file on another
 * system.
 */
export function checkPath(path: string): void {
  const parts = path.split('/');
  const wrong =
    path.length === 0 ||
    Buffer.byteLength(path) > MAX_PATH ||
    parts.length > MAX_DEPTH ||
    /[\\:*?"<>|]/.test(path) ||
    unseen.test(path) ||
    parts.some((part) => mirrors(part).some(odd));
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
    const name = folded(path);
    const twin = seen.get(name);
    if (twin !== undefined) throw unsafe(`${show(twin)} and ${show(path)} are one file on some systems`);
    seen.set(name, path);
    if (type !== 'file') continue;
    const sha256 = lfs && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : undefined;
    if (lfs && sha256 === undefined) throw unsafe(`${show(path)} has no sha256 but ${show(lfs.oid)}`);
    const gitSha1 = !lfs && oid !== undefined && /^[0-9a-f]{40}$/.test(oid) ? oid : undefined;
    files.push({ path, size: lfs?.size ?? size ?? 0, sha256, gitSha1 });
  }
  // A file that is also the folder of another cannot be.
  const names = new Set(files.map(({ path }) => folded(path)));
  for (const name of names)
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1))
      if (names.has(name.slice(0, at))) throw unsafe(`${show(name.slice(0, at))} is a file and a folder`);
  return files;
}
