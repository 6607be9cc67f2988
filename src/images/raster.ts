/**
 * Pixels as the rest of the house hands them around: 8-bit RGB, rows top to bottom, interleaved. Models speak
 * planar float [3, H, W] in [-1, 1]; the two functions here are the only crossing, rounded to nearest.
 */
import { AcclaimError } from '../errors.js';

export interface Raster {
  width: number;
  height: number;
  /** width x height x 3 bytes. */
  data: Uint8Array;
}

/** Planar [3, H, W] in [-1, 1] -> bytes; what lies outside is clamped, as diffusers does. */
export function rasterFromFloats(planar: Float32Array, width: number, height: number): Raster {
  const area = width * height;
  if (planar.length !== 3 * area) {
    throw new AcclaimError(
      'shape-mismatch',
      `picture of ${planar.length} values is not 3 x ${height} x ${width}`,
    );
  }
  const data = new Uint8Array(3 * area);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < area; i++) {
      const value = Math.floor((planar[c * area + i]! + 1) * 127.5 + 0.5);
      data[3 * i + c] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
  return { width, height, data };
}

/** Bytes -> planar [3, H, W] in [-1, 1], written to `out` at `offset`. */
export function rasterToFloats({ width, height, data }: Raster, out: Float32Array, offset = 0): void {
  const area = width * height;
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < area; i++) out[offset + c * area + i] = data[3 * i + c]! / 127.5 - 1;
  }
}
