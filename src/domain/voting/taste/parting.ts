/**
 * The two camps of a split community, by all that its people said so far: the camps on either side of the
 * factor of bridging (bridging.ts), and for each the pictures that it likes and the other does not.
 */
import { type Camp, camps } from '../../state/split.js';
import type { Steps } from '../../state/steps.js';
import type { Vote } from '../vote.js';
import { columns } from './ballot-box.js';
import { bridging, dividing } from './bridging.js';
import { inVoices, polarisationOf } from './labels.js';

export interface Parting {
  /** Person -> camp. A is the larger one. Who voted on too few pictures is in none. */
  camps: ReadonlyMap<string, Camp>;
  /** Ids of the pictures that divide people most, by the camp that likes them; the widest first. */
  likes: Record<Camp, readonly string[]>;
}

/** `few`: too few people voted on enough pictures. `alike`: tastes do not differ that much. */
export type NotParted = 'few' | 'alike';

/** Pictures that somebody must have voted on before anything is made of their taste. */
export const ENOUGH_VOTES = 10;
/** People that a camp needs. */
export const LEAST_IN_CAMP = 3;
/** Pictures that a camp is told by, at most. */
const TOLD = 3;

/** `polarised`: share of votes against the rest above which a community is split. */
export function* parting(cast: readonly Vote[], polarised: number): Steps<Parting | NotParted> {
  const votes = yield* columns([ofThoseWhoSaidEnough(cast)]);
  if (votes.voters.length < 2 * LEAST_IN_CAMP) return 'few';
  const heard = inVoices(votes);
  if ((yield* polarisationOf(heard)) <= polarised) return 'alike';
  const { side } = yield* bridging(heard);
  const apart = dividing(heard, side);
  const of = (sign: 1 | -1) => votes.voters.filter((_, u) => side[u]! * sign > 0);
  const [above, below] = [of(1), of(-1)];
  if (Math.min(above.length, below.length) < LEAST_IN_CAMP || apart.length === 0) return 'alike';
  const sign = above.length >= below.length ? 1 : -1;
  const [larger, smaller] = sign === 1 ? [above, below] : [below, above];
  const liked = (by: number) => apart.filter((one) => one.by * by > 0).map(({ n }) => votes.images[n]!);
  return {
    camps: new Map(camps.flatMap((camp, i) => [larger, smaller][i]!.map((name) => [name, camp] as const))),
    likes: { A: liked(sign).slice(0, TOLD), B: liked(-sign).slice(0, TOLD) },
  };
}

function ofThoseWhoSaidEnough(votes: readonly Vote[]): Vote[] {
  const said = new Map<string, number>();
  for (const { voter } of votes) said.set(voter, (said.get(voter) ?? 0) + 1);
  return votes.filter(({ voter }) => said.get(voter)! >= ENOUGH_VOTES);
}
