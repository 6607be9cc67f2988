/**
 * Emission rules: graph node -> ONNX nodes. Ops are named as in ONNX, so most are one node of the same name
 * and have no row; a row says which attributes, literal operands or fused op of onnxruntime stand for an op,
 * and is asked for by the compiler where the op has attributes. What a device has wrong of the fused ops is
 * emitted in its plain form instead (op-decompositions.ts).
 */
import type { ConvAttrs, OpAttrs, OpName, PlainOp } from './op-set.js';
import type { ExternalWeight, FloatType, Node, Shape } from './value.js';

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
  /** Name of a float initializer; float32 unless another type is named. */
  floats(data: readonly number[], dtype?: FloatType): string;
  /** Name of an initializer that is mapped. */
  mapped(weight: ExternalWeight): string;
  /** Name of a float32 initializer that many nodes share: `name` itself. */
  matrix(name: string, shape: Shape, rows: readonly (readonly number[])[]): string;
  /** Weights may be laid out anew (privately, when the graph is compiled) if that makes it faster. */
  readonly prepackWeights: boolean;
}

export type EmitRule<K extends OpName> = (
  node: Node<K>,
  names: { inputs: string[]; outputs: string[] },
  c: EmitContext,
) => OnnxNode | readonly OnnxNode[];

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

/**
 * With stride 1, ConvTranspose(x, W) = Conv(x, W turned by 180 degrees, in and out channels swapped). The
 * turned weight is folded when the graph is compiled, and Conv runs 1.4 to 1.7 times as fast here (one
 * thread, 'all' optimisations).
 */
const convTranspose: EmitRule<'ConvTranspose'> = (node, { inputs, outputs }, c) => {
  const { attrs } = node;
  const [x, w] = inputs as [string, string];
  const [kh, kw] = node.inputs[1]!.shape.slice(2) as [number, number];
  const [top, left, bottom, right] = attrs.pads;
  const [more, wider] = attrs.outputPadding;
  const pads = [kh - 1 - top, kw - 1 - left, kh - 1 - bottom + more, kw - 1 - right + wider];
  const dense = [...attrs.strides, ...attrs.dilations].every((step) => step === 1);
  if (!c.prepackWeights || !dense || pads.some((p) => p < 0)) {
    const attributes = { ...conv(attrs), output_padding: attrs.outputPadding };
    return { op: 'ConvTranspose', inputs, outputs, attributes };
  }
  const [swapped, turned] = [`${outputs[0]}.swapped`, `${outputs[0]}.turned`];
  const turn = [c.ints([-1, -1]), c.ints([-kh - 1, -kw - 1]), c.ints([2, 3]), c.ints([-1, -1])];
  return [
    { op: 'Transpose', inputs: [w], outputs: [swapped], attributes: { perm: [1, 0, 2, 3] } },
    { op: 'Slice', inputs: [swapped, ...turn], outputs: [turned] },
    { op: 'Conv', inputs: [x, turned], outputs, attributes: conv({ ...attrs, pads: pads as never }) },
  ];
};

/** ONNX's TensorProto.DataType */
export const onnxType = { float32: 1, int8: 3, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const;

/** What an op's attributes come to in ONNX has to be said. */
type OwnRules = { readonly [K in Exclude<OpName, PlainOp>]: EmitRule<K> };

const emitRules: OwnRules & { readonly [K in OpName]?: EmitRule<K> } = {
  Gelu: plain(() => ({ approximate: 'none' })),
  QuickGelu: (node, names) => ({
    op: 'QuickGelu',
    domain: 'com.microsoft',
    ...names,
    attributes: { alpha: { float: node.attrs.alpha } },
  }),
  Gemm: plain(({ transA, transB }) => ({ transA: Number(transA), transB: Number(transB) })),
  // No operand says where zero is: it is zero.
  DynamicQuantizeMatMul: ({ op }, { inputs: [x, q, scale, ...bias], outputs }) => ({
    op,
    domain: 'com.microsoft',
    inputs: [x!, q!, scale!, '', ...bias],
    outputs,
  }),
  Conv: plain(conv),
  ConvTranspose: convTranspose,
  Reshape: withInts(
    ({ shape }) => [[...shape]],
    ({ shape }) => (shape.includes(0) ? { allowzero: 1 } : {}),
  ),
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
  AveragePool: plain(windows2),
  Resize: (_node, { inputs, outputs }, c) => ({
    op: 'Resize',
    inputs: [...inputs, '', c.floats([1, 1, 2, 2])],
    outputs,
    attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  }),
  Gather: plain(() => ({ axis: 0 })),
  Cast: plain(({ to }) => ({ to: onnxType[to] })),
};

/** An op's row; one that has none is the ONNX node of its name, with the same operands. */
export const emitRule = <K extends OpName>(op: K): EmitRule<K> =>
  (emitRules[op] as EmitRule<K> | undefined) ?? plain<K>();
