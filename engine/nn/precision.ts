/**
 * What the networks compute in. With `fp16` the frozen model's weights and activations are float16, and these
 * stay float32: the first and the last layer (hence latents and predictions), the embedding of timesteps and
 * sizes, low-rank parts, the statistics of norms and softmax, sums over a tensor, and all that follows the
 * network: schedulers, losses, optimisers.
 */
import type { FloatType } from '../graph/value.js';

export type Precision = 'fp32' | 'fp16';

/** What a UNet draws in: as networks compute, or with its large linear layers as products of int8. */
export type DrawingPrecision = Precision | 'int8';

export const computeType: { readonly [P in Precision]: FloatType } = { fp32: 'float32', fp16: 'float16' };
