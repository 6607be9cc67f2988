/**
 * What compiling a graph leaves in memory beside its mapped weights: the run time's own nodes, and, where a
 * graph's weights are small, copies of them laid out for speed. The three constants were measured
 * (bench/shapes/steps.mts, onnxruntime 1.30 on Linux); all else is arithmetic.
 */
import type { Graph } from './graph.js';
import { reachable } from './onnx.js';
import type { OpName } from './op-set.js';
import { numel, type Value } from './value.js';

/** Bytes of weights up to which a private copy of them, laid out for speed, is worth its memory. */
export const SMALL_WEIGHTS = 64 * 2 ** 20;

/**
 * A session by itself, whatever it holds: its threads, its allocator, a result's way back. Measured 2 to 5
 * MB.
 */
const SESSION_BYTES = 3 * 2 ** 20;

/** The run time's bookkeeping for a node: measured 4.7 to 6.4 kB over graphs of 1000 to 7000 nodes. */
const NODE_BYTES = 6 * 2 ** 10;

/**
 * A half-precision weight is widened first and laid out then. The widened copy is freed, but in pieces that
 * the allocator keeps for later: measured .5 to .8 of it.
 */
const KEPT = 0.6;

/**
 * Kernels that lay their weight out for themselves; two of one kind share it, forward and backward ones do
 * not.
 */
const layers: ReadonlySet<OpName> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/** Of the weights that the graph's outputs depend on: of some only parts are read. */
const weightBytes = (graph: Graph): number => {
  let sum = 0;
  for (const { source } of reachable(graph).values) if (source.kind === 'weight') sum += source.weight.length;
  return sum;
};

/** Whether the executor lays a graph's weights out anew by itself (runtime/executor.ts, profile `speed`). */
export const prepacksWeights = (graph: Graph): boolean => weightBytes(graph) <= SMALL_WEIGHTS;

/** Values that no input reaches: folded when the graph is compiled. */
export function runtimeValues(graph: Graph): Set<Value> {
  const runs = new Set<Value>(graph.inputs.values());
  for (const node of graph.nodes)
    if (node.inputs.some((x) => runs.has(x))) for (const y of node.outputs) runs.add(y);
  return runs;
}

/** Bytes that a compiled graph takes until it is released, its run not counted. */
export function compiledBytes(graph: Graph): number {
  const unweighted = SESSION_BYTES + NODE_BYTES * graph.nodes.length;
  if (!prepacksWeights(graph)) return unweighted;
  const runs = runtimeValues(graph);
  const laidOut = new Map<string, number>();
  for (const node of graph.nodes) {
    const { inputs, outputs } = node;
    const kind = node.op === 'Gemm' ? `Gemm ${node.attrs.transB}` : node.op;
    if (!layers.has(node.op) || !runs.has(outputs[0]!)) continue;
    for (const x of inputs.slice(0, 2))
      if (!runs.has(x) && x.source.kind !== 'constant') laidOut.set(`${kind} ${x.name}`, bytesLaidOut(x));
  }
  return unweighted + [...laidOut.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function bytesLaidOut(weight: Value): number {
  const widened = weight.source.kind === 'node' ? KEPT : 0;
  return (1 + widened) * (weight.dtype === 'float32' ? 4 : 2) * numel(weight.shape);
}
