/**
 * Weights of another type than their layer's are cast where they are used, not before: of half precision in a
 * float32 layer they are widened. A plain Cast of a weight depends on nothing that runs, so the run time
 * would fold it into a private float32 copy when it compiles, or widen every weight first. Here the Cast
 * waits for the layer's own input: between weight and Cast stands a Reshape, which copies nothing, to a shape
 * that is joined from an empty slice of that input. A table that is looked up is cast after.
 *
 * And it must be freed after the layer. The run time gives a dead buffer to the next result of the same
 * shape, whenever that comes, and holds it until then: one widened weight of each shape would live from its
 * first layer to its last. Of a shape that is only known when it runs there is no next.
 */
import type { EmitContext, OnnxNode } from './emit-rules.js';
import { onnxType } from './emit-rules.js';
import { type DType, type Node, numel, type Source, type Value } from './value.js';

/** Elements below which a private copy does not matter. */
const SMALL = 16_384;

/** Operand that a layer's weight is combined with, by op; a weight stands at the other place. */
const LAYERS: Partial<Record<Node['op'], readonly [input: number, weight: number]>> = {
  Gemm: [0, 1],
  MatMul: [0, 1],
  Conv: [0, 1],
  ConvTranspose: [0, 1],
};

export type HalfType = Extract<DType, 'float16' | 'bfloat16'>;

interface RawWeight extends Value {
  readonly source: Extract<Source, { kind: 'weight' }>;
}

/** The weight as it lies in its file, if `value` is that weight widened and worth the trouble. */
export function halfWeight(value: Value | undefined, late: ReadonlySet<DType>): RawWeight | undefined {
  if (value?.source.kind !== 'node' || value.source.node.op !== 'Cast' || numel(value.shape) < SMALL)
    return undefined;
  const [raw] = value.source.node.inputs;
  return raw?.source.kind === 'weight' && late.has(raw.dtype) ? (raw as RawWeight) : undefined;
}

export interface WeightOnlyCast {
  /** To be emitted before the node. */
  readonly before: readonly OnnxNode[];
  /** The node's operands, the widened weight among them. */
  readonly inputs: readonly string[];
}

/** The half-precision weight that is widened for this node alone. */
export const wideWeight = (node: Node, late: ReadonlySet<DType>): Value | undefined => {
  const places = LAYERS[node.op];
  return places && halfWeight(node.inputs[places[1]], late);
};

/**
 * An int64 vector of no elements that is there as soon as `input` is, and whose name begins with `prefix`:
 * joined with the numbers of a shape, it makes that shape one that the run time does not know before it runs.
 */
export function waiting(input: string, prefix: string, c: EmitContext): { nodes: OnnxNode[]; name: string } {
  const [none, empty, waits] = ['none', 'empty', 'waits'].map((part) => `${prefix}.${part}`) as [
    string,
    string,
    string,
  ];
  return {
    name: waits,
    nodes: [
      { op: 'Slice', inputs: [input, c.ints([0]), c.ints([0]), c.ints([0])], outputs: [none] },
      { op: 'Reshape', inputs: [none, c.ints([0])], outputs: [empty], attributes: { allowzero: 1 } },
      { op: 'Cast', inputs: [empty], outputs: [waits], attributes: { to: onnxType.int64 } },
    ],
  };
}

/** For a layer with a half-precision weight of a type in `late`. */
export function weightOnlyCast(
  node: Node,
  c: EmitContext,
  late: ReadonlySet<DType>,
): WeightOnlyCast | undefined {
  const places = LAYERS[node.op];
  if (!places) return undefined;
  const [input, weight] = [node.inputs[places[0]]!, node.inputs[places[1]]];
  const raw = halfWeight(weight, late);
  if (!raw) return undefined;
  const [result] = node.outputs as [Value];
  const name = (part: string) => `${result.name}.${part}`;
  const waits = waiting(input.name, result.name, c);
  return {
    before: [
      ...waits.nodes,
      {
        op: 'Concat',
        inputs: [waits.name, c.ints([numel(raw.shape)])],
        outputs: [name('shape')],
        attributes: { axis: 0 },
      },
      { op: 'Reshape', inputs: [raw.name, name('shape')], outputs: [name('half')] },
      {
        op: 'Cast',
        inputs: [name('half')],
        outputs: [name('wide')],
        attributes: { to: onnxType[weight!.dtype] },
      },
      { op: 'Reshape', inputs: [name('wide'), c.ints(raw.shape)], outputs: [name('weight')] },
    ],
    inputs: node.inputs.map((x) => (x === weight ? name('weight') : x.name)),
  };
}

/** For a look-up in a half-precision table: rows first, then wide. */
export function weightOnlyGather(node: Node, late: ReadonlySet<DType>): OnnxNode[] | undefined {
  const raw = node.op === 'Gather' ? halfWeight(node.inputs[0], late) : undefined;
  if (!raw) return undefined;
  const [out] = node.outputs as [Value];
  const rows = `${out.name}.rows`;
  return [
    { op: 'Gather', inputs: [raw.name, node.inputs[1]!.name], outputs: [rows], attributes: { axis: 0 } },
    { op: 'Cast', inputs: [rows], outputs: [out.name], attributes: { to: onnxType[out.dtype] } },
  ];
}
