/** `--noise` and `--trajectory`: tensors in and out, for parity with other implementations. */
import { AcclaimError } from '../../src/errors.js';
import type { Samples } from '../diffusion/sampler.js';
import { timestepTensor } from '../io/round.js';
import { readSafetensors, writeSafetensors } from '../io/safetensors.js';
import { type FloatTensor, f32, type Tensor } from '../runtime/tensor.js';

export interface GivenNoise {
  /** x_T [N,C,h,w]. */
  initial: FloatTensor;
  /** Noise of each step [T,N,C,h,w]. */
  steps: FloatTensor;
}

/** `latent` [C,h,w], `steps` T. @throws AcclaimError `shape-mismatch`, naming the tensor. */
export function readNoise(file: string, latent: readonly number[], steps: number): GivenNoise {
  const tensors = readSafetensors(file);
  const count = tensors.initial?.shape[0] ?? 0;
  const take = (name: string, shape: readonly number[]): FloatTensor => {
    const tensor = tensors[name];
    if (tensor?.dtype === 'float32' && tensor.shape.join() === shape.join()) return f32(shape, tensor.data);
    const found = tensor ? `is ${tensor.dtype}[${tensor.shape}]` : 'is missing';
    throw new AcclaimError(
      'shape-mismatch',
      `${file}: ${name} ${found}, wanted float32[${shape}]`,
      'The file holds initial [N,C,h,w] and steps [T,N,C,h,w], T being --steps.',
    );
  };
  return { initial: take('initial', [count, ...latent]), steps: take('steps', [steps, count, ...latent]) };
}

/** Of samples whose trajectory was kept; `images` [N,3,H,W] in [-1, 1] but for overshoot. */
export function writeTrajectory(file: string, samples: Samples, images: FloatTensor): void {
  const tensors: Record<string, Tensor> = {
    latents: samples.trajectory!,
    log_probs: samples.logProbs!,
    timesteps: timestepTensor(samples.timesteps),
    // In [-1, 1], as an image file would hold them.
    images: f32(
      images.shape,
      images.data.map((v) => Math.min(1, Math.max(-1, v))),
    ),
  };
  writeSafetensors(file, tensors);
}
