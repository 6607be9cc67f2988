/**
 * What guidance asks of a network. Most predict under two texts, and what is used leads from the one to the
 * other (unet.ts: `guided`). A network that was distilled with guidance (arXiv 2310.04378, 4.3) predicts
 * under the prompt alone and is told w itself: as sinusoids beside those of the timestep.
 */
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import type { UnetConfig } from './config.js';

type Distilled = Pick<UnetConfig, 'time_cond_proj_dim'>;

/**
 * Up to 1 there is no guidance, as in diffusers: 0, which cards of distilled models ask for, is the prompt
 * alone.
 */
export const guidanceOf = (guidance: number): number => Math.max(1, guidance);

/** Width of what the network is told of its guidance; null where it is told nothing. */
export const guidanceWidth = ({ time_cond_proj_dim: width }: Distilled): number | null => width ?? null;

/**
 * Groups of texts that an image is predicted under: at w = 1 guidance is the identity, and half of the work
 * falls away.
 */
export const branchesOf = (config: Distilled, guidance: number): 1 | 2 =>
  guidanceWidth(config) !== null || guidanceOf(guidance) === 1 ? 1 : 2;

/**
 * w -> sin and cos of 1000 (w - 1) 10000^(-i / (half - 1)) [1,size], rounded at each step as float32
 * arithmetic does: angles are in the thousands. Made here and not in a graph, since devices differ in the
 * sine of such angles.
 */
export function guidanceEmbedding(guidance: number, size: number): FloatTensor {
  const { fround, log, exp, sin, cos } = Math;
  const half = Math.floor(size / 2);
  const stride = fround(fround(log(10_000)) / (half - 1));
  const w = fround(fround(guidance - 1) * 1000);
  const angles = Array.from({ length: half }, (_, i) => fround(w * fround(exp(fround(-stride * i)))));
  return f32([1, size], [...angles.map(sin), ...angles.map(cos), ...(size % 2 === 1 ? [0] : [])]);
}
