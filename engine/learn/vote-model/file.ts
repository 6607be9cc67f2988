/** The vote model as a checkpoint keeps it: facts in the manifest, heads as tensors. */
import { z } from 'zod';
import { type FloatTensor, f32, type Tensor } from '../../runtime/tensor.js';
import type { VoteModel } from './model.js';

const count = z.number().int().nonnegative();

export const voteModelSchema = z.object({
  map: z.string(),
  width: count,
  ridge: z.number(),
  votes: count,
  auc: z.number(),
  heads: count,
  calibration: z.object({ slope: z.number(), offset: z.number() }),
});
export type VoteModelFacts = z.infer<typeof voteModelSchema>;

export const voteModelFacts = ({ heads, ...facts }: VoteModel): VoteModelFacts => ({
  ...facts,
  width: heads[0]!.weights.length,
  heads: heads.length,
});

export function voteModelTensors({ heads }: VoteModel): Record<string, Tensor> {
  const width = heads[0]!.weights.length;
  const weights = f32([heads.length, width]);
  for (const [i, head] of heads.entries()) weights.data.set(head.weights, i * width);
  const offsets = heads.map(({ offset }) => offset);
  return { 'heads.weights': weights, 'heads.offsets': f32([heads.length], offsets) };
}

/** `tensors` gives a tensor that is checked to have the name and shape. */
export function readVoteModel(
  tensors: { tensor(name: string, shape: readonly number[]): FloatTensor },
  { heads, width, ...facts }: VoteModelFacts,
): VoteModel {
  const weights = tensors.tensor('heads.weights', [heads, width]).data;
  const offsets = tensors.tensor('heads.offsets', [heads]).data;
  return {
    ...facts,
    heads: Array.from(offsets, (offset, i) => ({
      weights: weights.slice(i * width, (i + 1) * width),
      offset,
    })),
  };
}
