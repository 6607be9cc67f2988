/**
 * Reads one safetensors file of a checkpoint: every tensor must be there, finite and of the shape that its
 * manifest implies. Errors: `checkpoint-corrupt`.
 */
import { join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import type { NamedTensors } from '../runtime/named-tensors.js';
import type { FloatTensor, Tensor } from '../runtime/tensor.js';
import type { AdamState } from './learner-state.js';
import { readSafetensors } from './safetensors.js';

export type Shapes = Record<string, readonly number[]>;

/** One safetensors file of a checkpoint, whose tensors must have the shapes that the manifest implies. */
export class CheckpointReader {
  private readonly tensors: Record<string, Tensor>;

  constructor(
    private readonly dir: string,
    private readonly file: string,
  ) {
    this.tensors = readSafetensors(join(dir, file), 'checkpoint-corrupt');
  }

  tensor(name: string, shape: readonly number[]): FloatTensor {
    const tensor = this.tensors[name];
    if (tensor?.dtype !== 'float32' || tensor.shape.join() !== shape.join())
      return this.refuse(
        `${name} is ${tensor ? `${tensor.dtype}[${tensor.shape}]` : 'missing'}, not [${shape}]`,
      );
    if (!tensor.data.every(Number.isFinite)) return this.refuse(`${name} holds numbers that are not finite`);
    return tensor;
  }

  all(): NamedTensors {
    return Object.fromEntries(
      Object.keys(this.tensors).map((name) => [name, this.tensor(name, this.tensors[name]!.shape)]),
    );
  }

  moments(step: number, shapes: Shapes): AdamState {
    const read = (prefix: string): NamedTensors =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [name, this.tensor(prefix + name, shape)]),
      );
    return { step, m: read('m.'), v: read('v.') };
  }

  vector(name: string): number[] {
    const tensor = this.tensors[name] ?? this.refuse(`${name} is missing`);
    return Array.from(tensor.data, Number);
  }

  optionalVector(name: string): number[] | undefined {
    return this.tensors[name] && this.vector(name);
  }

  rows(name: string, latent: readonly number[]): Float32Array[] {
    const found = this.tensors[name]?.shape[0] ?? 0;
    const { data } = this.tensor(name, [found, ...latent]);
    const each = latent.reduce((a, b) => a * b, 1);
    return Array.from({ length: found }, (_, i) => data.slice(i * each, (i + 1) * each));
  }

  /** [count, any width]. */
  table(name: string, count: number): Float32Array[] {
    const width = this.tensors[name]?.shape[1] ?? 0;
    const { data } = this.tensor(name, [count, width]);
    return Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width));
  }

  get names(): string[] {
    return Object.keys(this.tensors);
  }

  refuse(why: string): never {
    throw new AcclaimError(
      'checkpoint-corrupt',
      `${this.dir}: ${this.file}: ${why}`,
      'Roll the session back to an earlier checkpoint.',
    );
  }
}
