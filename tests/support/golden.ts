/**
 * The golden tensors in tests/fixtures/mini (made by diffusers and PyTorch), and how far we are from them.
 */
import { readSafetensors } from '../../engine/io/safetensors.js';
import type { Tensor } from '../../engine/runtime/tensor.js';
import { projectPath } from '../../src/files/paths.js';

export const FIXTURES = `${projectPath('tests/fixtures/mini')}/`;
export const MINI = `${projectPath('models/mini')}/`;

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
