/** The layers of a UNet that may be in int8: the linear ones within its transformers. */
import { Wanted } from '../../io/weights.js';
import type { Rows, WeightSource } from '../../nn/scope.js';
import type { UnetConfig } from '../config.js';
import { visitUnet } from '../networks.js';

/** A layer's rows as they are asked for, by the name of their weight. */
export interface Layer extends Rows {
  readonly name: string;
}

/** Keys and values of the text's few tokens: little to gain. */
const OF_TEXTS = /\.attn2\.to_[kv]\./;

/** A layer by one word. */
export const keyOf = ({ name, start, end }: Pick<Layer, 'name' | 'start' | 'end'>): string =>
  `${name}[${start}:${end}]`;

/** By their keys, in the order in which the network asks for them. */
export function layersOf(unetConfig: UnetConfig): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  const wanted = new Wanted();
  const source: WeightSource = {
    weight: (graph, name, shape) => wanted.weight(graph, name, shape),
    product(_graph, name, rows) {
      const layer = { name, ...rows };
      if (/(^|\.)attentions\./.test(name) && !OF_TEXTS.test(name)) layers.set(keyOf(layer), layer);
      return undefined;
    },
  };
  visitUnet({ unet: source, unetConfig });
  return layers;
}
