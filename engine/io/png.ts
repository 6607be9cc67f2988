/**
 * PNG, eight-bit RGB, as the engine needs it: written with provenance in text chunks, read back for the judge.
 * Lossless, so what is judged is exactly what people saw. PNG specification (W3C, third edition), sections 5, 9, 11.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { AcclaimError } from '../../src/errors.js';

export interface Rgb {
  width: number;
  height: number;
  /** Three bytes a pixel, rows from the top. */
  pixels: Uint8Array;
}

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const MAX_SIDE = 16384;
/** As in src/images/open.ts: rows are inflated whole. */
const MOST_PIXELS = 8192 * 8192;
const UP = 2;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** `text`: keyword -> UTF-8 value, as iTXt chunks; keywords are 1 to 79 latin characters. */
export function encodePng({ width, height, pixels }: Rgb, text: Record<string, string> = {}): Buffer {
  const stride = width * 3;
  if (pixels.length !== stride * height)
    throw new Error(`${pixels.length} bytes are not ${width}x${height} RGB`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // bit depth, RGB, deflate, adaptive filters, not interlaced
  const rows = Buffer.alloc((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const at = y * (stride + 1);
    rows[at] = UP;
    for (let x = 0; x < stride; x++)
      rows[at + 1 + x] = pixels[y * stride + x] - (y ? pixels[(y - 1) * stride + x] : 0);
  }
  const notes = Object.entries(text).map(([keyword, value]) =>
    chunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(value)])),
  );
  const data = chunk('IDAT', deflateSync(rows, { level: 6 }));
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), ...notes, data, chunk('IEND', Buffer.alloc(0))]);
}

/** Eight-bit RGB, not interlaced, any filter; anything else is AcclaimError `file-corrupt`. */
export function decodePng(file: Uint8Array, name = 'image'): Rgb {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const refuse = (why: string): never => {
    throw new AcclaimError('file-corrupt', `${name}: ${why}`, 'Use the PNG as it was written by generate.');
  };
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(SIGNATURE)) return refuse('not a PNG file');
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  if (!bytes.subarray(24, 29).equals(Buffer.from([8, 2, 0, 0, 0]))) return refuse('not eight-bit RGB');
  if (!width || !height || width > MAX_SIDE || height > MAX_SIDE || width * height > MOST_PIXELS)
    return refuse(`size ${width}x${height}`);
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at + 12 + length > bytes.length) return refuse('truncated');
    const body = bytes.subarray(at + 4, at + 8 + length);
    if (bytes.readUInt32BE(at + 8 + length) !== crc32(body)) return refuse('checksum');
    if (body.toString('latin1', 0, 4) === 'IDAT') parts.push(body.subarray(4));
    at += 12 + length;
  }
  const stride = width * 3;
  let rows: Buffer;
  try {
    rows = inflateSync(Buffer.concat(parts), { maxOutputLength: (stride + 1) * height });
  } catch {
    return refuse('pixel data');
  }
  if (rows.length !== (stride + 1) * height) return refuse('too few pixels');
  return { width, height, pixels: unfilter(rows, stride, height, refuse) };
}

function unfilter(rows: Buffer, stride: number, height: number, refuse: (why: string) => never): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    for (let x = 0; x < stride; x++) {
      const left = x >= 3 ? out[y * stride + x - 3] : 0;
      const above = y ? out[(y - 1) * stride + x] : 0;
      const corner = y && x >= 3 ? out[(y - 1) * stride + x - 3] : 0;
      const guess =
        filter === 0
          ? 0
          : filter === 1
            ? left
            : filter === UP
              ? above
              : filter === 3
                ? (left + above) >> 1
                : filter === 4
                  ? paeth(left, above, corner)
                  : refuse(`filter ${filter}`);
      out[y * stride + x] = rows[y * (stride + 1) + 1 + x] + guess;
    }
  }
  return out;
}

/** Whichever neighbour is nearest to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const p = left + above - corner;
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - above), Math.abs(p - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

/** One image [3,H,W] in [-1, 1] -> eight-bit RGB, rounded to nearest. */
export function toRgb(data: Float32Array, width: number, height: number): Rgb {
  const pixels = new Uint8Array(width * height * 3);
  const plane = width * height;
  for (let i = 0; i < plane; i++)
    for (let c = 0; c < 3; c++) {
      const v = Math.floor((data[c * plane + i] + 1) * 127.5 + 0.5);
      pixels[i * 3 + c] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
  return { width, height, pixels };
}

/** Eight-bit RGB -> [3,H,W] in [-1, 1], written to `out` at `offset`. */
export function fromRgb({ width, height, pixels }: Rgb, out: Float32Array, offset = 0): void {
  const plane = width * height;
  for (let i = 0; i < plane; i++)
    for (let c = 0; c < 3; c++) out[offset + c * plane + i] = pixels[i * 3 + c]! / 127.5 - 1;
}
