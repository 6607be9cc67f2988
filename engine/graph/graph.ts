/**
 * A graph under construction: inputs, mapped weights, constants, nodes, named outputs. Nodes are appended in
 * topological order and pure, so equal nodes (same op, operands, attributes) are one node: building twice
 * costs once.
 */
import type { OpAttrs, OpName } from './op-set.js';
import { shapeRules } from './shape-rules.js';
import {
  type DType,
  type ExternalWeight,
  type FloatType,
  type Node,
  numel,
  type Shape,
  type Source,
  Value,
} from './value.js';

/** A run of nodes, ids [start, end). */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** Append-only: what was added never changes. Values of one graph cannot be used in another. */
export class Graph {
  readonly inputs = new Map<string, Value>();
  readonly outputs = new Map<string, Value>();
  readonly weights = new Map<string, Value>();
  readonly nodes: Node[] = [];
  /** What a reverse pass may forget and compute again, in order; segments do not overlap. */
  readonly segments: Segment[] = [];
  private readonly known = new Map<string, Node>();
  private readonly literals = new Map<string, Value>();
  private count = 0;

  /** A run-time input; the name is the feed's key. */
  input(name: string, shape: Shape, dtype: DType = 'float32'): Value {
    if (this.inputs.has(name)) throw new Error(`input ${name} is declared twice`);
    const value = this.make(name, dtype, shape, { kind: 'input' });
    this.inputs.set(name, value);
    return value;
  }

  /** A mapped weight (cast in the graph where the file holds another type). */
  weight(weight: ExternalWeight, to: FloatType | 'int8' = 'float32'): Value {
    // A name may stand for parts of one tensor, and two encoders in one file may call theirs the same.
    const key = `${weight.file}#${weight.name}@${weight.offset}+${weight.length}`;
    let raw = this.weights.get(key);
    if (!raw) {
      raw = this.make(`w${this.weights.size}.${weight.name}`, weight.dtype, weight.shape, {
        kind: 'weight',
        weight,
      });
      this.weights.set(key, raw);
    }
    return weight.dtype === to ? raw : this.op('Cast', [raw], { to });
  }

  /** A literal; a bare number is a scalar. */
  constant(
    data: number | Float32Array | readonly number[],
    shape?: Shape,
    dtype: FloatType = 'float32',
  ): Value {
    const array = typeof data === 'number' ? Float32Array.of(data) : Float32Array.from(data);
    const dims = shape ?? (typeof data === 'number' ? [] : [array.length]);
    if (numel(dims) !== array.length)
      throw new Error(`constant of ${array.length} elements cannot be [${dims}]`);
    return this.literal(dtype, array, dims);
  }

  /** An int64 literal. */
  integers(data: readonly number[], shape: Shape = [data.length]): Value {
    return this.literal('int64', BigInt64Array.from(data, BigInt), shape);
  }

  /** Names a value as a result. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw new Error(`output ${name} is declared twice`);
    this.outputs.set(name, value);
  }

  /**
   * The nodes that `build` appends are one segment. Write so what takes much memory inside and little at its
   * ends.
   */
  segment<T>(build: () => T): T {
    const start = this.nodes.length;
    const result = build();
    if (start < (this.segments.at(-1)?.end ?? 0)) throw new Error('segments cannot overlap');
    this.segments.push({ start, end: this.nodes.length });
    return result;
  }

  /** Appends one node (or finds its equal) and returns its first output. */
  op<K extends OpName>(op: K, inputs: readonly Value[], attrs: OpAttrs[K]): Value {
    return this.node(op, inputs, attrs).outputs[0]!;
  }

  node<K extends OpName>(op: K, inputs: readonly Value[], attrs: OpAttrs[K]): Node<K> {
    for (const x of inputs) if (x.graph !== this) throw new Error(`${op}: ${x.name} is of another graph`);
    const key = `${op}(${inputs.map((x) => x.id)})${JSON.stringify(attrs)}`;
    const found = this.known.get(key);
    if (found) return found as unknown as Node<K>;
    const types = shapeRules[op](inputs, attrs);
    const id = this.nodes.length;
    const outputs: Value[] = [];
    const node: Node<K> = { id, op, attrs, inputs, outputs };
    types.forEach((t, index) => {
      const name = `${op.toLowerCase()}_${id}${index ? `.${index}` : ''}`;
      outputs.push(this.make(name, t.dtype, t.shape, { kind: 'node', node: node as unknown as Node, index }));
    });
    this.nodes.push(node as unknown as Node);
    this.known.set(key, node as unknown as Node);
    return node;
  }

  private literal(dtype: DType, data: Float32Array | BigInt64Array, shape: Shape): Value {
    const make = () => this.make(`c${this.count}`, dtype, shape, { kind: 'constant', data });
    // Norms ask for ones as long as an image again and again.
    const uniform = data.every((x: number | bigint) => Object.is(x, data[0]));
    if (data.length > 16 && !uniform) return make();
    const show = (x: number | bigint) => (Object.is(x, -0) ? '-0' : `${x}`);
    const key = `${dtype}[${shape}]${uniform ? show(data[0] ?? 0) : [...data].map(show)}`;
    let value = this.literals.get(key);
    if (!value) {
      value = make();
      this.literals.set(key, value);
    }
    return value;
  }

  private make(name: string, dtype: DType, shape: Shape, source: Source): Value {
    return new Value(this, { id: this.count++, name, dtype, shape, source });
  }
}
