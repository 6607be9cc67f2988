/**
 * Graph -> ONNX model bytes (IR 10, opset 21). Only what the outputs need is written. Weights become external
 * data: their bytes stay in the safetensors file and are mapped by the run time, at any offset. Field
 * numbers: onnx.proto3.
 */
import { floatToHalf } from '../io/half.js';
import { emitDecomposed } from './emit-decomposed.js';
import { type Attribute, type EmitContext, emitRule, type OnnxNode, onnxType } from './emit-rules.js';
import { winogradNodes } from './emit-winograd.js';
import type { Graph } from './graph.js';
import type { FusedOp } from './op-decompositions.js';
import { Message } from './protobuf.js';
import type { DType, ExternalWeight, FloatType, Node, Shape, Value } from './value.js';
import { type HalfType, weightOnlyCast, weightOnlyGather } from './weight-only-cast.js';

const OPSET = 21;
const IR_VERSION = 10;

/** What of the emission depends on the device. */
export interface DeviceEmission {
  /** Ops to be emitted in their plain form. */
  readonly plain: ReadonlySet<FusedOp>;
  /** Types of weights that are widened where they are used; others are widened when the graph is compiled. */
  readonly late: ReadonlySet<HalfType>;
}

/** Every fused op, every type: right on the CPU. */
export const fusedEmission: DeviceEmission = { plain: new Set(), late: new Set(['float16', 'bfloat16']) };

export interface Emission extends DeviceEmission {
  /**
   * Emit what is fastest where weights may be copied into another layout; without it each is used as it lies
   * in its file.
   */
  readonly prepackWeights: boolean;
  /** Convolutions in fewer multiplications, for what computes them as products of matrices: the CPU. */
  readonly winograd: boolean;
}

/** Serialised ModelProto of everything that `graph.outputs` depends on. */
export function toOnnx(graph: Graph, emission: Partial<Emission> = {}): Uint8Array {
  const whole: Emission = { prepackWeights: false, winograd: false, ...fusedEmission, ...emission };
  const { nodes, values } = reachable(graph);
  const literals = new Literals(whole.prepackWeights);
  const made = nodes.map((node) => emit(node, namesOf(node, values), literals, whole));
  const read = new Set(made.flat().flatMap(({ inputs }) => inputs));
  for (const value of graph.outputs.values()) read.add(value.name);

  const body = new Message();
  writeNodes(body, graph, nodes, made, read);
  body.string(2, 'acclaim');
  writeTensors(body, values, read);
  for (const tensor of literals.tensors) body.message(5, tensor);
  for (const input of graph.inputs.values())
    if (values.has(input)) body.message(11, valueInfo(input.name, input));
  for (const [name, value] of graph.outputs) body.message(12, valueInfo(name, value));

  const opset = (domain: string, version: number) => new Message().string(1, domain).varint(2, version);
  return new Message()
    .varint(1, IR_VERSION)
    .string(2, 'acclaim')
    .message(7, body)
    .message(8, opset('', OPSET))
    .message(8, opset('com.microsoft', 1))
    .finish();
}

/** Initializers that rules ask for by their values, each written once. */
class Literals implements EmitContext {
  private readonly known = new Map<string, Message>();

  constructor(readonly prepackWeights: boolean) {}

  get tensors(): Iterable<Message> {
    return this.known.values();
  }

  ints(data: readonly number[]): string {
    return this.literal('int64', data, BigInt64Array.from(data, BigInt));
  }

  floats(data: readonly number[], dtype: FloatType = 'float32'): string {
    return this.literal(dtype, data, Float32Array.from(data));
  }

  mapped(weight: ExternalWeight): string {
    const name = `mapped.${weight.name}@${weight.offset}+${weight.length}`;
    return this.once(name, () => externalTensor(name, weight));
  }

  matrix(name: string, shape: Shape, rows: readonly (readonly number[])[]): string {
    return this.once(name, () => tensorOf(name, 'float32', shape, Float32Array.from(rows.flat())));
  }

  private literal(
    dtype: 'int64' | FloatType,
    data: readonly number[],
    array: Float32Array | BigInt64Array,
  ): string {
    const name = `${dtype}.${data.join('_')}`;
    return this.once(name, () => tensorOf(name, dtype, [data.length], array));
  }

  private once(name: string, write: () => Message): string {
    if (!this.known.has(name)) this.known.set(name, write());
    return name;
  }
}

/** NodeProto of each node that somebody reads, and the outputs' Identity nodes. */
function writeNodes(
  body: Message,
  graph: Graph,
  nodes: readonly Node[],
  made: readonly (readonly OnnxNode[])[],
  read: ReadonlySet<string>,
): void {
  for (const [n, list] of made.entries()) {
    // A Cast whose readers all widen for themselves is left out.
    if (!list.some(({ outputs }) => outputs.some((name) => read.has(name)))) continue;
    list.forEach((onnx, i) => {
      body.message(1, nodeOf(onnx, i ? `n${nodes[n]!.id}.${i}` : `n${nodes[n]!.id}`));
    });
  }
  // Of several ends the run time first makes the one that was added last: let that be the one that is ready
  // first, else all that the others read is held until the longest is done.
  const madeAt = (value: Value) => (value.source.kind === 'node' ? value.source.node.id : -1);
  for (const [name, value] of [...graph.outputs].sort(([, a], [, b]) => madeAt(b) - madeAt(a)))
    body.message(1, nodeOf({ op: 'Identity', inputs: [value.name], outputs: [name] }, `out.${name}`));
}

