/**
 * PNG in and out, and the home of PNG: the engine's pictures, previews and rounds go through it too. The same
 * pixels and notes give the same bytes: the encoder comes with its packages, its settings are fixed and no
 * time stamp is written. Notes (prompt, model hash, seed, round, software) travel as iTXt chunks right after
 * IHDR, UTF-8, in the order given (PNG specification 11.3.3.4); sharp writes no such chunks, so they are
 * spliced in here.
 */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { AcclaimError } from '../errors.js';
import { openPicture } from './open.js';
import type { Raster } from './raster.js';

/** Keyword (1-79 Latin-1 characters) -> text. */
export type PngNotes = Record<string, string>;

/** Signature (8) + IHDR (4 length, 4 type, 13 data, 4 CRC): where the notes go. */
const afterHeader = 33;

/** A PNG of 8-bit RGB; equal pixels give equal bytes. */
export async function encodePng(raster: Raster, notes: PngNotes = {}): Promise<Buffer> {
  const { width, height, data } = raster;
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6, adaptiveFiltering: true, palette: false })
    .toBuffer();
  return withNotes(bytes, notes);
}

/** Any PNG, JPEG or WebP -> RGB; transparency is laid on white. */
export async function decodePicture(source: string | Buffer): Promise<Raster> {
  try {
    const input = typeof source === 'string' ? await readFile(source) : source;
    const { data, info } = await openPicture(input)
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { width: info.width, height: info.height, data: new Uint8Array(data) };
  } catch (cause) {
    const name = typeof source === 'string' ? source : 'picture';
    throw new AcclaimError('file-corrupt', `cannot read ${name} as a picture`, 'Generate the round again.', {
      cause,
    });
  }
}

/** Notes of a PNG written by us; {} for any other. */
export function readPngNotes(png: Uint8Array): PngNotes {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const notes: PngNotes = {};
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'iTXt') {
      const body = bytes.subarray(at + 8, at + 8 + length);
      const end = body.indexOf(0);
      // keyword, 0, compression flag, compression method, language, 0, translated keyword, 0, text
      const language = body.indexOf(0, end + 3);
      const translated = body.indexOf(0, language + 1);
      notes[body.toString('latin1', 0, end)] = body.toString('utf8', translated + 1);
    }
    at += 12 + length;
  }
  return notes;
}

function withNotes(png: Buffer, notes: PngNotes): Buffer {
  const chunks = Object.entries(notes).map(([keyword, text]) => {
    const body = Buffer.concat([
      Buffer.from(keyword.slice(0, 79), 'latin1'),
      Buffer.from([0, 0, 0, 0, 0]),
      Buffer.from(text, 'utf8'),
    ]);
    return chunk('iTXt', body);
  });
  return chunks.length === 0
    ? png
    : Buffer.concat([png.subarray(0, afterHeader), ...chunks, png.subarray(afterHeader)]);
}

function chunk(type: string, body: Buffer): Buffer {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  body.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

/** CRC-32 of PNG annex D, bit by bit: chunks are short. (zlib.crc32 is newer than Node 20.) */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
