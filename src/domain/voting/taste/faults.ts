/**
 * What people say is wrong with the pictures of a round, as far as the guards let them be heard: of each
 * picture that was called not good, who named a fault as a share of those who named any, by the same weights
 * as their votes.
 */
import { type Fault, type FaultShares, faults } from '../../state/faults.js';
import type { Vote } from '../vote.js';

/**
 * Index of the picture -> shares; none of pictures of which nobody says what is wrong. `weights`: of each
 * vote.
 */
export function faultShares(
  votes: readonly Vote[],
  weights: ArrayLike<number>,
): ReadonlyMap<number, FaultShares> {
  const named = new Map<number, { all: number; by: Map<Fault, number> }>();
  for (const [i, vote] of votes.entries()) {
    const weight = weights[i]!;
    if (!vote.faults?.length || weight <= 0) continue;
    const one = named.get(vote.index) ?? { all: 0, by: new Map<Fault, number>() };
    one.all += weight;
    for (const fault of vote.faults) one.by.set(fault, (one.by.get(fault) ?? 0) + weight);
    named.set(vote.index, one);
  }
  return new Map(
    [...named].map(([index, { all, by }]) => [
      index,
      Object.fromEntries(faults.flatMap((fault) => (by.has(fault) ? [[fault, by.get(fault)! / all]] : []))),
    ]),
  );
}
