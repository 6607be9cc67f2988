/**
 * The adapter that is drawn with and exported: the tuned one less its part of the drift adapter (drift.ts),
 * as one LoRA of twice the rank, of which the tuned one can be taken again exactly.
 */

import type { Drift } from '../io/learner-state.js';
import type { AdapterSpec } from '../nn/lora.js';
import { type NamedTensors, names } from '../runtime/named-tensors.js';
import { f32 } from '../runtime/tensor.js';
import { above, beside, firstColumns, firstRows } from './sum.js';

/** What is drawn and exported: the tuned adapter less its part of phi. */
export function applied(
  spec: AdapterSpec,
  { adapter, drift }: { adapter: NamedTensors; drift?: Pick<Drift, 'adapter' | 'lambda'> | undefined },
): { spec: AdapterSpec; tensors: NamedTensors } {
  if (!drift) return { spec, tensors: adapter };
  const joined = names(adapter).map((name) => {
    const [t, phi] = [adapter[name]!, drift.adapter[name]!];
    const sum = isDown(name)
      ? above([t, phi])
      : beside([
          { up: t, scale: 1 },
          { up: phi, scale: -drift.lambda },
        ]);
    return [name, sum] as const;
  });
  const doubled = { ...spec, rank: 2 * spec.rank, alpha: 2 * spec.alpha };
  return { spec: doubled, tensors: Object.fromEntries(joined) };
}

/** The adapter at a strength: 0 changes nothing, 1 is what it is. */
export const multiplied = (
  { spec, tensors }: { spec: AdapterSpec; tensors: NamedTensors },
  strength: number,
): { spec: AdapterSpec; tensors: NamedTensors } => ({
  spec,
  tensors: Object.fromEntries(
    names(tensors).map((name) => {
      const t = tensors[name]!;
      return [
        name,
        isDown(name)
          ? t
          : f32(
              t.shape,
              t.data.map((x) => x * strength),
            ),
      ];
    }),
  ),
});

/** The tuned adapter of what was `applied`. */
export const tunedOf = (tensors: NamedTensors, { rank }: AdapterSpec): NamedTensors =>
  Object.fromEntries(
    names(tensors).map((name) => {
      const t = tensors[name]!;
      return [name, isDown(name) ? firstRows(t, rank) : firstColumns(t, rank)];
    }),
  );

const isDown = (name: string): boolean => name.endsWith('lora_A.weight');
