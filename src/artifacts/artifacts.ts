/**
 * Artifacts in a bucket: `sha256/<ab>/<hash>` holds a file's bytes, or a tree's text, under their SHA-256.
 * Invariants: a tree is put after its files, so that one which is there is whole; what is fetched is checked
 * before it has its name; what is there and young is not sent again. The collector takes what is old, and
 * whatever is taken is sent again when it is wanted.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../clock.js';
import { AcclaimError, toPlain } from '../errors.js';
import { type Bucket, readRange } from './bucket.js';
import { putInParts } from './multipart.js';
import { explain } from './refusals.js';
import {
  corrupt,
  fileAt,
  fileHash,
  MOST_TREE_BYTES,
  parseTree,
  readTree,
  type Tree,
  textHash,
  treeHash,
  treeText,
} from './tree.js';

export interface ArtifactOptions {
  /** Files above this go up in parts of this size. */
  partBytes: number;
  /** Objects older than this may be collected at any time, ms. */
  keepMs: number;
  now?: () => number;
}

/** Files on their way at a time. */
const AT_ONCE = 8;
/** Fetches of one file that may give wrong bytes before the object is taken for wrong. */
const TRIES = 2;

/** Where the objects lie that the collector looks at. */
const FOLDERS = ['sha256/', 'made/'];
const noteKey = (identity: string): string => `made/${identity}`;
const keyOf = (hash: string): string => `sha256/${hash.slice(0, 2)}/${hash}`;

/** Places remembered, at most: a session has two or three in use at a time. */
const REMEMBERED = 500;

/**
 * Trees of files in a bucket, each under the hash of its content: sent once, checked when they are read, let
 * go when nobody has used them.
 */
export class Artifacts {
  private readonly now: () => number;
  /** Place -> hashes of what was last sent of it: what jobs may have in hand. */
  private readonly sent = new Map<string, string[]>();

  constructor(
    readonly bucket: Bucket,
    private readonly options: ArtifactOptions,
  ) {
    this.now = options.now ?? systemClock.now;
  }

  /** Sends what the bucket lacks of the tree at `root`; returns its hash, and the bytes that were sent. */
  async put(root: string, signal?: AbortSignal, tree?: Tree): Promise<{ hash: string; sent: number }> {
    const listed = tree ?? (await readTree(root));
    let sent = 0;
    // Two paths of the same bytes are one object.
    const files = new Map(
      Object.entries(listed.files).map(([path, file]) => [file.sha256, { path, ...file }]),
    );
    const large = ({ bytes }: { bytes: number }) => bytes > this.options.partBytes;
    const putOne = async ({ path, bytes, sha256 }: { path: string; bytes: number; sha256: string }) => {
      if (await this.has(sha256, bytes, signal)) return;
      await this.putFile(fileAt(root, path), bytes, sha256, signal);
      sent += bytes;
    };
    const all = [...files.values()];
    await each(
      all.filter((file) => !large(file)),
      AT_ONCE,
      putOne,
    );
    // Several parts of each are held in memory.
    await each(all.filter(large), 1, putOne);
    const text = Buffer.from(treeText(listed));
    const hash = textHash(text.toString());
    if (!(await this.has(hash, text.length, signal))) {
      await this.bucket.put(keyOf(hash), text, signal);
      sent += text.length;
    }
    this.remember(root, [hash, ...files.keys()]);
    return { hash, sent };
  }

  private remember(root: string, hashes: string[]): void {
    const place = resolve(root);
    this.sent.delete(place);
    this.sent.set(place, hashes);
    for (const oldest of this.sent.keys()) {
      if (this.sent.size <= REMEMBERED) break;
      this.sent.delete(oldest);
    }
  }

