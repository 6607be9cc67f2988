/**
 * What every adapter loss is built on: the guided noise prediction with the adapter as graph inputs, and the
 * gradients of a loss with respect to it, all in one graph, so that an optimiser step is one executor call
 * (or a few, if the rows of a step do not fit at once: losses are sums over weighted rows, so micro-batches
 * add up). Notation: B rows; x_t [B,C,h,w]; e_u, e_c the network's outputs without and with the prompt; w
 * guidance.
 */
import { grad } from '../../graph/grad.js';
import { Graph } from '../../graph/graph.js';
import { slice } from '../../graph/ops.js';
import type { Value } from '../../graph/value.js';
import { branchesOf, guidanceEmbedding, guidanceWidth } from '../../models/guidance.js';
import type { Pipeline } from '../../models/pipeline.js';
import { type ConditioningShapes, textInputs } from '../../models/prompt.js';
import { type Conditioning, guided, unet } from '../../models/unet.js';
import { type Adapter, type AdapterSpec, adapterInputs } from '../../nn/lora.js';
import type { GraphSpec, Plain } from '../../runtime/graph-spec.js';

export interface TrainingSpec {
  pipeline: Pipeline;
  adapter: AdapterSpec;
  latent: readonly [number, number, number];
  /**
   * B: rows of one executor call; the network sees 2B, without and with the prompt, where there is guidance.
   */
  rows: number;
  guidance: number;
  /** Of the texts without and with the prompt. */
  text: ConditioningShapes;
  /**
   * Blocks' insides are computed again in the backward pass: up to a third more time, for a fraction of the
   * memory.
   */
  recompute?: boolean | undefined;
}

export interface TrainingInputs {
  graph: Graph;
  adapter: Adapter;
  /** Feed `x` [B,C,h,w]. */
  x: Value;
  /** Feed `timestep` [B]. */
  timestep: Value;
  /** Feeds of models/prompt.ts, row 0 without and row 1 with the prompt. */
  text: Conditioning<Value>;
}

/** A loss by its name, with all its options. */
export type LossSpec = { readonly name: string; readonly [option: string]: Plain };

/**
 * As a value: everything that a training graph of `loss` depends on. Without `rows` it stands for those of
 * any number.
 */
export const trainingGraphSpec = (
  loss: LossSpec,
  spec: Omit<TrainingSpec, 'rows'> & { rows?: number },
): GraphSpec => {
  const { pipeline, adapter, latent, rows, guidance, text, recompute } = spec;
  return {
    graph: 'training',
    models: [pipeline.identity],
    shapes: { ...text, latent },
    options: { loss, adapter, rows, guidance, recompute },
  };
};

/** A new graph with the inputs that all training graphs have. */
export function beginTraining({ pipeline, adapter, latent, rows, text }: TrainingSpec): TrainingInputs {
  const graph = new Graph();
  return {
    graph,
    adapter: adapterInputs(graph, pipeline, adapter),
    x: graph.input('x', [rows, ...latent]),
    timestep: graph.input('timestep', [rows]),
    text: textInputs(graph, text),
  };
}

/**
 * The guided network output e_u + w (e_c - e_u) for `sample` at the rows' timesteps [B,C,h,w]; e_c alone
 * without guidance, and of networks that are told it.
 */
export function guidedOutput(
  { pipeline, guidance }: TrainingSpec,
  { graph, timestep, text }: TrainingInputs,
  sample: Value,
  adapter?: Adapter,
): Value {
  if (branchesOf(pipeline.unetConfig, guidance) === 2)
    return guided(graph, pipeline, { sample, timestep, ...text }, guidance, adapter);
  const prompt = (x: Value) => slice(x, 0, 1, 2);
  const alone = {
    states: prompt(text.states),
    pooled: text.pooled && prompt(text.pooled),
    timeIds: text.timeIds && prompt(text.timeIds),
  };
  const width = guidanceWidth(pipeline.unetConfig);
  const told =
    width === null ? undefined : graph.constant(guidanceEmbedding(guidance, width).data, [1, width]);
  return unet(graph, pipeline, { sample, timestep, ...alone, guidance: told }, adapter);
}

/** Names the loss and its gradient for every adapter tensor: `loss` [1], `grad.<name>`. */
export function finishTraining(
  { recompute }: TrainingSpec,
  { graph, adapter }: TrainingInputs,
  loss: Value,
): Graph {
  const gradients = grad(loss, [...adapter.tensors.values()], { recompute });
  graph.output('loss', loss);
  for (const [i, name] of [...adapter.tensors.keys()].entries()) graph.output(`grad.${name}`, gradients[i]!);
  return graph;
}
