/**
 * How a training run fits the machine: rows of one executor call, and whether blocks are computed again in the backward
 * pass. Fewer rows cost next to nothing, recomputing a third more time, so rows go first. The choice depends on the model,
 * the settings and the memory that a run may have, not on what is free at the moment: the same run is chosen every time.
 */

import type { Graph } from '../graph/graph.js';
import { predictedBytes } from '../graph/memory.js';
import { doesNotFit } from '../runtime/budget.js';
import type { ExecutorCache } from '../runtime/cache.js';
import type { LearnContext } from './learner.js';
import type { AdapterParams } from './parameters.js';

export interface Fit {
  readonly rows: number;
  readonly recompute: boolean;
}

/** What was chosen before in this process, by key. */
const known = new WeakMap<ExecutorCache, Map<string, Fit>>();

/**
 * The first that fits of `most` rows, half as many ... `least`; without recompute, then with it, or as `params` says.
 * `key` names all that the graph depends on beside. Errors: memory-short, before anything has run.
 */
export function fitTraining(
  { cache, params, fitted }: Pick<LearnContext<AdapterParams>, 'cache' | 'params' | 'fitted'>,
  key: string,
  { most, least = 1 }: { most: number; least?: number },
  build: (fit: Fit) => Graph,
): Fit {
  const { recompute } = params;
  const chosen = known.get(cache) ?? new Map<string, Fit>();
  known.set(cache, chosen);
  const whole = `${key}|${recompute}|${most} ${least}`;
  const fit = chosen.get(whole) ?? choose(cache.runBytes, recompute, most, least, build);
  chosen.set(whole, fit);
  fitted(fit);
  return fit;
}

function choose(
  budget: number,
  recompute: AdapterParams['recompute'],
  most: number,
  least: number,
  build: (fit: Fit) => Graph,
): Fit {
  let bytes = 0;
  for (const again of recompute === 'auto' ? [false, true] : [recompute === 'on'])
    for (let rows = most; rows >= least; rows = Math.floor(rows / 2)) {
      const fit = { rows, recompute: again };
      bytes = predictedBytes(build(fit));
      if (bytes <= budget) return fit;
    }
  const mend =
    recompute === 'off'
      ? 'Set learner.recompute to auto or on; smaller pictures help too.'
      : 'Train on smaller pictures, on a machine with more memory, or set engine.runMb to what this one can spare.';
  throw doesNotFit('A training step', bytes, budget, mend);
}
