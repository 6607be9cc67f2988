/**
 * Floating-point operations of one run, by the layers that decide them: products of matrices and
 * convolutions; two for each multiply-add. Of a convolution by Winograd's algorithm those of a product of
 * matrices that takes as long.
 */
import { prepacksWeights, runtimeValues } from './compiled-bytes.js';
import type { Graph } from './graph.js';
import { reachable } from './onnx.js';
import type { OpName } from './op-set.js';
import { type Node, numel } from './value.js';
import { winogradAdds } from './winograd.js';

const counts: Partial<{ readonly [K in OpName]: (node: Node<K>) => number }> = {
  MatMul: ({ inputs: [a], outputs: [y] }) => numel(y!.shape) * a!.shape.at(-1)!,
  Gemm: ({ inputs: [a], outputs: [y] }) => numel(y!.shape) * (numel(a!.shape) / y!.shape[0]!),
  // Each result reads one filter, each operand of a transposed one writes one.
  Conv: ({ inputs: [, w], outputs: [y] }) => numel(y!.shape) * numel(w!.shape.slice(1)),
  ConvTranspose: ({ inputs: [x, w] }) => numel(x!.shape) * numel(w!.shape.slice(1)),
  // Scores, and their products with the values: [N,T,C], [N,S,C].
  MultiHeadAttention: ({ inputs: [q, k] }) => 2 * numel(q!.shape) * k!.shape[1]!,
};

/** Of one node; 0 for what does not decide. `winograd`: where that is used for convolutions that it suits. */
export function nodeFlops(node: Node, winograd: boolean): number {
  const count = counts[node.op] as ((node: Node) => number) | undefined;
  return 2 * ((winograd ? winogradAdds(node) : undefined) ?? count?.(node) ?? 0);
}

/** Of one run of the graph. */
export function flops(graph: Graph): number {
  const runs = runtimeValues(graph);
  const winograd = !prepacksWeights(graph);
  const made = reachable(graph).nodes.filter(({ outputs: [y] }) => runs.has(y!));
  return made.reduce((sum, node) => sum + nodeFlops(node, winograd), 0);
}
