/**
 * Half precisions to and from float32: IEEE binary16 (`F16`) and bfloat16 (`BF16`), held as Uint16Array.
 * Widening is exact; narrowing rounds to nearest, ties to even, overflows to infinity and keeps NaN. Our own
 * because Node 20 has no Float16Array, and bfloat16 is in no Node.
 */
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/**
 * sign(1) exponent(5) fraction(10): (-1)^s 2^(e-15) (1 + f/1024), subnormal at e = 0, infinity and NaN at e =
 * 31.
 */
function widenHalf(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

let widened: Float32Array | undefined;

/** Bits of float16 -> their values, exactly. */
export function halfToFloat(half: Uint16Array): Float32Array {
  widened ??= Float32Array.from({ length: 65_536 }, (_, h) => widenHalf(h));
  const out = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) out[i] = widened[half[i]];
  return out;
}

/** `value` / 2^shift of a positive integer, to nearest, ties to even. */
function shiftRounded(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return kept + (rest > tie || (rest === tie && kept & 1) ? 1 : 0);
}

function narrowHalf(x: number): number {
  float[0] = x;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = ((bits[0] >>> 23) & 255) - 127;
  const fraction = bits[0] & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  if (exponent > 15) return sign | 0x7c00;
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  if (exponent >= -14) return sign | (((exponent + 15) << 10) + shiftRounded(fraction, 13));
  if (exponent < -25) return sign;
  return sign | shiftRounded(fraction | 0x800000, -exponent - 1);
}

/** Rounded to the nearest float16, as its bits. */
export const floatToHalf = (values: Float32Array): Uint16Array => Uint16Array.from(values, narrowHalf);

/** Bits of bfloat16 -> their values, exactly. */
export function bfloatToFloat(half: Uint16Array): Float32Array {
  const out = new Uint32Array(half.length);
  for (let i = 0; i < half.length; i++) out[i] = half[i] << 16;
  return new Float32Array(out.buffer);
}

function narrowBfloat(x: number): number {
  float[0] = x;
  if (Number.isNaN(x)) return 0x7fc0;
  return (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16;
}

/** Rounded to the nearest bfloat16, as its bits. */
export const floatToBfloat = (values: Float32Array): Uint16Array => Uint16Array.from(values, narrowBfloat);
