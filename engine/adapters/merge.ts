/**
 * An adapter merged into the base weights: W + sum of weight x (alpha / r) B A for each layer that it has, in
 * the weights' own dtype, under the names and in the files that the model has. All other tensors are copied
 * byte by byte.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ExternalWeight } from '../graph/value.js';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../io/half.js';
import { openSafetensors } from '../io/safetensors.js';
import { encodeHeader } from '../io/safetensors-header.js';
import type { Weighted } from './read.js';

const CHUNK = 4 * 2 ** 20;

/** The merged weight of one layer, as bytes of the file's dtype. `parts` are of the same module. */
export function mergedBytes(parts: readonly Weighted[]): Uint8Array {
  const { module } = parts[0]!.layer;
  const values = readWeight(module.weight);
  const [out] = module.shape as [number];
  const inner = values.length / out;
  const row = new Float64Array(inner);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) row[i] = values[o * inner + i]!;
    for (const { layer, weight } of parts) {
      const rank = layer.down.shape[0]!;
      for (let r = 0; r < rank; r++) {
        const factor = weight * layer.scale * layer.up.data[o * rank + r]!;
        const from = r * inner;
        for (let i = 0; i < inner; i++) row[i]! += factor * layer.down.data[from + i]!;
      }
    }
    for (let i = 0; i < inner; i++) values[o * inner + i] = row[i]!;
  }
  const narrow = { float32: (v: Float32Array) => v, float16: floatToHalf, bfloat16: floatToBfloat };
  const data = narrow[module.weight.dtype as keyof typeof narrow](values);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function readWeight({ file, offset, length, dtype }: ExternalWeight): Float32Array {
  const bytes = Buffer.allocUnsafeSlow(length);
  const fd = openSync(file, 'r');
  try {
    for (let done = 0; done < length; ) {
      const read = readSync(fd, bytes, done, length - done, offset + done);
      if (read === 0) throw new Error(`${file} ended early`);
      done += read;
    }
  } finally {
    closeSync(fd);
  }
  if (dtype === 'float32') return new Float32Array(bytes.buffer);
  const half = new Uint16Array(bytes.buffer);
  return dtype === 'float16' ? halfToFloat(half) : bfloatToFloat(half);
}

/**
 * Copies a safetensors file with more metadata and with the merged weights in their places. `layers`: for
 * each module that lies in this file, its parts.
 */
export async function copyMerged(
  from: string,
  to: string,
  layers: readonly (readonly Weighted[])[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const source = openSafetensors(from, 'model-corrupt');
  const tensors = [...source.tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  const header = encodeHeader(
    tensors.map(([name, { dtype, shape, length }]) => ({ name, dtype, shape, length })),
    Object.entries({ ...source.metadata, ...metadata }),
  );
  const begin = tensors[0]?.[1].offset ?? 0;
  const shift = header.length - begin;
  const end = tensors.reduce((most, [, { offset, length }]) => Math.max(most, offset + length), begin);
  const [input, output] = [openSync(from, 'r'), openSync(to, 'wx')];
  try {
    write(output, header, 0);
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (let at = begin; at < end; ) {
      const read = readSync(input, chunk, 0, Math.min(CHUNK, end - at), at);
      if (read === 0) throw new Error(`${from} ended early`);
      write(output, chunk.subarray(0, read), at + shift);
      at += read;
      // A slow disk may take minutes: whoever waits is to hear that this process is well.
      await setImmediate();
    }
    for (const parts of layers) {
      write(output, mergedBytes(parts), parts[0]!.layer.module.weight.offset + shift);
      await setImmediate();
    }
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

function write(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}
