/**
 * What every adapter loss is built on: the guided noise prediction with the adapter as graph inputs, and the gradients
 * of a loss with respect to it, all in one graph, so that an optimiser step is one executor call (or a few, if the rows
 * of a step do not fit at once: losses are sums over weighted rows, so micro-batches add up).
 * Notation: B rows; x_t [B,C,h,w]; e_u, e_c the network's outputs without and with the prompt; w guidance.
 */
import { grad } from '../../graph/grad.js';
import { Graph } from '../../graph/graph.js';
import type { Value } from '../../graph/value.js';
import type { Pipeline } from '../../models/pipeline.js';
import { guided } from '../../models/unet.js';
import { type Adapter, type AdapterSpec, adapterInputs } from '../../nn/lora.js';

export interface TrainingSpec {
  pipeline: Pipeline;
  adapter: AdapterSpec;
  latent: readonly [number, number, number];
  /** B: rows of one executor call; the network sees 2B, without and with the prompt. */
  rows: number;
  guidance: number;
}

export interface TrainingInputs {
  graph: Graph;
  adapter: Adapter;
  /** Feed `x` [B,C,h,w]. */
  x: Value;
  /** Feed `timestep` [B]. */
  timestep: Value;
  /** Feed `states` [2,L,D]: text states without and with the prompt. */
  states: Value;
}

/** Key part that names everything a training graph depends on. */
export function specKey({ pipeline, adapter, latent, rows, guidance }: TrainingSpec): string {
  const { rank, alpha, targets } = adapter;
  return `${pipeline.dir}|lora ${rank} ${alpha} ${targets}|${latent}|${rows} rows|guidance ${guidance}`;
}

export function beginTraining({ pipeline, adapter, latent, rows }: TrainingSpec): TrainingInputs {
  const graph = new Graph();
  return {
    graph,
    adapter: adapterInputs(graph, pipeline, adapter),
    x: graph.input('x', [rows, ...latent]),
    timestep: graph.input('timestep', [rows]),
    states: graph.input('states', [2, pipeline.tokenizer.length, pipeline.textConfig.hidden_size]),
  };
}

/** The guided network output e_u + w (e_c - e_u) for `sample` at the rows' timesteps. [B,C,h,w] */
export function guidedOutput(
  { pipeline, guidance }: TrainingSpec,
  { graph, timestep, states }: TrainingInputs,
  sample: Value,
  adapter?: Adapter,
): Value {
  return guided(graph, pipeline, { sample, timestep, states }, guidance, adapter);
}

/** Names the loss and its gradient for every adapter tensor: `loss` [1], `grad.<name>`. */
export function finishTraining({ graph, adapter }: TrainingInputs, loss: Value): Graph {
  const gradients = grad(loss, [...adapter.tensors.values()]);
  graph.output('loss', loss);
  for (const [i, name] of [...adapter.tensors.keys()].entries()) graph.output(`grad.${name}`, gradients[i]!);
  return graph;
}
