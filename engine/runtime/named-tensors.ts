/**
 * Named float32 tensors: an adapter, an embedding, their gradients, an optimiser's moments. One shape of data
 * for all that is learned, so that the optimiser, the guard and the checkpoint know nothing of what the
 * tensors mean.
 */
import { type FloatTensor, f32, type Tensor } from './tensor.js';

export type NamedTensors = Record<string, FloatTensor>;

/** Narrows run-time outputs; anything but float32 is a defect of ours. */
export function asFloat(tensor: Tensor | undefined, name: string): FloatTensor {
  if (tensor?.dtype !== 'float32')
    throw new Error(`${name} is ${tensor?.dtype ?? 'missing'}, wanted float32`);
  return tensor;
}

/** Names in code-unit order: the one order in which parameters are summed, stored and fed. */
export function names(params: NamedTensors): string[] {
  return Object.keys(params).sort();
}

export function cloneTensors(params: NamedTensors): NamedTensors {
  return mapParams(params, (t) => Float32Array.from(t.data));
}

export function zerosLike(params: NamedTensors): NamedTensors {
  return mapParams(params, (t) => new Float32Array(t.data.length));
}

/** Euclidean norm over all tensors together, summed in double precision. */
export function globalNorm(params: NamedTensors): number {
  let sum = 0;
  for (const name of names(params)) for (const x of params[name]!.data) sum += x * x;
  return Math.sqrt(sum);
}

function mapParams(params: NamedTensors, f: (t: FloatTensor) => Float32Array): NamedTensors {
  return Object.fromEntries(names(params).map((name) => [name, f32(params[name]!.shape, f(params[name]!))]));
}

/** Adds `from` to `into` in place, scaled. */
export function addScaled(into: NamedTensors, from: NamedTensors, scale = 1): void {
  for (const name of names(into)) {
    const a = into[name]!.data;
    const b = from[name]!.data;
    for (let i = 0; i < a.length; i++) a[i] += scale * b[i];
  }
}
