/**
 * The file of a backup: a plain tar whose first entry is `manifest.json`, which names every other entry with
 * its size and SHA-256, in order. What is unpacked is what the manifest names and nothing else: no entry is
 * written before its name has been looked at, and a file that is cut short, changed or of another making is
 * refused whole.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { AcclaimError } from '../errors.js';
import { type JsonBounds, parseBounded } from '../files/json-bounds.js';
import { makeFolder, syncFolder } from './folder.js';

export interface ArchivedFile {
  /** With slashes, below the data folder. */
  path: string;
  bytes: number;
  sha256: string;
}

/** What belongs to a session beside its rows. */
export interface SessionArtifacts {
  id: string;
  state: string;
  /** Folders below the data folder, oldest first. */
  folders: string[];
  /** True where they are in the backup. */
  included: boolean;
}

export interface Manifest {
  format: 'acclaim-backup';
  version: 1;
  software: string;
  /** ISO 8601, UTC: the moment whose state this is. */
  createdAt: string;
  /** Number of the newest migration that the database has seen. */
  schema: number;
  /** Rows by table, for a look from outside. */
  rows: Record<string, number>;
  sessions: SessionArtifacts[];
  files: ArchivedFile[];
}

type Chunks = AsyncIterable<Buffer>;

/** A manifest beyond this is none of ours: it would name 1.3 million files. */
const MANIFEST: JsonBounds = { bytes: 256 * 2 ** 20, values: 2 ** 23, depth: 8 };
/** A name that every system takes, and that ends as it stands. */
const part = '[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9_-])?';
const MOST_PATH = 400;
/** What Windows takes for a device, wherever it stands and whatever follows its dot. */
const device = /(^|\/)(con|prn|aux|nul|com\d|lpt\d)([./]|$)/i;
const within = new RegExp(`^${part}(/${part})*$`);
const artifact = new RegExp(`^sessions/(${part})/(rounds|checkpoints)/\\d{1,9}$`);

export const database = 'acclaim.sqlite';
/** Small files beside the database: the key of the voters' hashes, and what the page keeps. */
export const beside = ['secret.key', 'web/cookie-secret', 'web/ended-logins.json'];
export const journal = 'web/messages.jsonl';
const top: ReadonlySet<string> = new Set([database, ...beside, journal]);

/**
 * The list of what may be in a backup: those five files, and files in the folders of rounds and checkpoints
 * that it gives its sessions. Anything else of a data folder is this machine's own (locks, logs of the
 * database, a restore under way), and would be taken for it. Undefined, or the first name that does not
 * belong.
 */
function stranger({ files, sessions }: Manifest): string | undefined {
  const folders = new Set(sessions.flatMap((session) => session.folders));
  const taken = new Set<string>();
  return files.find(({ path }) => {
    const folder = path.split('/', 4).join('/');
    const plain = path.length <= MOST_PATH && !device.test(path);
    const inFolder = plain && folders.has(folder) && within.test(path.slice(folder.length + 1));
    // Names that differ in case are one file on some systems; a file cannot be another's folder.
    const parts = path.toLowerCase().split('/');
    const above = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    const twin = taken.has(`${above.at(-1)}/`) || above.some((name) => taken.has(name));
    for (const name of above.slice(0, -1)) taken.add(`${name}/`);
    taken.add(above.at(-1)!);
    return twin || !(top.has(path) || inFolder);
  })?.path;
}

/** Path, size and SHA-256 of a file below `root`. */
export async function describeFile(root: string, path: string, bytes?: number): Promise<ArchivedFile> {
  const size = bytes ?? (await stat(join(root, path))).size;
  const hash = createHash('sha256');
  if (size > 0) await pipeline(createReadStream(join(root, path), { end: size - 1 }), hash);
  return { path, bytes: size, sha256: hash.digest('hex') };
}

/**
 * Written whole or not at all, readable by its owner alone: it holds the secret of the voters' hashes.
 * `rootOf`: the folder that a path is below.
 */