  /**
   * Takes what lies at these places out of the bucket: nobody wants it any more. What was sent of other
   * places stays, shared or not. Returns the artifacts' hashes. Errors: file-not-found, bucket-unreachable,
   * bucket-refused.
   */
  async withdraw(roots: readonly string[]): Promise<string[]> {
    for (const root of roots) this.sent.delete(resolve(root));
    const inHand = new Set([...this.sent.values()].flat());
    const gone: string[] = [];
    for (const root of roots) {
      const tree = await readTree(root);
      const hash = treeHash(tree);
      gone.push(hash);
      // The list last: an end in between leaves something to go on from.
      const hashes = new Set([...Object.values(tree.files).map(({ sha256 }) => sha256), hash]);
      await each(
        [...hashes].filter((one) => !inHand.has(one)),
        AT_ONCE,
        (one) => this.bucket.remove(keyOf(one)),
      );
    }
    return gone;
  }

  async tree(hash: string, signal?: AbortSignal): Promise<Tree> {
    const pieces: Buffer[] = [];
    let size = 0;
    const body = await this.bucket.get(keyOf(hash), signal);
    try {
      for await (const piece of body) {
        size += (piece as Buffer).length;
        if (size > MOST_TREE_BYTES) throw corrupt(hash, 'its list of files is too long');
        pieces.push(piece as Buffer);
      }
      return parseTree(Buffer.concat(pieces).toString(), hash);
    } catch (error) {
      if (toPlain(error).code === 'artifact-corrupt') await this.bucket.remove(keyOf(hash));
      throw explain(error, this.bucket.where, `get ${keyOf(hash)}`);
    }
  }

  /**
   * Fetches an artifact to `root`, which is then a folder or a file. Files that lie there already with the
   * right bytes are not fetched again. Errors: artifact-missing, artifact-corrupt (the object is removed, so
   * that it can be sent again), bucket-unreachable, bucket-refused.
   */
  async get(hash: string, root: string, signal?: AbortSignal): Promise<Tree> {
    const tree = await this.tree(hash, signal);
    await each(Object.entries(tree.files), AT_ONCE, async ([path, { bytes, sha256 }]) => {
      const file = fileAt(root, path);
      const there = await stat(file).catch(() => null);
      if (there?.isFile() && there.size === bytes && (await fileHash(file)) === sha256) return;
      await mkdir(dirname(file), { recursive: true });
      await this.getFile(sha256, bytes, file, signal);
    });
    return tree;
  }

  /** Takes an artifact and its files away; others that share a file get it anew when they want it. */
  async remove(hash: string): Promise<void> {
    const tree = await this.tree(hash).catch((error) => {
      if (['artifact-missing', 'artifact-corrupt'].includes(toPlain(error).code)) return null;
      throw error;
    });
    // The list last: an end in between leaves something to go on from.
    const hashes = new Set(Object.values(tree?.files ?? {}).map(({ sha256 }) => sha256));
    await each([...hashes, hash], 1, (one) => this.bucket.remove(keyOf(one)));
  }

  /** Puts down what was made of work of that identity: another note of it is overwritten. */
  async note(identity: string, text: string, signal?: AbortSignal): Promise<void> {
    await this.bucket.put(noteKey(identity), Buffer.from(text), signal);
  }

  /** Null where there is none, or it is longer than `most` bytes. */
  async noted(identity: string, most: number, signal?: AbortSignal): Promise<string | null> {
    const found = await this.bucket.head(noteKey(identity), signal);
    if (!found || found.bytes > most) return null;
    const pieces: Buffer[] = [];
    for await (const piece of await this.bucket.get(noteKey(identity), signal)) pieces.push(piece as Buffer);
    return Buffer.concat(pieces).toString();
  }

  async forgetNote(identity: string): Promise<void> {
    await this.bucket.remove(noteKey(identity));
  }

