/**
 * How a training run fits the machine: rows of one executor call, and whether blocks are computed again in
 * the backward pass. Fewer rows cost next to nothing, recomputing up to a third more time, so rows go first.
 * The choice depends on the model, the settings and the memory that a run may have, not on what is free at
 * the moment: the same run is chosen every time. A session chooses once, when it first learns; its
 * checkpoints carry the choice, so that an engine of another size computes the same bytes, or says that it
 * cannot.
 */

import type { AdapterHyperparameters } from '../../src/config/learners.js';
import { count } from '../../src/domain/state/count.js';
import { flops } from '../graph/flops.js';
import type { Graph } from '../graph/graph.js';
import { predictedBytes } from '../graph/memory.js';
import { doesNotFit } from '../runtime/budget.js';
import type { GraphSpec } from '../runtime/graph-spec.js';
import { Results } from '../runtime/results.js';
import type { BatchPlan, LearnContext } from './learner.js';

/** What was chosen, and its graph. */
interface Built {
  fit: BatchPlan;
  graph: Graph;
}

/** Bounds of the choice of rows. */
export interface BatchBounds {
  /** Where the choice begins. */
  most: number;
  /** Default 1. */
  least?: number;
  /** What the settings allow, where `most` depends on this machine too. */
  allowed?: number;
}

/** What was chosen before in this process. */
class BatchPlans extends Results<{ fit: BatchPlan; flops: number }> {
  constructor() {
    super(256);
  }
}

/**
 * What the session chose before, if the settings still allow it. Else the first that fits of `most` rows,
 * half as many ... `least`; without recompute, then with it, or as `params` says. `spec`: all that the graph
 * depends on beside. Errors: memory-short, before anything has run.
 */
export function planBatches(
  {
    cache,
    params,
    fitted,
    chosen,
  }: Pick<LearnContext<AdapterHyperparameters>, 'cache' | 'params' | 'fitted' | 'chosen'>,
  spec: GraphSpec,
  { most, least = 1, allowed = most }: BatchBounds,
  build: (fit: BatchPlan) => Graph,
): BatchPlan {
  const { recompute } = params;
  const asSet = chosen && (recompute === 'auto' || (recompute === 'on') === chosen.recompute);
  const kept = asSet && chosen.rows >= least && chosen.rows <= allowed ? chosen : null;
  const choice = { spec, recompute, most, least, kept };
  const found = cache.results(BatchPlans).of(choice, () => {
    const { fit, graph } = kept
      ? checked(cache.runBytes, kept, build)
      : choose(cache.runBytes, recompute, most, least, build);
    return { fit, flops: flops(graph) };
  });
  fitted(found.fit, found.flops);
  return found.fit;
}

/** Errors: memory-short, where another engine chose for the session what this one cannot hold. */
function checked(budget: number, fit: BatchPlan, build: (fit: BatchPlan) => Graph): Built {
  const graph = build(fit);
  const bytes = predictedBytes(graph);
  if (bytes <= budget) return { fit, graph };
  const hint =
    "Let an engine with more memory learn this session's rounds, or set engine.runMb to what this one can spare; a session that begins here chooses less.";
  throw doesNotFit(
    `A training step of ${count(fit.rows, 'row')}, as this session began,`,
    bytes,
    budget,
    hint,
  );
}

function choose(
  budget: number,
  recompute: AdapterHyperparameters['recompute'],
  most: number,
  least: number,
  build: (fit: BatchPlan) => Graph,
): Built {
  let bytes = 0;
  for (const again of recompute === 'auto' ? [false, true] : [recompute === 'on'])
    for (let rows = most; rows >= least; rows = Math.floor(rows / 2)) {
      const fit = { rows, recompute: again };
      const graph = build(fit);
      bytes = predictedBytes(graph);
      if (bytes <= budget) return { fit, graph };
    }
  const hint =
    recompute === 'off'
      ? 'Set learner.recompute to auto or on; smaller pictures help too.'
      : 'Train on smaller pictures, on a machine with more memory, or set engine.runMb to what this one can spare.';
  throw doesNotFit('A training step', bytes, budget, hint);
}
