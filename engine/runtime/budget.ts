/** What a run may take of this machine's memory, and the error of one that would take more. */
import { totalmem } from 'node:os';
import { AcclaimError } from '../../src/errors.js';

/**
 * Share of the machine's memory that a run may have: the rest is for the mapped weights, the bot and
 * everybody else.
 */
const SHARE = 0.75;

/**
 * Bytes a run may take: what is configured, else a share of the machine's memory, or of what this process is
 * confined to.
 */
export function runBudget(configuredMb: number | null): number {
  if (configuredMb !== null) return configuredMb * 2 ** 20;
  const confined = process.constrainedMemory();
  return SHARE * (confined > 0 ? Math.min(confined, totalmem()) : totalmem());
}

export const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;

/** The error `memory-short`, with both figures in GB. */
export function doesNotFit(what: string, bytes: number, budget: number, hint: string): AcclaimError {
  const cause = `${what} would take about ${gigabytes(bytes)} of memory beside the model's weights, and may take ${gigabytes(budget)}`;
  return new AcclaimError('memory-short', cause, hint);
}
