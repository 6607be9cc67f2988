/**
 * A single number of a safetensors file, of any dtype that the format knows: tools do not agree in what they
 * write an alpha.
 */
import { bfloatToFloat, halfToFloat } from './half.js';
import { readBytes, type SafetensorsFile } from './safetensors.js';
import type { SafetensorsDType } from './safetensors-header.js';

/**
 * 8-bit floats, of `mantissa` bits after `exponent` ones. Without infinities where there are four bits of
 * exponent.
 */
function tinyFloat(byte: number, exponent: number, mantissa: number): number {
  const sign = byte >> 7 ? -1 : 1;
  const e = (byte >> mantissa) & (2 ** exponent - 1);
  const m = byte & (2 ** mantissa - 1);
  const bias = 2 ** (exponent - 1) - 1;
  if (exponent === 5 && e === 31) return m === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 4 && e === 15 && m === 7) return Number.NaN;
  return e === 0 ? sign * m * 2 ** (1 - bias - mantissa) : sign * (1 + m / 2 ** mantissa) * 2 ** (e - bias);
}

const readers: { readonly [K in SafetensorsDType]: (view: DataView) => number } = {
  BOOL: (v) => v.getUint8(0),
  U8: (v) => v.getUint8(0),
  I8: (v) => v.getInt8(0),
  F8_E4M3: (v) => tinyFloat(v.getUint8(0), 4, 3),
  F8_E5M2: (v) => tinyFloat(v.getUint8(0), 5, 2),
  U16: (v) => v.getUint16(0, true),
  I16: (v) => v.getInt16(0, true),
  F16: (v) => halfToFloat(Uint16Array.of(v.getUint16(0, true)))[0]!,
  BF16: (v) => bfloatToFloat(Uint16Array.of(v.getUint16(0, true)))[0]!,
  U32: (v) => v.getUint32(0, true),
  I32: (v) => v.getInt32(0, true),
  F32: (v) => v.getFloat32(0, true),
  U64: (v) => Number(v.getBigUint64(0, true)),
  I64: (v) => Number(v.getBigInt64(0, true)),
  F64: (v) => v.getFloat64(0, true),
};

/** undefined where the tensor is not of exactly one element. */
export function readNumber(source: SafetensorsFile, name: string): number | undefined {
  const entry = source.tensors.get(name);
  if (!entry?.shape.every((n) => n === 1)) return undefined;
  const bytes = readBytes(source, entry);
  return readers[entry.dtype](new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}
