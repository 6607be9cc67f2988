/** What a few steps of a network say of its layers: how far off their products are in int8. */
import type { Graph } from '../../graph/graph.js';
import * as ops from '../../graph/ops.js';
import type { Value } from '../../graph/value.js';
import type { Product, WeightSource } from '../../nn/scope.js';
import { keyOf, type Layer } from './layers.js';

/**
 * Draws a picture over a network's own weights; `seen` is told after each step what its products named as
 * outputs of their graph. `what`: differs where the graph does.
 */
export type Observe = (
  unet: WeightSource & { readonly what: string },
  seen: (values: Readonly<Record<string, Float32Array>>) => void,
) => Promise<void>;

/** Of each layer the error of its product by `quick`, root mean square, of its own size, at the most. */
export async function errorsOf(
  unet: WeightSource,
  layers: ReadonlyMap<string, Layer>,
  quick: (graph: Graph, layer: Layer) => Product,
  { observe, what }: { observe: Observe; what: string },
): Promise<Map<string, number>> {
  const errors = new Map<string, number>();
  const size = (y: Value) => ops.reduceMean(ops.square(y));
  const watched = {
    what,
    weight: unet.weight.bind(unet),
    product(graph: Graph, name: string, rows: Omit<Layer, 'name'>): Product | undefined {
      const key = keyOf({ name, ...rows });
      const layer = layers.get(key);
      return (
        layer &&
        ((x, bias, usual) => {
          const y = usual();
          // A layer may be asked for some of its tokens at a time.
          const part = graph.outputs.size;
          const other = quick(graph, layer)(x, bias, usual);
          graph.output(`off ${part} ${key}`, size(ops.sub(other, y)));
          graph.output(`size ${part} ${key}`, size(y));
          return y;
        })
      );
    },
  };
  await observe(watched, (values) => {
    for (const [name, [off]] of Object.entries(values)) {
      const [word, part, key] = name.split(' ') as [string, string, string];
      if (word !== 'off') continue;
      const [all] = values[`size ${part} ${key}`]!;
      errors.set(key, Math.max(errors.get(key) ?? 0, Math.sqrt(off! / (all! || 1))));
    }
  });
  return errors;
}
