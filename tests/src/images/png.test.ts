import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AcclaimError } from '../../../src/errors.js';
import { decodePicture, encodePng, readPngNotes } from '../../../src/images/png.js';
import { type Raster, rasterFromFloats, rasterToFloats } from '../../../src/images/raster.js';

/** A picture in which width, height and channel order all show. */
function gradient(width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x * 9, y * 17, (x * y) % 251], (y * width + x) * 3);
  }
  return { width, height, data };
}

/**
 * Reads a PNG by the specification: RGB, 8 bits, no interlace; undoes the five filters. Independent of sharp.
 */
function readByHand(png: Buffer): Raster {
  const chunks: { type: string; body: Buffer }[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 8, at + 8 + length);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), body });
    at += length + 12;
  }
  const header = chunks[0]!.body;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, 2, 0, 0, 0]);
  const raw = inflateSync(Buffer.concat(chunks.filter((c) => c.type === 'IDAT').map((c) => c.body)));
  const stride = width * 3;
  const data = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const left = i >= 3 ? data[y * stride + i - 3]! : 0;
      const up = y > 0 ? data[(y - 1) * stride + i]! : 0;
      const corner = i >= 3 && y > 0 ? data[(y - 1) * stride + i - 3]! : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      data[y * stride + i] = raw[y * (stride + 1) + 1 + i]! + predicted;
    }
  }
  return { width, height, data };
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

describe('png', () => {
  const notes = {
    prompt: 'a cat, größer – 猫',
    'model hash': 'ab12',
    seed: '7',
    round: '3',
    software: 'Acclaim 0.1.0',
  };

  it('writes pixels that a reader made from the specification gets back', async () => {
    const picture = gradient(19, 11);
    const png = await encodePng(picture, notes);
    expect(readByHand(png)).toEqual(picture);
    expect(await decodePicture(png)).toEqual(picture);
  });

  it('gives the same bytes for the same picture and notes', async () => {
    expect(await encodePng(gradient(8, 5), notes)).toEqual(await encodePng(gradient(8, 5), notes));
  });

  it('carries its notes, in order, in any script', async () => {
    const png = await encodePng(gradient(4, 4), notes);
    expect(Object.entries(readPngNotes(png))).toEqual(Object.entries(notes));
    expect(readPngNotes(await encodePng(gradient(4, 4)))).toEqual({});
  });

  it('never takes a picture of ours whose file was damaged for another: it is refused, or all pixels are there', async () => {
    const [picture, code] = [gradient(8, 8), 'file-corrupt'];
    const png = await encodePng(picture, notes);
    let refused = 0;
    for (let at = 0; at < png.length; at++) {
      const damaged = Buffer.from(png);
      damaged[at]! ^= 0x10;
      const read = await decodePicture(damaged).catch((error) => error);
      if (read instanceof Error) refused += Number((read as AcclaimError).code === code);
      else expect(read, `byte ${at}`).toEqual(picture);
    }
    // All of header and pixels; of notes and the end a decoder may think less.
    expect(refused).toBeGreaterThan(png.length - JSON.stringify(notes).length - 150);
    await expect(decodePicture(png.subarray(0, png.length - 60))).rejects.toMatchObject({ code });
  });

  it('refuses what is no picture with a coded error', async () => {
    await expect(decodePicture(Buffer.from('not a picture'))).rejects.toMatchObject({ code: 'file-corrupt' });
    await expect(decodePicture('/nowhere/0000.png')).rejects.toMatchObject({ code: 'file-corrupt' });
  });
});

describe('raster', () => {
  it('turns planar floats into interleaved bytes as diffusers does', () => {
    // Two pixels: (-1, 0, 1) and values beyond the range.
    const planar = new Float32Array([-1, 2, 0, -3, 1, 0.5]);
    const expected = [0, 128, 255, 255, 0, Math.round(0.75 * 255)];
    expect([...rasterFromFloats(planar, 2, 1).data]).toEqual(expected);
  });

  it('comes back within half a grey level', () => {
    const picture = gradient(7, 3);
    const planar = new Float32Array(5 + 3 * 7 * 3);
    rasterToFloats(picture, planar, 5);
    expect(rasterFromFloats(planar.subarray(5), 7, 3)).toEqual(picture);
  });

  it('refuses a wrong number of values', () => {
    expect(() => rasterFromFloats(new Float32Array(10), 2, 2)).toThrow(
      expect.objectContaining({ code: 'shape-mismatch' }),
    );
  });
});
