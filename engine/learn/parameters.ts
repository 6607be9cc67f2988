/**
 * Parameters that learners share, flat as they stand in config/ and on the command line (`--set learner.lr=0.002`).
 * Each learner's schema is this with its own defaults and keys; a key that no schema names is refused.
 */
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import type { AdapterSpec } from '../nn/lora.js';
import type { AdamOptions } from './optimiser.js';

export const adapterParams = {
  /** Rank r of the adapter: its capacity. */
  rank: z.number().int().min(1).max(128).default(4),
  /** The adapter's output is scaled by alpha / rank; null = rank, hence 1. */
  alpha: z.number().positive().nullable().default(null),
  /** Layers it sits on: the attention projections, or every linear and convolutional layer but first and last. */
  targets: z.enum(['attention', 'all']).default('attention'),
  /** Learning rate of AdamW: about how far a weight moves in a step. */
  lr: z.number().positive().max(1).default(1e-3),
  /** Each step shrinks the adapter by lr x this. */
  weightDecay: z.number().min(0).default(1e-4),
  /** Gradients longer than this are scaled down to it. */
  gradientClip: z.number().positive().default(1),
  /** Rows of one executor call, at most (each is two rows of the network): fewer where memory is short. Same result but for
   * rounding. Memory grows with it, speed hardly. */
  microBatch: z.number().int().min(1).max(512).default(8),
  /** Compute the insides of the network's blocks again in the backward pass: up to a third more time, a fraction of the memory.
   * auto: where a step would not fit otherwise, however few its rows. */
  recompute: z.enum(['auto', 'on', 'off']).default('auto'),
  /** Collapse guard: how far the adapter may grow in a round, as a multiple of its norm before. */
  maxGrowth: z.number().positive().default(4),
  /** Collapse guard: least diversity of fixed test noises' images, as a share of the base model's. */
  minDiversity: z.number().min(0).max(1).default(0.25),
  /** Collapse guard: most diversity of the same images, as a share of the base model's: beyond it they fall apart. */
  maxDiversity: z.number().min(1).default(1.5),
  /** Collapse guard: most that the size of latents may change, as a factor of the base model's either way. */
  maxDrift: z.number().min(1).default(1.5),
};
const adapterParamsSchema = z.object(adapterParams);
export type AdapterParams = z.infer<typeof adapterParamsSchema>;

export const adapterSpec = ({ rank, alpha, targets }: AdapterParams): AdapterSpec => ({
  rank,
  alpha: alpha ?? rank,
  targets,
});

export function optimiserOptions(params: AdapterParams, stepScale = 1): AdamOptions {
  return {
    lr: params.lr * stepScale,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: params.weightDecay,
    clipNorm: params.gradientClip,
  };
}

/** Errors: `config-invalid`, naming learner and key. */
export function parseParams<P>(
  learner: { name: string; params: z.ZodType<P> },
  given: Record<string, unknown>,
): P {
  const { name: _, ...rest } = given;
  const parsed = learner.params.safeParse(rest);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'parameters'}: ${issue.message}`,
  );
  throw new AcclaimError(
    'config-invalid',
    `learner ${learner.name}: ${faults.join('; ')}`,
    'docs/papers.md lists each learner and its parameters.',
  );
}
