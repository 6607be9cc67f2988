/** Learners' parameters (src/config/learners.ts) as the engine uses them. */
import type { z } from 'zod';
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import { AcclaimError } from '../../src/errors.js';
import type { AdapterSpec } from '../nn/lora.js';
import type { AdamOptions } from './optimiser.js';

/** Where `alpha` is not set it is the rank: a scale of 1. */
export const adapterSpec = ({ rank, alpha, targets }: AdapterHyperparameters): AdapterSpec => ({
  rank,
  alpha: alpha ?? rank,
  targets,
});

/** Adam's betas and epsilon are PyTorch's defaults; `stepScale` multiplies the learning rate. */
export function optimiserOptions(params: AdapterHyperparameters, stepScale = 1): AdamOptions {
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
