/**
 * Buffer rules: where the run time puts an op's first result, and what the op's kernel takes for itself while
 * it works. An op without a row has a buffer of its own and takes nothing, as all arithmetic does, which is
 * never too little. Further results have buffers of their own. What follows for a whole run: memory.ts.
 * Source: onnxruntime, core/framework/allocation_planner.cc and the kernels on the CPU.
 */
import type { OpName } from './op-set.js';
import { type Node, numel, type TensorType } from './value.js';

export interface BufferRule<K extends OpName> {
  /**
   * `view` of operand 0; `in-place`: operand 0's buffer, where nobody else reads that any more; a buffer of
   * its `own`, as all arithmetic has: on the CPU only activations take their operand's place.
   */
  readonly place: 'own' | 'view' | 'in-place';
  /** Bytes of the kernel's own; default none. */
  readonly room?: (node: Node<K>) => number;
}

const own = { place: 'own' } as const;
const view = { place: 'view' } as const;
const inPlace = { place: 'in-place' } as const;

const elementBytes = { float32: 4, float16: 2, bfloat16: 2, int64: 8, int8: 1, bool: 1 } as const;

/** Of a tensor as the run time holds it. */
export const bytesOf = ({ dtype, shape }: TensorType): number => elementBytes[dtype] * numel(shape);

const bufferRules: { readonly [K in OpName]?: BufferRule<K> } = {
  Sigmoid: inPlace,
  Softplus: inPlace,
  Relu: inPlace,
  QuickGelu: inPlace,
  // Patches of one image as columns; a 1x1 convolution needs none, and one with fewer channels than pixels
  // works piecewise.
  Conv: {
    ...own,
    room({ inputs: [, w], outputs: [y] }) {
      const [o, c, kh, kw] = w!.shape as [number, number, number, number];
      const pixels = y!.shape[2]! * y!.shape[3]!;
      return kh * kw > 1 && o > pixels ? 4 * c * kh * kw * pixels : 0;
    },
  },
  ConvTranspose: {
    ...own,
    room: ({ inputs: [x, w] }) => 4 * numel(w!.shape.slice(1)) * x!.shape[2]! * x!.shape[3]!,
  },
  Reshape: view,
  Softmax: inPlace,
  // Queries, keys and values by heads.
  MultiHeadAttention: { ...own, room: ({ inputs: [q, k, v] }) => bytesOf(q!) + bytesOf(k!) + bytesOf(v!) },
  Identity: view,
};

export const bufferRule = (op: OpName): BufferRule<OpName> =>
  (bufferRules[op] as BufferRule<OpName> | undefined) ?? own;

/** Bytes that a node's kernel takes for itself. */
export const roomOf = (node: Node): number => bufferRule(node.op).room?.(node) ?? 0;
