/**
 * A place in a network that is being built: the graph, where weights come from, a dotted path into them, the
 * adapter that is applied, and the type that is computed in. A layer asks its scope for weights by name and
 * the shape that the configuration implies.
 */
import type { Graph } from '../graph/graph.js';
import type { FloatType, Shape, Value } from '../graph/value.js';
import type { LowRank, LowRankSource } from './lora.js';

/** What gives a network its weights by full name and shape, as `to` whatever they are stored as. */
export interface WeightSource {
  weight(graph: Graph, name: string, shape: Shape, to?: FloatType): Value;
  /** How a linear layer multiplies by these rows of its weight, where not as usual. */
  product?(graph: Graph, name: string, rows: Rows): Product | undefined;
}

/** x [..., inner] -> [..., end - start], with the bias; `usual` is the product in the type of the network. */
export type Product = (x: Value, bias: Value | undefined, usual: () => Value) => Value;

/** Rows [start, end) of a weight [out, inner]. */
export interface Rows {
  readonly start: number;
  readonly end: number;
  readonly inner: number;
}

/**
 * A place in a network's tree of names, with where its weights come from, the adapter, and the type it
 * computes in.
 */
export class Scope {
  constructor(
    readonly graph: Graph,
    private readonly source: WeightSource,
    private readonly adapter?: LowRankSource | undefined,
    readonly path = '',
    /** Of weights, and of what layers are given. */
    readonly type: FloatType = 'float32',
  ) {}

  /** The scope below this one: `at('attentions', 0)` of `mid_block` is `mid_block.attentions.0`. */
  at(...names: readonly (string | number)[]): Scope {
    const path = [this.path, ...names].filter((name) => name !== '').join('.');
    return new Scope(this.graph, this.source, this.adapter, path, this.type);
  }

  /** The same place, computing in another type. */
  as(type: FloatType): Scope {
    return new Scope(this.graph, this.source, this.adapter, this.path, type);
  }

  weight(name: string, shape: Shape): Value {
    return this.source.weight(this.graph, this.full(name), shape, this.type);
  }

  /** How these rows of the weight are multiplied by; undefined where as usual. */
  product(name: string, rows: Rows): Product | undefined {
    return this.source.product?.(this.graph, this.full(name), rows);
  }

  /** The adapter's part for the layer at this path, which has this weight, if it has one. */
  lowRank(weight: Value): LowRank | undefined {
    return this.adapter?.layer(this.path, weight);
  }

  private full(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}
