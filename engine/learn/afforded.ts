/** A round's training as far as its minutes go: as many steps, of as many rows, as the job says. */
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import type { LearnContext, WantedSteps } from './learner.js';

/** The steps that are taken, and the context that they are taken in. */
export function afforded<P extends AdapterHyperparameters & { batch: number }>(
  context: LearnContext<P>,
  wanted: Omit<WantedSteps, 'batch'>,
): { context: LearnContext<P>; steps: number } {
  const { params } = context;
  const plan = context.afford?.({ ...wanted, batch: params.batch });
  if (!plan) return { context, steps: wanted.steps };
  const { steps, batch, probes } = plan;
  // What was fitted ahead of the votes had all rows.
  const ahead = batch === params.batch ? context.ahead : undefined;
  return { context: { ...context, params: { ...params, batch }, probes, ahead }, steps };
}
