/**
 * What a decoder is given: three formats told by their bytes, and no more pixels than ours have; everywhere
 * pictures come in.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { AcclaimError } from '../../../src/errors.js';
import { blurred, withoutWebp } from '../../../src/images/convert.js';
import { decodePicture } from '../../../src/images/png.js';
import { readRaster } from '../../../src/images/read.js';
import { shrink } from '../../../src/images/shrink.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-open-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** A PNG that says in its header that it is of this size; its rows would follow. */
async function png(width: number, height: number): Promise<Buffer> {
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** PNG annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
);
const small = (format: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif') =>
  sharp({ create: { width: 32, height: 16, channels: 3, background: '#123456' } })
    .toFormat(format)
    .toBuffer();

/** Every way in. */
const readers: Record<string, (bytes: Buffer) => Promise<unknown>> = {
  readRaster: (bytes) => {
    writeFileSync(join(dir, 'picture'), bytes);
    return readRaster(join(dir, 'picture'));
  },
  decodePicture: (bytes) => decodePicture(bytes),
  blurred,
  shrink: (bytes) => shrink(bytes, Math.min(bytes.length - 1, 1e5)),
};

describe.each(Object.entries(readers))('%s', (name, read) => {
  test('refuses other formats', async () => {
    for (const bytes of [
      svg,
      Buffer.from(`<?xml version="1.0"?>${svg}`),
      await small('gif'),
      await small('tiff'),
    ])
      await expect(read(bytes)).rejects.toMatchObject({ name: 'AcclaimError', code: 'file-corrupt' });
  });

  test('refuses more pixels than ours have, before any is decoded', async () => {
    const error = await read(await png(16_000, 16_000)).catch((thrown: Error) => thrown);
    expect(`${(error as Error).cause ?? error}`).toMatch(/exceeds pixel limit/);
  });

  test('says one coded error of bytes that a decoder gives up on', async () => {
    const whole = await small('jpeg');
    const torn = Buffer.concat([whole.subarray(0, 20), Buffer.alloc(200, 255)]);
    const refused = await read(torn).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'AcclaimError', code: 'file-corrupt' });
    expect((refused as AcclaimError).hint).not.toBe('');
  });

  if (name !== 'shrink')
    test('takes the three that there are', async () => {
      for (const format of ['png', 'jpeg', 'webp'] as const)
        await expect(read(await small(format)), format).resolves.toBeDefined();
    });
});

test('what is no WebP is not converted', async () => {
  expect(await withoutWebp(svg)).toBe(svg);
});
