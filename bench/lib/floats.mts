// A file of tensors that are all read as float32, by name: goldens, batches, adapters.
import { readSafetensors } from '../../engine/io/safetensors.js';
import { type FloatTensor, f32 } from '../../engine/runtime/tensor.js';

export class Floats {
  readonly all: Readonly<Record<string, FloatTensor>>;

  constructor(readonly path: string) {
    const tensors = Object.entries(readSafetensors(path));
    this.all = Object.fromEntries(
      tensors.map(([name, { shape, data }]) => [name, f32(shape, Float32Array.from(data, Number))]),
    );
  }

  has(name: string): boolean {
    return name in this.all;
  }

  /** @throws where the file has none of that name. */
  get(name: string): FloatTensor {
    const tensor = this.all[name];
    if (!tensor) throw new Error(`${this.path} has no ${name}`);
    return tensor;
  }
}

/** Largest difference from what was expected, relative to the largest value of that. */
export function difference(found: ArrayLike<number>, expected: Float32Array): number {
  if (found.length !== expected.length) throw new Error(`${found.length} of ${expected.length} values`);
  let [apart, largest] = [0, 0];
  for (const [i, x] of expected.entries()) {
    apart = Math.max(apart, Math.abs(found[i]! - x));
    largest = Math.max(largest, Math.abs(x));
  }
  return apart / largest;
}
