/**
 * Seeded mutations of what strangers write: JSON by its structure, bytes by place, safetensors headers,
 * backups and pictures with their sums put right, so that what was changed inside is reached.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export type Random = () => number;

/** Numbers in [0, 1) that a (seed, case) pair decides: mulberry32. */
export function randomOf(seed: number, k: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(k + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T,>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** [[[...]]] */
const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

const strange: readonly unknown[] = [
  0,
  -1,
  1,
  2,
  3,
  0.5,
  -0.5,
  255,
  65536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e18,
  1e308,
  -1e308,
  null,
  true,
  false,
  '',
  ' ',
  '0',
  'NaN',
  '..',
  '../..',
  '../outside.safetensors',
  '/etc/passwd',
  'C:\\evil',
  'a\u0000b',
  '\u202e',
  '\ud800',
  'con',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(10_000),
  [],
  {},
  [[]],
  [null],
  [0],
  [1, 2, 3],
  { a: 1 },
  [[[[[[[[]]]]]]]],
  nested(2000),
  Array(20_000).fill(32),
];

type Holder = Record<string, unknown>;

/** Every place of a JSON value, as [holder, key]. */
function places(value: unknown, out: [Holder, string][] = []): [Holder, string][] {
  if (typeof value !== 'object' || value === null) return out;
  for (const [key, inner] of Object.entries(value)) {
    out.push([value as Holder, key]);
    if (out.length < 4000) places(inner, out);
  }
  return out;
}

/** One to four changes of the structure. */
export function mutateJson(random: Random, source: unknown): unknown {
  const root: Holder = { value: structuredClone(source) };
  for (let n = 1 + Math.floor(random() * 4); n > 0; n--) {
    const [holder, key] = pick(random, places(root));
    // The whole value may be replaced, not taken away.
    const act = holder === root ? 0 : Math.floor(random() * 6);
    if (act === 0) holder[key] = structuredClone(pick(random, strange));
    else if (act === 1) {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    } else if (act === 2) {
      const value = holder[key];
      if (!Array.isArray(holder)) delete holder[key];
      const name = pick(random, strange);
      Object.defineProperty(holder, Array.isArray(holder) ? holder.length : String(name), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else if (act === 3 && typeof holder[key] === 'number') {
      holder[key] = pick(random, [
        holder[key] * 2,
        -holder[key],
        holder[key] + 1,
        holder[key] / 3,
        holder[key] * 2 ** 30,
      ]);
    } else if (act === 4 && typeof holder[key] === 'string') {
      const at = Math.floor(random() * (holder[key].length + 1));
      holder[key] =
        holder[key].slice(0, at) +
        pick(random, ['', '/', '..', '\u0000', 'é', holder[key]]) +
        holder[key].slice(at);
    } else {
      const other = pick(random, places(root));
      holder[key] = structuredClone(other[0][other[1]]);
    }
  }
  return root.value;
}

/** One to eight changes of the bytes. */
export function mutateBytes(random: Random, source: Uint8Array): Buffer {
  let bytes: Buffer = Buffer.from(source);
  for (let n = 1 + Math.floor(random() * 8); n > 0; n--) {
    const at = Math.floor(random() * bytes.length);
    const act = Math.floor(random() * 5);
    if (act === 0) bytes[at] = Math.floor(random() * 256);
    else if (act === 1) bytes[at]! ^= 1 << Math.floor(random() * 8);
    else if (act === 2) bytes = bytes.subarray(0, at);
    else if (act === 3)
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(pick(random, ['[', '{', '"', '\\', '\u0000', '9', '-', '\n', ' '])),
        bytes.subarray(at),
      ]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(random() * bytes.length))]);
    if (bytes.length === 0) bytes = Buffer.from([0]);
  }
  return bytes;
}

/**
 * SHA-256 as a backup's manifest has it, so that what was changed is looked at and not only refused for its
 * sum.
 */
