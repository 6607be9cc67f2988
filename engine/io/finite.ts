/**
 * Whether numbers are finite. Of results that is asked at every step, which costs nothing beside a step; only
 * where one is not are a model's files read through, for the first tensor that can be the cause.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Where a tensor's numbers lie. */
export interface Stored {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly dtype: string;
}

/** Largest float32 and largest float16, as bits of a float32. */
const LARGEST = { fp32: 0x7f7fffff, fp16: 0x477fe000 } as const;
const CHUNK = 8 * 2 ** 20;

export function allFinite(numbers: Float32Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (numbers[i]! - numbers[i]! !== 0) return false;
  return true;
}

/**
 * The first of `tensors` that holds infinity, NaN, or what becomes infinite in the precision that is computed
 * in.
 */
export function firstNotFinite(
  tensors: Iterable<readonly [string, Stored]>,
  precision: keyof typeof LARGEST,
): { name: string; file: string } | undefined {
  const most = LARGEST[precision];
  for (const [name, stored] of tensors) if (!holdsFinite(stored, most)) return { name, file: stored.file };
  return undefined;
}

/** By the bits without the sign: beyond the largest number lie infinity and NaN. */
function holdsFinite({ file, offset, length, dtype }: Stored, most: number): boolean {
  const fd = openSync(file, 'r');
  try {
    const buffer = new ArrayBuffer(Math.min(CHUNK, length));
    for (let done = 0; done < length; ) {
      const read = readSync(fd, new Uint8Array(buffer), 0, Math.min(CHUNK, length - done), offset + done);
      if (read === 0) return true;
      const whole = read === length - done ? read : read - (read % 4);
      if (!within(dtype, buffer, whole, most)) return false;
      done += whole;
    }
    return true;
  } finally {
    closeSync(fd);
  }
}

function within(dtype: string, buffer: ArrayBuffer, bytes: number, most: number): boolean {
  if (dtype === 'float32' || dtype === 'F32') {
    const bits = new Uint32Array(buffer, 0, bytes >> 2);
    for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7fffffff) > most) return false;
    return true;
  }
  const half = dtype === 'float16' || dtype === 'F16';
  if (!half && dtype !== 'bfloat16' && dtype !== 'BF16') return true;
  const bits = new Uint16Array(buffer, 0, bytes >> 1);
  const largest = half ? 0x7bff : most >>> 16;
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7fff) > largest) return false;
  return true;
}
