/** The vote model as a checkpoint keeps it: facts in the manifest, heads as tensors. */
import { z } from 'zod';
import { type FloatTensor, f32, type Tensor } from '../../runtime/tensor.js';
import type { VoteModel } from './model.js';

const count = z.number().int().nonnegative();

export const voteModelSchema = z.object({
  /** Map -> its width, and how much it counts. */
  maps: z.record(z.string(), z.object({ width: count, share: z.number() })),
  votes: count,
  auc: z.number(),
  aucError: z.number(),
  heads: count,
  calibration: z.object({ slope: z.number(), offset: z.number() }),
});
export type VoteModelFacts = z.infer<typeof voteModelSchema>;

export const voteModelFacts = ({ maps, heads, ...facts }: VoteModel): VoteModelFacts => ({
  maps: Object.fromEntries(
    Object.entries(maps).map(([map, share]) => [map, { width: heads[0]!.weights[map]!.length, share }]),
  ),
  ...facts,
  heads: heads.length,
});

export function voteModelTensors({ maps, heads }: VoteModel): Record<string, Tensor> {
  const weights = Object.keys(maps).map((map) => {
    const width = heads[0]!.weights[map]!.length;
    const tensor = f32([heads.length, width]);
    for (const [i, head] of heads.entries()) tensor.data.set(head.weights[map]!, i * width);
    return [`heads.weights.${map}`, tensor] as const;
  });
  const offsets = heads.map(({ offset }) => offset);
  return { ...Object.fromEntries(weights), 'heads.offsets': f32([heads.length], offsets) };
}

/** `tensors` gives a tensor that is checked to have the name and shape. */
export function readVoteModel(
  tensors: { tensor(name: string, shape: readonly number[]): FloatTensor },
  { maps, heads, ...facts }: VoteModelFacts,
): VoteModel {
  const read = Object.entries(maps).map(
    ([map, { width }]) => [map, width, tensors.tensor(`heads.weights.${map}`, [heads, width]).data] as const,
  );
  const offsets = tensors.tensor('heads.offsets', [heads]).data;
  const weightsOf = (i: number) =>
    Object.fromEntries(read.map(([map, width, data]) => [map, data.slice(i * width, (i + 1) * width)]));
  return {
    maps: Object.fromEntries(Object.entries(maps).map(([map, { share }]) => [map, share])),
    ...facts,
    heads: Array.from(offsets, (offset, i) => ({ weights: weightsOf(i), offset })),
  };
}
