/**
 * Floating-point operations of one run, by the layers that decide them: products of matrices and convolutions; two for each
 * multiply-add. Of a convolution by Winograd's algorithm those of a product of matrices that takes as long.
 */
import { relaysWeights, runtimeValues } from './compiled.js';
import type { Graph } from './graph.js';
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

export function flops(graph: Graph): number {
  const runs = runtimeValues(graph);
  const winograd = !relaysWeights(graph);
  return graph.nodes.reduce((sum, node) => {
    const count = counts[node.op] as ((node: Node) => number) | undefined;
    if (!count || !runs.has(node.outputs[0]!)) return sum;
    return sum + 2 * ((winograd ? winogradAdds(node) : undefined) ?? count(node));
  }, 0);
}
