/**
 * A folder as one download, in the format that every system unpacks: tar (POSIX ustar, with pax headers for
 * long names). Files are read as they are sent; the size is told beforehand, so that a download shows its
 * progress.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

const BLOCK = 512;
const inBlocks = (bytes: number) => Math.ceil(bytes / BLOCK) * BLOCK;

interface Entry {
  file: string;
  name: string;
  size: number;
  mtime: Date;
}

/** `root`: the folder's name in the archive. */
export async function tarOf(dir: string, root: string): Promise<{ bytes: number; stream: Readable }> {
  const entries: Entry[] = [];
  for (const name of ((await readdir(dir, { recursive: true })) as string[]).sort()) {
    const file = join(dir, name);
    const found = await stat(file);
    const { size, mtime } = found;
    if (found.isFile()) entries.push({ file, name: `${root}/${name.split(sep).join('/')}`, size, mtime });
  }
  const contents = entries.reduce((sum, { size }) => sum + inBlocks(size), 0);
  const tar = pack();
  fill(tar, entries).catch((error) => tar.destroy(error));
  return {
    bytes: (await headerBytes(entries)) + contents,
    stream: Readable.from(tar, { objectMode: false }),
  };
}

/** Bytes of everything but the contents: measured, since a header takes more blocks where a name is long. */
async function headerBytes(entries: readonly Entry[]): Promise<number> {
  const tar = pack();
  for (const { name, mtime } of entries) tar.entry({ name, mtime }, Buffer.alloc(0));
  tar.finalize();
  let bytes = 0;
  for await (const chunk of tar) bytes += (chunk as Buffer).length;
  return bytes;
}

async function fill(tar: Pack, entries: readonly Entry[]): Promise<void> {
  for (const { file, ...header } of entries) {
    // What grows meanwhile is sent as it was.
    const { size } = header;
    if (size > 0) await pipeline(createReadStream(file, { end: size - 1 }), tar.entry(header));
    else tar.entry(header, Buffer.alloc(0));
  }
  tar.finalize();
}
