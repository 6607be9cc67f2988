/** The vote model as a checkpoint keeps it: facts in the manifest, heads as tensors. */
import { z } from 'zod';
import { type FloatTensor, f32, type Tensor } from '../runtime/tensor.js';

/** Fitted by engine/learn/vote-model. */
export interface VoteModel {
  /** The feature maps that it reads, and how much each was found to tell: shares of 1. */
  readonly maps: Readonly<Record<string, number>>;
  /** Votes that it was fitted to. */
  readonly votes: number;
  /** Cross-validated: how often a good picture that a head did not see scores above a bad one. */
  readonly auc: number;
  /** Standard error of that: after 16 votes chance alone reaches .8 in a quarter of sessions. */
  readonly aucError: number;
  readonly heads: readonly VoteHead[];
  readonly calibration: Calibration;
  /**
   * Where people said what is wrong with pictures: a picture is as good as its worst part. AUC and its error
   * are then of that.
   */
  readonly faults?: FaultModels | undefined;
}

export interface FaultModels {
  /** Fault -> the model of pictures that are free of it. */
  readonly parts: Readonly<Record<string, VoteModel>>;
  /**
   * The power to which all votes are heard beside them: 1 where they tell without a fault, 0 where they tell
   * nothing.
   */
  readonly say: number;
  /** From `worstPart` to P(good); goes before the calibration of all votes. */
  readonly calibration: Calibration;
}

/** score = offset + sum over maps of weights . row. */
export interface VoteHead {
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly offset: number;
}

/** p = 1 / (1 + exp(-(slope s + offset))) of a score s. */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

const count = z.number().int().nonnegative();

const plainSchema = z.object({
  /** Map -> its width, and how much it counts. */
  maps: z.record(z.string(), z.object({ width: count, share: z.number() })),
  votes: count,
  auc: z.number(),
  aucError: z.number(),
  heads: count,
  calibration: z.object({ slope: z.number(), offset: z.number() }),
});
export const voteModelSchema = plainSchema.extend({
  /** Where people said what is wrong with pictures. */
  faults: z
    .object({
      say: z.number().min(0).max(1),
      calibration: plainSchema.shape.calibration,
      parts: z.record(z.string().regex(/^[a-z]{1,20}$/), plainSchema),
    })
    .optional(),
});
export type VoteModelFacts = z.infer<typeof voteModelSchema>;

type PlainFacts = z.infer<typeof plainSchema>;

/** The manifest's part: all but the heads' weights. */
export const voteModelFacts = ({ faults, ...whole }: VoteModel): VoteModelFacts => ({
  ...plainFacts(whole),
  ...(faults && { faults: { ...faults, parts: each(faults.parts, plainFacts) } }),
});

const each = <A, B>(
  parts: Readonly<Record<string, A>>,
  of: (part: A, name: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, of(part, name)]));

const plainFacts = ({ maps, heads, ...facts }: Omit<VoteModel, 'faults'>): PlainFacts => ({
  maps: Object.fromEntries(
    Object.entries(maps).map(([map, share]) => [map, { width: heads[0]!.weights[map]!.length, share }]),
  ),
  ...facts,
  heads: heads.length,
});

/** The heads' weights, [heads, width] of each map, and offsets [heads]; of each fault's model too. */
export function voteModelTensors(model: VoteModel): Record<string, Tensor> {
  const parts = Object.entries(model.faults?.parts ?? {});
  return Object.assign(
    headTensors(model),
    ...parts.map(([fault, part]) => headTensors(part, prefixOf(fault))),
  );
}

const prefixOf = (fault: string): string => `faults.${fault}.`;

function headTensors({ maps, heads }: VoteModel, prefix = ''): Record<string, Tensor> {
  const weights = Object.keys(maps).map((map) => {
    const width = heads[0]!.weights[map]!.length;
    const tensor = f32([heads.length, width]);
    for (const [i, head] of heads.entries()) tensor.data.set(head.weights[map]!, i * width);
    return [`${prefix}heads.weights.${map}`, tensor] as const;
  });
  const offsets = heads.map(({ offset }) => offset);
  return { ...Object.fromEntries(weights), [`${prefix}heads.offsets`]: f32([heads.length], offsets) };
}

/** `tensors` gives a tensor that is checked to have the name and shape. */
export function readVoteModel(tensors: Tensors, { faults, ...whole }: VoteModelFacts): VoteModel {
  const read = (facts: PlainFacts, fault: string) => readHeads(tensors, facts, prefixOf(fault));
  return {
    ...readHeads(tensors, whole, ''),
    ...(faults && { faults: { ...faults, parts: each(faults.parts, read) } }),
  };
}

interface Tensors {
  tensor(name: string, shape: readonly number[]): FloatTensor;
}

function readHeads(tensors: Tensors, { maps, heads, ...facts }: PlainFacts, prefix: string): VoteModel {
  const read = Object.entries(maps).map(
    ([map, { width }]) =>
      [map, width, tensors.tensor(`${prefix}heads.weights.${map}`, [heads, width]).data] as const,
  );
  const offsets = tensors.tensor(`${prefix}heads.offsets`, [heads]).data;
  const weightsOf = (i: number) =>
    Object.fromEntries(read.map(([map, width, data]) => [map, data.slice(i * width, (i + 1) * width)]));
  return {
    maps: Object.fromEntries(Object.entries(maps).map(([map, { share }]) => [map, share])),
    ...facts,
    heads: Array.from(offsets, (offset, i) => ({ weights: weightsOf(i), offset })),
  };
}