const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A tar's headers with their sums put right: what is mutated inside is reached. */
function resummed(tar: Buffer): Buffer {
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512);
    if (header[0] === 0) break;
    header.fill(32, 148, 156);
    let total = 0;
    for (const byte of header) total += byte;
    header.write(`${total.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8);
    if (!Number.isSafeInteger(size) || size < 0) break;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return tar;
}

/** One entry of a tar, as tar-stream writes it for a backup. */
function entry(name: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name.slice(0, 100), 0);
  header.write(
    `0000600\x000000000\x000000000\0${bytes.length.toString(8).padStart(11, '0')}\x0000000000000\0`,
    100,
  );
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A backup taken apart: its manifest without its files, and those. */
export interface Archived {
  manifest: object;
  files: readonly { path: string; bytes: Buffer }[];
}

export interface Picture {
  format: string;
  bytes: Buffer;
}

/**
 * A backup with its manifest changed, its files changed and named by the right sums, or its bytes torn: so
 * that headers, manifest and contents are each reached.
 */
export function mutatedArchive(random: Random, { manifest, files }: Archived): Buffer {
  const kept = files.map(({ path, bytes }) => {
    const other = random() < 0.3 ? mutateBytes(random, bytes) : bytes;
    return { path, bytes: other };
  });
  const named = kept.map(({ path, bytes }) => ({ path, bytes: bytes.length, sha256: sum(bytes) }));
  const whole = { ...manifest, files: named };
  const text =
    random() < 0.2
      ? mutateBytes(random, Buffer.from(JSON.stringify(whole)))
      : Buffer.from(JSON.stringify(random() < 0.6 ? mutateJson(random, whole) : whole));
  const tar = Buffer.concat([
    entry('manifest.json', text),
    ...kept.map(({ path, bytes }) => entry(path, bytes)),
    Buffer.alloc(1024),
  ]);
  const act = random();
  if (act < 0.25) return mutateBytes(random, resummed(tar));
  if (act < 0.5) {
    // Of a header: name, size, type, link.
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--)
      tar[Math.floor(random() * 345)] = pick(random, [0, 47, 46, 48, 49, 50, 53, 55, 76, 120, 128, 255]);
  }
  return resummed(tar);
}

/**
 * A picture with torn bytes; of a PNG the chunks' sums are put right half of the time, so that decoders see
 * them.
 */
export function mutatedPicture(random: Random, { format, bytes }: Picture): Buffer {
  const torn = mutateBytes(random, bytes);
  return format === 'png' && random() < 0.5 ? resummedPng(torn) : torn;
}

function resummedPng(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** As text or, one time in three, with torn bytes. */
export function mutatedText(random: Random, path: string): Buffer {
  if (random() < 1 / 3 || !path.endsWith('.json')) return mutateBytes(random, readFileSync(path));
  return Buffer.from(JSON.stringify(mutateJson(random, json(path))));
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
}

/** A header that stays whole, with other names, dtypes of the same width and shapes of the same size. */
function renamed(random: Random, header: Record<string, HeaderEntry>): unknown {
  const names = Object.keys(header);
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const [name, other] = [pick(random, names), pick(random, names)];
    const entry = header[name];
    if (entry === undefined) continue;
    const act = Math.floor(random() * 4);
    if (act === 0) [header[name], header[other]] = [header[other]!, entry];
    else if (act === 1 && Array.isArray(entry.shape)) entry.shape = [...entry.shape].reverse();
    else if (act === 2 && entry.dtype === 'F16') entry.dtype = pick(random, ['BF16', 'I16', 'U16']);
    else if (act === 2 && entry.dtype === 'F32') entry.dtype = pick(random, ['I32', 'U32']);
    else {
      delete header[name];
      const at = Math.floor(random() * name.length);
      header[
        name.slice(0, at) + pick(random, ['x', '.', '..', '_', '9', '\u0000', '']) + name.slice(at + 1)
      ] = entry;
    }
  }
  return header;
}

/** A safetensors file with a mutated header: the length prefix right, or mutated too. */
export function mutatedTensors(random: Random, path: string): Buffer {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = bytes.subarray(8, 8 + length);
  const act = random();
  const text =
    act < 0.3
      ? mutateBytes(random, header)
      : Buffer.from(
          JSON.stringify((act < 0.6 ? mutateJson : renamed)(random, JSON.parse(header.toString()))),
        );
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(random() < 0.8 ? BigInt(text.length) : BigInt(Math.floor(random() * 2 ** 53)));
  const whole = Buffer.concat([prefix, text, bytes.subarray(8 + length)]);
  return random() < 0.2 ? whole.subarray(0, Math.floor(random() * whole.length)) : whole;
}