export async function writeArchive(
  file: string,
  manifest: Manifest,
  rootOf: (path: string) => string,
): Promise<void> {
  const temporary = `${file}.new`;
  const tar = pack();
  const mtime = new Date(manifest.createdAt);
  const fill = async () => {
    const put = (path: string, bytes: Buffer) =>
      new Promise<void>((resolve, reject) => {
        tar.entry({ name: path, mode: 0o600, mtime }, bytes, (error) => (error ? reject(error) : resolve()));
      });
    await put('manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
    for (const { path, bytes } of manifest.files) {
      if (bytes === 0) await put(path, Buffer.alloc(0));
      else {
        const entry = tar.entry({ name: path, size: bytes, mode: 0o600, mtime });
        await pipeline(createReadStream(join(rootOf(path), path), { end: bytes - 1 }), entry);
      }
    }
    tar.finalize();
  };
  try {
    const out = createWriteStream(temporary, { mode: 0o600, flush: true });
    await Promise.all([
      fill().catch((error) => {
        tar.destroy(error as Error);
        throw error;
      }),
      pipeline(tar, out),
    ]);
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Unpacks everything under `dir`, which must be empty. `check` sees the manifest before anything is written.
 * Errors: backup-invalid, with nothing that could be mistaken for a whole backup left to the caller.
 */
export async function readArchive(
  file: string,
  dir: string,
  check: (manifest: Manifest) => void,
): Promise<Manifest> {
  const source = createReadStream(file);
  const tar = extract();
  const read = pipeline(source, tar);
  read.catch(() => {});
  let manifest: Manifest | undefined;
  let next = 0;
  try {
    for await (const entry of tar) {
      const { header } = entry;
      if (header.type !== 'file') throw invalid(file, `${shown(header.name)} is no ordinary file`);
      if (!manifest) {
        if (header.name !== 'manifest.json' || (header.size ?? 0) > MANIFEST.bytes)
          throw invalid(file, 'it does not begin with a manifest');
        manifest = parseManifest(file, await bytesOf(entry as unknown as Chunks));
        check(manifest);
        continue;
      }
      const wanted = manifest.files[next++];
      if (wanted?.path !== header.name || wanted.bytes !== header.size)
        throw invalid(file, `${shown(header.name)} is not what its manifest says`);
      const to = join(dir, wanted.path);
      await makeFolder(dirname(to));
      const hash = createHash('sha256');
      await pipeline(
        entry as unknown as Readable,
        async function* (chunks: Chunks) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(to, { mode: 0o600, flags: 'wx', flush: true }),
      );
      if (hash.digest('hex') !== wanted.sha256) throw invalid(file, `${wanted.path} has changed`);
    }
    await read;
  } catch (error) {
    source.destroy();
    if (error instanceof AcclaimError || (error as NodeJS.ErrnoException).syscall) throw error;
    const { message } = error as Error;
    const short = /unexpected end|destroyed|premature/i.test(message);
    throw invalid(file, short ? 'it is cut short' : message, error);
  }
  if (!manifest) throw invalid(file, 'it is empty');
  if (next < manifest.files.length) throw invalid(file, `${manifest.files[next]!.path} is missing`);
  return manifest;
}

/** For people: what a terminal would obey, or not show, is spelt out. */
const shown = (name: string): string =>
  JSON.stringify(name.slice(0, 80)).replace(/\p{C}/gu, (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`);

async function bytesOf(chunks: Chunks): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function parseManifest(file: string, words: Buffer): Manifest {
  const found = parseBounded(words, MANIFEST, (why, options) =>
    invalid(file, `its manifest cannot be read: ${why}`, options?.cause),
  ) as Manifest;
  if (found?.format !== 'acclaim-backup' || found.version !== 1)
    throw invalid(file, 'its manifest is of another kind');
  const whole =
    Number.isInteger(found.schema) &&
    !Number.isNaN(Date.parse(found.createdAt)) &&
    Array.isArray(found.sessions) &&
    found.sessions.every(isSession) &&
    Array.isArray(found.files) &&
    found.files.every(isFile) &&
    found.files.some(({ path }) => path === database);
  if (!whole) throw invalid(file, 'its manifest is broken');
  const other = stranger(found);
  if (other !== undefined)
    throw invalid(file, `${shown(other)} does not belong in one, or stands there twice`);
  return found;
}

const isFile = (file: Partial<ArchivedFile> | null): boolean =>
  typeof file?.path === 'string' &&
  Number.isSafeInteger(file.bytes) &&
  file.bytes! >= 0 &&
  typeof file.sha256 === 'string';

const isSession = (session: Partial<SessionArtifacts> | null): boolean =>
  typeof session?.id === 'string' &&
  Array.isArray(session.folders) &&
  session.folders.every(
    (folder: unknown) => typeof folder === 'string' && artifact.exec(folder)?.[1] === session.id,
  );

/** The error `backup-invalid`. */
export function invalid(file: string, why: string, cause?: unknown): AcclaimError {
  return new AcclaimError(
    'backup-invalid',
    `${file} is not a whole backup: ${why}`,
    'Nothing was changed. Take another backup; `tar -tf` shows what is in this one.',
    { cause },
  );
}
