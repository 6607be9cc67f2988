/**
 * Adam and AdamW as { init, update }, with the gradient clipped by its global norm first. Kingma & Ba 2015
 * (algorithm 1) and Loshchilov & Hutter 2019 (decoupled weight decay); order of operations as in PyTorch,
 * against which the tests hold it. `update` works in place: the embedding of a 64x64 latent has 12 M weights.
 */
import { z } from 'zod';
import type { AdamState } from '../io/learner-state.js';
import { cloneTensors, globalNorm, type NamedTensors, names, zerosLike } from '../runtime/named-tensors.js';

export const adamSchema = z.object({
  /** Learning rate: about how far a weight moves in a step. */
  lr: z.number().positive().max(1),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  /** Added to the root of the second moment; keeps quiet weights from leaping. */
  epsilon: z.number().positive().default(1e-8),
  /** Decoupled: each step shrinks the weights by lr x this. 0 = Adam. */
  weightDecay: z.number().min(0).default(0),
  /** Gradients longer than this (Euclidean, all tensors together) are scaled down to it; null = never. */
  clipNorm: z.number().positive().nullable().default(null),
});
export type AdamOptions = z.infer<typeof adamSchema>;

export interface Optimiser {
  init(params: NamedTensors): AdamState;
  /** Moves `params` and `state` in place; returns the gradient's norm before clipping. */
  update(params: NamedTensors, gradients: NamedTensors, state: AdamState): number;
}

/** AdamW where `weightDecay` is above 0. */
export function adam(options: AdamOptions): Optimiser {
  const { lr, beta1, beta2, epsilon, weightDecay, clipNorm } = options;
  return {
    init: (params) => ({ step: 0, m: zerosLike(params), v: zerosLike(params) }),

    update(params, gradients, state) {
      const norm = globalNorm(gradients);
      const clip = clipNorm === null ? 1 : Math.min(1, clipNorm / (norm + 1e-6));
      state.step++;
      const correction1 = 1 - beta1 ** state.step;
      const rootCorrection2 = Math.sqrt(1 - beta2 ** state.step);
      for (const name of names(params)) {
        const p = params[name]!.data;
        const m = state.m[name]!.data;
        const v = state.v[name]!.data;
        const gradient = gradients[name]!.data;
        for (let i = 0; i < p.length; i++) {
          const g = clip * gradient[i];
          m[i] = beta1 * m[i] + (1 - beta1) * g;
          v[i] = beta2 * v[i] + (1 - beta2) * g * g;
          const step = m[i] / (Math.sqrt(v[i]) / rootCorrection2 + epsilon) / correction1;
          p[i] = p[i] * (1 - lr * weightDecay) - lr * step;
        }
      }
      return norm;
    },
  };
}

export function cloneState(state: AdamState): AdamState {
  return { step: state.step, m: cloneTensors(state.m), v: cloneTensors(state.v) };
}
