/**
 * Emission rules: graph node -> ONNX nodes, one row per op, total over OpAttrs. Most rows are one ONNX node of the same
 * name; the rest say which literal operands or which fused op of onnxruntime stand for them.
 */
import type { ConvAttrs, OpAttrs, OpName } from './op-set.js';
import type { Node } from './value.js';

/** An ONNX attribute: integers, or `{ float }`, or a string. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

export interface EmitContext {
  /** Name of an int64 initializer. */
  ints(data: readonly number[]): string;
  /** Name of a float32 initializer. */
  floats(data: readonly number[]): string;
}

type EmitRule<K extends OpName> = (
  node: Node<K>,
  names: { inputs: string[]; outputs: string[] },
  c: EmitContext,
) => OnnxNode;

/** Same name, same operands, given attributes. */
const plain =
  <K extends OpName>(attributes?: (attrs: OpAttrs[K]) => Record<string, Attribute>): EmitRule<K> =>
  (node, names) => ({ op: node.op, ...names, ...(attributes && { attributes: attributes(node.attrs) }) });

/** Literal operands follow the graph's. */
const withInts =
  <K extends OpName>(
    operands: (attrs: OpAttrs[K]) => readonly number[][],
    attributes?: (attrs: OpAttrs[K]) => Record<string, Attribute>,
  ): EmitRule<K> =>
  (node, { inputs, outputs }, c) => ({
    op: node.op,
    inputs: [...inputs, ...operands(node.attrs).map((x) => c.ints(x))],
    outputs,
    ...(attributes && { attributes: attributes(node.attrs) }),
  });

const conv = ({ strides, pads, dilations }: ConvAttrs): Record<string, Attribute> => ({
  strides,
  pads,
  dilations,
  group: 1,
});
const windows2 = () => ({ kernel_shape: [2, 2], strides: [2, 2] });

/** ONNX's TensorProto.DataType */
export const onnxType = { float32: 1, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const;

export const emitRules: { readonly [K in OpName]: EmitRule<K> } = {
  Add: plain(),
  Sub: plain(),
  Mul: plain(),
  Div: plain(),
  Max: plain(),
  Min: plain(),
  Neg: plain(),
  Exp: plain(),
  Log: plain(),
  Sqrt: plain(),
  Reciprocal: plain(),
  Abs: plain(),
  Sin: plain(),
  Cos: plain(),
  Erf: plain(),
  Sigmoid: plain(),
  Softplus: plain(),
  Relu: plain(),
  Gelu: plain(() => ({ approximate: 'none' })),
  QuickGelu: (node, names) => ({
    op: 'QuickGelu',
    domain: 'com.microsoft',
    ...names,
    attributes: { alpha: { float: node.attrs.alpha } },
  }),
  Sign: plain(),
  Greater: plain(),
  Equal: plain(),
  Where: plain(),
  MatMul: plain(),
  Gemm: plain(({ transA, transB }) => ({ transA: Number(transA), transB: Number(transB) })),
  Conv: plain(conv),
  ConvTranspose: plain((a) => ({ ...conv(a), output_padding: a.outputPadding })),
  Reshape: withInts(({ shape }) => [[...shape]]),
  Transpose: plain(({ perm }) => ({ perm })),
  Concat: plain(({ axis }) => ({ axis })),
  Split: withInts(
    ({ sizes }) => [[...sizes]],
    ({ axis }) => ({ axis }),
  ),
  Slice: withInts(({ axis, start, end }) => [[start], [end], [axis]]),
  Expand: withInts(({ shape }) => [[...shape]]),
  Pad: withInts(({ before, after }) => [[...before, ...after]]),
  ReduceSum: withInts(
    ({ axes }) => [[...axes]],
    () => ({ keepdims: 1 }),
  ),
  ReduceMean: withInts(
    ({ axes }) => [[...axes]],
    () => ({ keepdims: 1 }),
  ),
  Softmax: plain(() => ({ axis: -1 })),
  LayerNormalization: plain(({ epsilon }) => ({ axis: -1, epsilon: { float: epsilon } })),
  MultiHeadAttention: (node, names) => ({
    op: 'MultiHeadAttention',
    domain: 'com.microsoft',
    ...names,
    attributes: {
      num_heads: node.attrs.heads,
      scale: { float: 1 / Math.sqrt(node.inputs[0]!.shape[2]! / node.attrs.heads) },
    },
  }),
  MaxPool: plain(windows2),
  MaxUnpool: withInts(({ shape }) => [[...shape]], windows2),
  AveragePool: plain(windows2),
  Resize: (_node, { inputs, outputs }, c) => ({
    op: 'Resize',
    inputs: [...inputs, '', c.floats([1, 1, 2, 2])],
    outputs,
    attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  }),
  Gather: plain(() => ({ axis: 0 })),
  Cast: plain(({ to }) => ({ to: onnxType[to] })),
  Identity: plain(),
};
