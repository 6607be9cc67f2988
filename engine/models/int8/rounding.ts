/** A weight in int8: each row of [out, in] counts in steps of 1/127 of its largest value. */
import { bfloatToFloat, halfToFloat } from '../../io/half.js';
import { readBytes } from '../../io/safetensors.js';
import type { Weights } from '../../io/weights.js';
import type { Layer } from './layers.js';

export interface Rounded {
  /** [in, out]. */
  readonly steps: Int8Array;
  /** [out]. */
  readonly scale: Float32Array;
}

/** A layer's rows [out, in] as steps. */
export function rounded(rows: Float32Array, inner: number): Rounded {
  const out = rows.length / inner;
  const steps = new Int8Array(rows.length);
  const scale = new Float32Array(out);
  for (let o = 0; o < out; o++) {
    const row = rows.subarray(o * inner, (o + 1) * inner);
    const largest = row.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    // A row of zeros, too, has a step.
    scale[o] = (largest || 1) / 127;
    for (let i = 0; i < inner; i++) steps[i * out + o] = Math.round(row[i]! / scale[o]!);
  }
  return { steps, scale };
}

/** A layer's rows [out, in] of the file, in float32. */
export function rowsOf(
  { tensors }: Pick<Weights, 'tensors'>,
  { name, start, end, inner }: Layer,
): Float32Array {
  const { tensor, dtype, offset, length, shape, transposed } = tensors.get(name)!;
  const { buffer } = readBytes(tensor, { ...tensor, offset, length });
  const values =
    dtype === 'float32'
      ? new Float32Array(buffer)
      : (dtype === 'float16' ? halfToFloat : bfloatToFloat)(new Uint16Array(buffer));
  if (!transposed) return values.subarray(start * inner, end * inner);
  const [out] = shape as [number, number];
  return Float32Array.from(
    { length: (end - start) * inner },
    (_, i) => values[(i % inner) * out + start + Math.floor(i / inner)]!,
  );
}
