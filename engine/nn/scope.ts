/**
 * A place in a network that is being built: the graph, the weight file, a dotted path into it, and the adapter that is
 * applied. A layer asks its scope for weights by name and the shape that the configuration implies; whatever the file
 * has instead is one coded error, so that a built graph is known to fit its file.
 */
import { AcclaimError } from '../../src/errors.js';
import type { Graph } from '../graph/graph.js';
import { type Shape, sameShape, type Value } from '../graph/value.js';
import { externalWeight, type SafetensorsFile } from '../io/safetensors.js';
import type { LowRank, LowRankSource } from './lora.js';

export class Scope {
  constructor(
    readonly graph: Graph,
    private readonly file: SafetensorsFile,
    private readonly adapter?: LowRankSource | undefined,
    readonly path = '',
  ) {}

  /** The scope below this one: `at('attentions', 0)` of `mid_block` is `mid_block.attentions.0`. */
  at(...names: readonly (string | number)[]): Scope {
    const path = [this.path, ...names].filter((name) => name !== '').join('.');
    return new Scope(this.graph, this.file, this.adapter, path);
  }

  /** Errors: model-corrupt where the tensor is missing or no float, shape-mismatch. */
  weight(name: string, shape: Shape): Value {
    const full = this.path === '' ? name : `${this.path}.${name}`;
    const weight = externalWeight(this.file, full);
    if (!weight) {
      const entry = this.file.tensors.get(full);
      const fault = entry ? `holds ${full} as ${entry.dtype}` : `lacks the tensor ${full}`;
      throw new AcclaimError('model-corrupt', `${this.file.file} ${fault}`, 'Fetch the model again.');
    }
    if (!sameShape(weight.shape, shape)) {
      throw new AcclaimError(
        'shape-mismatch',
        `${this.file.file}: ${full}: expected [${shape}], found [${weight.shape}]`,
        "The folder's config.json and its weights do not belong together: fetch the model again.",
      );
    }
    return this.graph.weight(weight);
  }

  /** The adapter's part for the layer at this path, which has this weight, if it has one. */
  lowRank(weight: Value): LowRank | undefined {
    return this.adapter?.layer(this.path, weight);
  }
}
