/**
 * The golden tensors in tests/fixtures/mini (made by diffusers and PyTorch), and how far we are from them.
 */
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '../../engine/io/safetensors.js';
import type { Tensor } from '../../engine/runtime/tensor.js';

export const FIXTURES = fileURLToPath(new URL('../fixtures/mini/', import.meta.url));
export const MINI = fileURLToPath(new URL('../../models/mini/', import.meta.url));

export function golden(name: string): Record<string, Tensor> {
  return readSafetensors(`${FIXTURES}${name}.safetensors`);
}

/** Largest absolute difference over the largest absolute value expected. */
export function relativeError(
  actual: ArrayLike<number>,
  expected: Tensor['data'] | ArrayLike<number>,
): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < actual.length; i++) {
    const value = Number(expected[i]);
    difference = Math.max(difference, Math.abs(actual[i]! - value));
    scale = Math.max(scale, Math.abs(value));
    if (Number.isNaN(actual[i])) return Number.NaN;
  }
  return difference / scale;
}

/** Root mean square of the difference over that of the values expected. */
export function rmsError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    scale += expected[i]! ** 2;
  }
  return Math.sqrt(difference / scale);
}