/** TensorProto of the graph's own constants, and of the weights that are read as they lie in their files. */
function writeTensors(body: Message, values: ReadonlySet<Value>, read: ReadonlySet<string>): void {
  for (const { name, dtype, shape, source } of values) {
    if (source.kind === 'constant') body.message(5, tensorOf(name, dtype, shape, source.data));
    if (source.kind === 'weight' && read.has(name)) body.message(5, externalTensor(name, source.weight));
  }
}

/** Nodes in topological order and all values that the outputs depend on. */
export function reachable(graph: Graph): { nodes: Node[]; values: Set<Value> } {
  const values = new Set<Value>(graph.outputs.values());
  const nodes: Node[] = [];
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id]!;
    if (!node.outputs.some((y) => values.has(y))) continue;
    nodes.push(node);
    for (const x of node.inputs) values.add(x);
  }
  return { nodes: nodes.reverse(), values };
}

/**
 * Outputs that nobody reads are left out from the end, so that fusions see a plain op; Split must name all of
 * its parts.
 */
function namesOf(node: Node, used: ReadonlySet<Value>) {
  const last = node.op === 'Split' ? node.outputs.length - 1 : node.outputs.findLastIndex((y) => used.has(y));
  return {
    inputs: node.inputs.map((x) => x.name),
    outputs: node.outputs.slice(0, last + 1).map((y) => y.name),
  };
}

/** A node as the device has it right: decomposed, by Winograd's algorithm, or by its op's rule. */
function emit(
  node: Node,
  names: ReturnType<typeof namesOf>,
  context: EmitContext,
  { plain, winograd, late }: Emission,
): readonly OnnxNode[] {
  if (plain.has(node.op as FusedOp)) return emitDecomposed(node as Node<FusedOp>, names, context);
  return (winograd && winogradNodes(node, context, late)) || emitByRule(node, names, context, late);
}

function emitByRule(
  node: Node,
  names: ReturnType<typeof namesOf>,
  context: EmitContext,
  late: ReadonlySet<HalfType>,
): readonly OnnxNode[] {
  const rule = emitRule(node.op);
  if (context.prepackWeights) return [rule(node, names, context)].flat();
  const cast = weightOnlyCast(node, context, late);
  const layer = [rule(node, cast ? { ...names, inputs: [...cast.inputs] } : names, context)].flat();
  return weightOnlyGather(node, late) ?? [...(cast?.before ?? []), ...layer];
}

function nodeOf({ op, inputs, outputs, attributes = {}, domain }: OnnxNode, name: string): Message {
  const m = new Message();
  for (const x of inputs) m.string(1, x);
  for (const y of outputs) m.string(2, y);
  m.string(3, name).string(4, op);
  for (const [key, value] of Object.entries(attributes)) m.message(5, attributeOf(key, value));
  return domain ? m.string(7, domain) : m;
}

/** AttributeProto: f 2, i 3, s 4, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, INTS 7). */
function attributeOf(name: string, value: Attribute): Message {
  const m = new Message().string(1, name);
  if (typeof value === 'number') return m.varint(3, value).varint(20, 2);
  if (typeof value === 'string') return m.string(4, value).varint(20, 3);
  if ('float' in value) return m.float(2, value.float).varint(20, 1);
  for (const x of value) m.varint(8, x);
  return m.varint(20, 7);
}

function tensorHeader(name: string, dtype: DType, shape: Shape): Message {
  const m = new Message();
  for (const d of shape) m.varint(1, d);
  return m.varint(2, onnxType[dtype]).string(8, name);
}

function tensorOf(name: string, dtype: DType, shape: Shape, data: Float32Array | BigInt64Array): Message {
  const raw = dtype === 'float16' ? floatToHalf(data as Float32Array) : data;
  return tensorHeader(name, dtype, shape).bytes(
    9,
    new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength),
  );
}

/**
 * external_data 13 (key, value pairs), data_location 14 = EXTERNAL. Paths are relative to the root folder.
 */
function externalTensor(name: string, w: ExternalWeight): Message {
  const m = tensorHeader(name, w.dtype, w.shape);
  const entries = { location: w.file.replace(/^\//, ''), offset: w.offset, length: w.length };
  for (const [key, value] of Object.entries(entries)) {
    m.message(13, new Message().string(1, key).string(2, String(value)));
  }
  return m.varint(14, 1);
}

function valueInfo(name: string, { dtype, shape }: Value): Message {
  const dims = new Message();
  for (const d of shape) dims.message(1, new Message().varint(1, d));
  const tensor = new Message().varint(1, onnxType[dtype]).message(2, dims);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}