  /** Removes what is older than `keepMs`, and uploads that nobody has ended for so long. */
  async collect(): Promise<{ objects: number; bytes: number; uploads: number }> {
    const before = this.now() - this.options.keepMs;
    const found = { objects: 0, bytes: 0, uploads: 0 };
    for (const folder of FOLDERS)
      for await (const { key, bytes, modified } of this.bucket.list(folder)) {
        if (modified >= before) continue;
        await this.bucket.remove(key);
        found.objects += 1;
        found.bytes += bytes;
      }
    for await (const { key, id, begun } of this.bucket.uploads('sha256/')) {
      if (begun >= before) continue;
      await this.bucket.abandon(key, id);
      found.uploads += 1;
    }
    return found;
  }

  /** Puts, reads and removes something small. Errors: bucket-refused, bucket-unreachable. */
  async probe(): Promise<void> {
    const key = `probe/${randomBytes(8).toString('hex')}`;
    const body = randomBytes(64);
    await this.bucket.put(key, body);
    const pieces: Buffer[] = [];
    for await (const piece of await this.bucket.get(key)) pieces.push(piece as Buffer);
    for await (const _ of this.bucket.list('probe/')) break;
    for await (const _ of this.bucket.uploads('probe/')) break;
    await this.bucket.remove(key);
    if (!Buffer.concat(pieces).equals(body))
      throw new AcclaimError('artifact-corrupt', `${this.bucket.where} gives other bytes than were put`);
  }

  /** There, whole, and not so old that it might be collected before it is wanted. */
  private async has(hash: string, bytes: number, signal?: AbortSignal): Promise<boolean> {
    const found = await this.bucket.head(keyOf(hash), signal);
    return found?.bytes === bytes && found.modified > this.now() - this.options.keepMs / 2;
  }

  private async putFile(file: string, bytes: number, sha256: string, signal?: AbortSignal): Promise<void> {
    const key = keyOf(sha256);
    const { partBytes } = this.options;
    if (bytes > partBytes) {
      await putInParts(this.bucket, key, { file, bytes, sha256, partBytes, signal });
      return;
    }
    const body = await readRange(file, 0, bytes);
    if (createHash('sha256').update(body).digest('hex') !== sha256)
      throw new AcclaimError('file-corrupt', `${file} has changed while it was sent`, 'Run it again.');
    await this.bucket.put(key, body, signal);
  }

  private async getFile(sha256: string, bytes: number, file: string, signal?: AbortSignal): Promise<void> {
    const key = keyOf(sha256);
    const partial = `${file}.${randomBytes(4).toString('hex')}.partial`;
    try {
      for (let left = TRIES; left > 0; left--) {
        const body = await this.bucket.get(key, signal);
        const hash = createHash('sha256');
        let size = 0;
        const check = new Transform({
          transform(piece: Buffer, _encoding, done) {
            size += piece.length;
            hash.update(piece);
            // More than was named is never written down.
            done(size > bytes ? corrupt(sha256, `it is longer than ${bytes} bytes`) : null, piece);
          },
        });
        try {
          await pipeline(body, check, createWriteStream(partial, { flush: true }), { signal });
        } catch (error) {
          if (toPlain(error).code !== 'artifact-corrupt') throw unfinished(error, this.bucket.where, key);
        }
        if (size === bytes && hash.digest('hex') === sha256) return await rename(partial, file);
      }
    } finally {
      await rm(partial, { force: true });
    }
    await this.bucket.remove(key);
    throw corrupt(sha256, `the bytes under ${key} are others`);
  }
}

/** The disk's own faults stay what they are. */
function unfinished(error: unknown, where: string, key: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AcclaimError(
      'disk-full',
      `no space left for ${key}`,
      'Free some space; it goes on by itself.',
    );
  return syscall === 'open' || syscall === 'write' ? error : explain(error, where, `get ${key}`);
}

/** All of them, so many at a time; the first fault ends it once those under way have ended. */
async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const faults: unknown[] = [];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined && faults.length === 0; item = queue.shift())
      await work(item).catch((error) => faults.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (faults.length > 0) throw faults[0];
}
