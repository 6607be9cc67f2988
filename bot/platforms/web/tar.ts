/**
 * A folder as one download, in the format that every system unpacks: POSIX ustar (IEEE Std 1003.1, pax, "ustar
 * Interchange Format"). Files are read as they are sent; sizes are told beforehand, so that a download shows its progress.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { AcclaimError } from '../../../src/errors.js';

const BLOCK = 512;
const padding = (bytes: number) => (BLOCK - (bytes % BLOCK)) % BLOCK;

interface Entry {
  file: string;
  name: string;
  bytes: number;
  at: number;
}

/** `root`: the folder's name in the archive. */
export async function tarOf(dir: string, root: string): Promise<{ bytes: number; stream: Readable }> {
  const entries: Entry[] = [];
  for (const name of ((await readdir(dir, { recursive: true })) as string[]).sort()) {
    const file = join(dir, name);
    const { size, mtimeMs } = await stat(file);
    if ((await stat(file)).isFile())
      entries.push({ file, name: `${root}/${name.split(sep).join('/')}`, bytes: size, at: mtimeMs });
  }
  const bytes = entries.reduce((sum, one) => sum + BLOCK + one.bytes + padding(one.bytes), 2 * BLOCK);
  return { bytes, stream: Readable.from(blocks(entries), { objectMode: false }) };
}

async function* blocks(entries: readonly Entry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield header(entry);
    yield* createReadStream(entry.file);
    yield Buffer.alloc(padding(entry.bytes));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header({ name, bytes, at }: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number) =>
    block.write(
      Math.floor(value)
        .toString(8)
        .padStart(length - 1, '0'),
      offset,
      'ascii',
    );
  const { prefix, rest } = split(name);
  block.write(rest, 0, 'utf8');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (bytes < 8 ** 11) octal(bytes, 124, 12);
  // Above 8 GiB as GNU and pax programs read it: base 256, the first bit set.
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  octal(at / 1000, 136, 12);
  block.write('        0', 148, 'ascii');
  block.write('ustar\x0000', 257, 'ascii');
  block.write(prefix, 345, 'utf8');
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  block.write('\0 ', 154, 'ascii');
  return block;
}

/** Up to 100 bytes of name behind up to 155 of folders. */
function split(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name };
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) return { prefix, rest };
  }
  throw new AcclaimError('internal', `${name} is too long a name for an archive`);
}
