/**
 * Reference. What the guards work on: votes of several rounds, weighted; plain data so that each step is a
 * function of it.
 */
import type { Vote } from '../../../src/domain/voting/vote.js';

export interface WeightedVote extends Vote {
  /** Weight after the guards so far. */
  w: number;
}

export function weigh(votes: readonly Vote[]): WeightedVote[] {
  return votes.map((vote) => ({ ...vote, w: vote.weight }));
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
