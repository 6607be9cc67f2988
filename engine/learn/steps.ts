/** How many optimiser steps a round of the default learner takes. */
import type { AcclaimParams } from '../../src/config/learners.js';
import type { LearnerState } from '../io/learner-state.js';
import type { Label } from './feedback.js';

/** Whether the round that comes is the first that learns. */
export const nothingLearned = (before: Pick<LearnerState, 'optimiser'> | null): boolean =>
  !before || before.optimiser.step === 0;

/** The most that a round takes, whatever its votes say: the first that learns has the longest way to go. */
export const mostSteps = (
  { steps, firstFactor }: Pick<AcclaimParams, 'steps' | 'firstFactor'>,
  first: boolean,
): number => Math.round((first ? firstFactor : 1) * steps);

/**
 * How much this round trains, at most, and no more than the goods can carry. Where nobody looks while it
 * trains (`labels`; null where early-stop.ts does), less the more it was liked, but a tenth at least: the
 * labels are of a handful of pictures, whose share of goods is told by Laplace's rule, one more liked and one
 * more not. `goods` are those that are really heard: where few of them have most of the weight, they would be
 * learned by heart as if the others were not there.
 */
export function stepsOf(
  params: AcclaimParams,
  labels: readonly Label[] | null,
  goods: number,
  first: boolean,
): number {
  const { stepsPerGood, fullUntil } = params;
  const need = labels ? Math.min(1, Math.max(0.1, (1 - approvalOf(labels)) / (1 - fullUntil))) : 1;
  return Math.ceil(Math.min(mostSteps(params, first) * need, stepsPerGood * goods));
}

function approvalOf(labels: readonly Label[]): number {
  const weight = (list: readonly Label[]) => list.reduce((sum, label) => sum + label.weight, 0);
  return (weight(labels.filter(({ good }) => good > 0.5)) + 1) / (weight(labels) + 2);
}
