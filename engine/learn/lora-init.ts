/**
 * A fresh adapter: down (lora_A) ~ N(0, 1/r^2), up (lora_B) = 0, so that the adapted model begins as the base
 * model. A k x k convolution sums k^2 times the terms of a linear layer of as many channels: its std is
 * divided by k.
 */
import type { Rng } from '../../src/rng.js';
import type { NamedTensors } from '../runtime/named-tensors.js';
import { f32 } from '../runtime/tensor.js';

/** A from N(0, 1/rank^2) (by a kernel's root of its places less), B zero: the adapter changes nothing yet. */
export function initAdapter(
  shapes: readonly { name: string; shape: readonly number[] }[],
  rank: number,
  rng: Rng,
): NamedTensors {
  const sorted = [...shapes].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    sorted.map(({ name, shape }) => {
      const tensor = f32(shape);
      if (name.endsWith('lora_A.weight')) {
        const kernel = shape.length === 4 ? Math.sqrt(shape[2]! * shape[3]!) : 1;
        const std = 1 / (rank * kernel);
        for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = std * rng.normal();
      }
      return [name, tensor];
    }),
  );
}
