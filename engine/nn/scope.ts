/**
 * A place in a network that is being built: the graph, where weights come from, a dotted path into them, and the adapter
 * that is applied. A layer asks its scope for weights by name and the shape that the configuration implies.
 */
import type { Graph } from '../graph/graph.js';
import type { Shape, Value } from '../graph/value.js';
import type { LowRank, LowRankSource } from './lora.js';

/** What gives a network its weights by full name and shape. */
export interface WeightSource {
  weight(graph: Graph, name: string, shape: Shape): Value;
}

export class Scope {
  constructor(
    readonly graph: Graph,
    private readonly source: WeightSource,
    private readonly adapter?: LowRankSource | undefined,
    readonly path = '',
  ) {}

  /** The scope below this one: `at('attentions', 0)` of `mid_block` is `mid_block.attentions.0`. */
  at(...names: readonly (string | number)[]): Scope {
    const path = [this.path, ...names].filter((name) => name !== '').join('.');
    return new Scope(this.graph, this.source, this.adapter, path);
  }

  weight(name: string, shape: Shape): Value {
    return this.source.weight(this.graph, this.path === '' ? name : `${this.path}.${name}`, shape);
  }

  /** The adapter's part for the layer at this path, which has this weight, if it has one. */
  lowRank(weight: Value): LowRank | undefined {
    return this.adapter?.layer(this.path, weight);
  }
}
