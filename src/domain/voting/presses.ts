/**
 * Marks by buttons, on sheets and in duels. A press is the same mark as a reaction; what it says takes the
 * place of what it contradicts, as whoever reacts does by hand. What stands is a person's, whichever of their
 * channels and accounts it was given from.
 */
import { meaning } from '../state/emoji.js';
import type { SessionState } from '../state/model.js';
import { platforms } from '../state/platforms.js';
import type { Ballot, Round } from '../state/round.js';
import { type EffectiveMark, effectiveMarksOf } from './effective-marks.js';
import { personOf } from './people.js';

/** Reactions are no marks there. */
export const byButtons = ({ buttons, platform }: Pick<Ballot, 'buttons' | 'platform'>): boolean =>
  buttons === true && !platforms[platform].marksOnPictures;

/** All that stands of the person behind an account, in a round. */
export function standingMarks(state: SessionState, round: Round, voter: string): EffectiveMark[] {
  const ballots = [...state.ballots.values()].filter((ballot) => ballot.round === round.id);
  return effectiveMarksOf(state, ballots, personOf(state.voters, voter));
}

export interface Change {
  emoji: string;
  present: boolean;
}

/** What a press changes, in order. `own`: what stands on the sheet; `on`: as wanted, null = the other way. */
export function changesOf(own: readonly string[], emoji: string, on: boolean | null): Change[] {
  const present = on ?? !own.includes(emoji);
  const against = own.filter((other) => contradicts({ emoji, present }, other));
  return [...against.map((other) => ({ emoji: other, present: false })), { emoji, present }];
}

/** Of a duel one answer stands; "none of these" beside no picture; no star on what is called good no more. */
function contradicts({ emoji, present }: Change, other: string): boolean {
  const [said, stands] = [meaning(emoji), meaning(other)];
  if (said?.kind === 'none') return present && (stands?.kind === 'good' || stands?.kind === 'best');
  if (said?.kind === 'answer') return present && stands?.kind === 'answer' && other !== emoji;
  if (said?.kind !== 'good') return false;
  if (present) return stands?.kind === 'none';
  return stands?.kind === 'best' && stands.cell === said.cell;
}
