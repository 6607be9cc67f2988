/**
 * Symbolic values: what flows through a graph before anything is computed. Shapes are static; a value knows
 * the node that makes it, a node knows its op, attributes and operands. Values are made by Graph only and
 * never change.
 */
import type { Graph } from './graph.js';
import type { OpAttrs, OpName } from './op-set.js';

export type DType = 'float32' | 'float16' | 'bfloat16' | 'int64' | 'int8' | 'bool';
/** What is computed in. */
export type FloatType = Extract<DType, 'float32' | 'float16'>;
export type Shape = readonly number[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

interface NodeOf<K extends OpName> {
  readonly id: number;
  readonly op: K;
  readonly attrs: OpAttrs[K];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * An op with its operands and results; of several ops a union, so that `op` says which attributes there are.
 */
export type Node<K extends OpName = OpName> = { [P in K]: NodeOf<P> }[K];

/** A tensor that lies in a file (safetensors) and is mapped, not copied, by the run time. */
export interface ExternalWeight extends TensorType {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

/** Rows [start, end) along a weight's first axis: those bytes of the file. */
export function weightRows(weight: ExternalWeight, start: number, end: number): ExternalWeight {
  const bytes = weight.length / weight.shape[0]!;
  const shape = [end - start, ...weight.shape.slice(1)];
  return { ...weight, shape, offset: weight.offset + start * bytes, length: shape[0]! * bytes };
}

/** Where a value comes from: a run-time input, a mapped weight, a literal, or output `index` of a node. */
export type Source =
  | { readonly kind: 'input' }
  | { readonly kind: 'weight'; readonly weight: ExternalWeight }
  /** A float16 literal is held in float32 and rounded where it is written. */
  | { readonly kind: 'constant'; readonly data: Float32Array | BigInt64Array }
  | { readonly kind: 'node'; readonly node: Node; readonly index: number };

/** What a value is in its graph. */
export interface ValueFacts extends TensorType {
  /** In the order in which the graph made them. */
  readonly id: number;
  /** Unique in the graph. */
  readonly name: string;
  readonly source: Source;
}

/** A tensor of a graph, not yet computed. */
export class Value implements ValueFacts {
  readonly id: number;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly source: Source;

  constructor(
    readonly graph: Graph,
    { id, name, dtype, shape, source }: ValueFacts,
  ) {
    this.id = id;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.source = source;
  }

  get rank(): number {
    return this.shape.length;
  }
}

export const isFloat = (dtype: DType): dtype is FloatType => dtype === 'float32' || dtype === 'float16';

/** Elements of a tensor; 1 of a scalar. */
export const numel = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** Axis counted from the end when negative. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
