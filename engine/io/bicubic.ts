/**
 * Bicubic resizing with antialiasing as Pillow does it on eight-bit pictures, bit for bit: two passes, across
 * and then down, each rounding to bytes, with the kernel stretched where the picture shrinks, and weights in
 * 22-bit fixed point. CLIP was trained on pictures made small this way; another kernel moves its scores.
 */
import type { Raster } from '../../src/images/raster.js';

/** Keys' cubic with a = -1/2. */
const A = -0.5;
const SUPPORT = 2;
const PRECISION = 2 ** 22;

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

interface Taps {
  /** First source position. */
  readonly from: number;
  /** Weight of each position from there, times 2^22. */
  readonly weights: readonly number[];
}

/** For each of `to` positions what of `from` positions it is made of. */
function taps(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = SUPPORT * stretch;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(from, Math.trunc(centre + reach + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => cubic((first + k - centre + 0.5) / stretch));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { from: first, weights: raw.map((w) => roundAway((w / sum) * PRECISION)) };
  });
}

const roundAway = (x: number): number => Math.trunc(x < 0 ? x - 0.5 : x + 0.5);

const toByte = (sum: number): number =>
  Math.max(0, Math.min(255, Math.floor((sum + PRECISION / 2) / PRECISION)));

/** An 8-bit RGB picture in another size. */
export function resizeBicubic({ width, height, data }: Raster, toWidth: number, toHeight: number): Raster {
  let across = data;
  if (toWidth !== width) {
    across = new Uint8Array(toWidth * height * 3);
    for (const [x, { from, weights }] of taps(width, toWidth).entries())
      for (let y = 0; y < height; y++)
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let k = 0; k < weights.length; k++) sum += weights[k] * data[(y * width + from + k) * 3 + c];
          across[(y * toWidth + x) * 3 + c] = toByte(sum);
        }
  }
  if (toHeight === height) return { width: toWidth, height, data: across };
  const stride = toWidth * 3;
  const down = new Uint8Array(stride * toHeight);
  for (const [y, { from, weights }] of taps(height, toHeight).entries())
    for (let x = 0; x < stride; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * across[(from + k) * stride + x];
      down[y * stride + x] = toByte(sum);
    }
  return { width: toWidth, height: toHeight, data: down };
}
