/**
 * Half-precision weights are widened where they are used, not before. A plain Cast of a weight depends on nothing that
 * runs, so the run time would fold it into a private float32 copy when it compiles, or widen every weight first. Here the
 * weight is joined with an empty slice of the layer's own input, so that the Cast waits for that input and is freed after
 * the layer; the copy that this costs is small beside the layer's products. A table that is looked up is widened after.
 */
import type { EmitContext, OnnxNode } from './emit-rules.js';
import { onnxType } from './emit-rules.js';
import { type DType, type Node, numel, type Value } from './value.js';

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

/** The weight as it lies in its file, if `value` is that weight widened and worth the trouble. */
function halfWeight(value: Value | undefined, late: ReadonlySet<DType>): Value | undefined {
  if (value?.source.kind !== 'node' || value.source.node.op !== 'Cast' || numel(value.shape) < SMALL)
    return undefined;
  const [raw] = value.source.node.inputs;
  return raw?.source.kind === 'weight' && late.has(raw.dtype) ? raw : undefined;
}

export interface LateCast {
  /** To be emitted before the node. */
  readonly before: readonly OnnxNode[];
  /** The node's operands, the widened weight among them. */
  readonly inputs: readonly string[];
}

/** For a layer with a half-precision weight of a type in `late`. */
export function castLate(node: Node, c: EmitContext, late: ReadonlySet<DType>): LateCast | undefined {
  const places = LAYERS[node.op];
  if (!places) return undefined;
  const [input, weight] = [node.inputs[places[0]]!, node.inputs[places[1]]];
  const raw = halfWeight(weight, late);
  if (!raw) return undefined;
  const name = (part: string) => `${node.outputs[0]!.name}.${part}`;
  const [to, half] = [onnxType.float32, onnxType[raw.dtype as HalfType]];
  const empty = c.ints([0, ...raw.shape.slice(1)]);
  return {
    before: [
      { op: 'Slice', inputs: [input.name, c.ints([0]), c.ints([0]), c.ints([0])], outputs: [name('none')] },
      {
        op: 'Reshape',
        inputs: [name('none'), empty],
        outputs: [name('empty')],
        attributes: { allowzero: 1 },
      },
      { op: 'Cast', inputs: [name('empty')], outputs: [name('waits')], attributes: { to: half } },
      { op: 'Concat', inputs: [raw.name, name('waits')], outputs: [name('half')], attributes: { axis: 0 } },
      { op: 'Cast', inputs: [name('half')], outputs: [name('weight')], attributes: { to } },
    ],
    inputs: node.inputs.map((x) => (x === weight ? name('weight') : x.name)),
  };
}

/** For a look-up in a half-precision table: rows first, then wide. */
export function gatherLate(node: Node, late: ReadonlySet<DType>): OnnxNode[] | undefined {
  const raw = node.op === 'Gather' ? halfWeight(node.inputs[0], late) : undefined;
  if (!raw) return undefined;
  const [out] = node.outputs as [Value];
  const rows = `${out.name}.rows`;
  return [
    { op: 'Gather', inputs: [raw.name, node.inputs[1]!.name], outputs: [rows], attributes: { axis: 0 } },
    { op: 'Cast', inputs: [rows], outputs: [out.name], attributes: { to: onnxType.float32 } },
  ];
}
