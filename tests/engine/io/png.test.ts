/** PNG: what is written is read back bit for bit, and agrees with sharp's decoder and encoder. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePng, encodePng, fromRgb, toRgb } from '../../../engine/io/png.js';
import { Rng } from '../../../src/rng.js';

const rng = new Rng(1, 0, 'png');
const noise = (width: number, height: number) => ({
  width,
  height,
  pixels: Uint8Array.from({ length: width * height * 3 }, () => rng.integer(256)),
});

describe('png', () => {
  it('keeps every pixel, also for an independent decoder', async () => {
    const image = noise(33, 17);
    const file = encodePng(image, { prompt: 'a café, ☃' });
    expect(decodePng(file)).toEqual(image);
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([33, 17, 3]);
    expect(new Uint8Array(data)).toEqual(image.pixels);
    expect(file.includes(Buffer.from('a café, ☃'))).toBe(true);
  });

  it('reads every filter that an independent encoder chooses', async () => {
    const ramp = { width: 64, height: 64, pixels: new Uint8Array(64 * 64 * 3) };
    for (let i = 0; i < ramp.pixels.length; i++) ramp.pixels[i] = (i * 7 + (i >> 6)) % 256;
    for (const image of [ramp, noise(20, 20)]) {
      const raw = { width: image.width, height: image.height, channels: 3 as const };
      const file = await sharp(image.pixels, { raw }).png({ adaptiveFiltering: true }).toBuffer();
      expect(decodePng(file).pixels).toEqual(image.pixels);
    }
  });

  it('rounds to nearest and clamps', () => {
    const { pixels } = toRgb(Float32Array.of(-1, 1, 0, -2, 2, 0.5), 2, 1);
    expect([...pixels]).toEqual([0, 128, 255, 255, 0, 191]);
    const back = new Float32Array(6);
    fromRgb({ width: 2, height: 1, pixels }, back);
    expect(Math.abs(back[5]! - 0.5)).toBeLessThan(1 / 255);
  });

  it('refuses damage with a coded error', () => {
    const file = encodePng(noise(8, 8));
    for (let at = 0; at < file.length; at++) {
      const damaged = Buffer.from(file);
      damaged[at]! ^= 0x10;
      expect(() => decodePng(damaged), `byte ${at}`).toThrow(
        expect.objectContaining({ code: 'file-corrupt' }),
      );
    }
    expect(() => decodePng(file.subarray(0, 40))).toThrow(expect.objectContaining({ code: 'file-corrupt' }));
  });
});
