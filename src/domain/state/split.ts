/**
 * A session that went on as two, one for each camp of taste. Who is of which camp stands in their own row, so
 * that forgetting takes it along; linked accounts are one person.
 */

export type Camp = 'A' | 'B';
export const camps: readonly Camp[] = ['A', 'B'];
export const otherCamp = (camp: Camp): Camp => (camp === 'A' ? 'B' : 'A');

/** Stands in all three sessions. */
export interface Split {
  /** Whose votes count here; left out in the session that was split. */
  camp?: Camp;
  /** Id of the session that was split. */
  parent: string;
  /** Id of each camp's session. */
  sessions: Record<Camp, string>;
  /** Pictures of the parent on which the camps differ most, by the camp that likes them; the widest first. */
  likes: Record<Camp, readonly Picture[]>;
}

export interface Picture {
  /** Number of its round. */
  round: number;
  index: number;
}

/** When somebody came into a camp, epoch ms. */
export interface CampSince {
  camp: Camp;
  since: number;
}

/** By the split's id; the newest last. */
interface Camped {
  camps?: Readonly<Record<string, readonly CampSince[]>>;
}

/** What the votes of a session come to (voting/taste/parting.ts). */
export interface Parting {
  /** Person -> camp. A is the larger one. Who voted on too few pictures is in none. */
  camps: ReadonlyMap<string, Camp>;
  /** Ids of the pictures that divide people most, by the camp that likes them; the widest first. */
  likes: Record<Camp, readonly string[]>;
}

/** `few`: too few people voted on enough pictures. `alike`: tastes do not differ that much. */
export type NotParted = 'few' | 'alike';

/** Unlike the parent's id it is another one when a session is split once more after that was undone. */
export const splitId = ({ sessions }: Split): string => sessions.A;

/** The camp that the accounts of one person were of at a time; undefined while they are of none. */
export function campOf(accounts: readonly Camped[], split: Split, at: number): Camp | undefined {
  const known = accounts.flatMap(({ camps: all }) => all?.[splitId(split)] ?? []);
  const then = known.filter(({ since }) => since <= at);
  return then.reduce<CampSince | undefined>((a, b) => (a && a.since > b.since ? a : b), undefined)?.camp;
}

/** Moves that are kept of a person. In rounds that closed before these they count in both camps. */
const MOVES = 20;

/** The row of somebody who is of a camp from now on. */
export function inCamp<V extends Camped>(voter: V, split: Split, { camp, since }: CampSince): V {
  const id = splitId(split);
  const before = voter.camps?.[id] ?? [];
  return { ...voter, camps: { ...voter.camps, [id]: [...before, { camp, since }].slice(-MOVES) } };
}
