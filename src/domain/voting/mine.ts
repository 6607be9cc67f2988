/**
 * What is known of one person, as plain figures: every vote that the marks of all their accounts come to,
 * round by round.
 */
import type { Fault } from '../state/faults.js';
import { pictureName } from '../state/ids.js';
import type { SessionState } from '../state/model.js';
import type { Ballot, Round } from '../state/round.js';
import { finish } from '../state/steps.js';
import { personOf } from './people.js';
import { voterBallots } from './votes.js';

export interface OwnVote {
  session: string;
  prompt: string;
  round: number;
  /** The picture's name on its ballot, such as B4, or #12 in a gallery. */
  picture: string;
  /** File of the picture in the round's folder. */
  file: string;
  vote: 'good' | 'not good';
  best: boolean;
  /** What you said is wrong with it. */
  wrong: readonly Fault[];
  /** False: the cell was left unmarked on a sheet with marks. */
  marked: boolean;
  /** Epoch ms; null where it was found by a sweep, or left unmarked. */
  at: number | null;
}

/** In order of rounds and pictures. */
export function votesOf(state: SessionState, voter: string): OwnVote[] {
  const { id: session, prompt, rules } = state.session;
  const names = new Set([voter, personOf(state.voters, voter)]);
  return state.rounds.flatMap((round) => {
    const own = finish(voterBallots(state, round, rules.unmarkedWeight)).find((one) => names.has(one.voter));
    return (own?.votes ?? []).map(({ index, up, star, weight, at, faults = [] }) => ({
      session,
      prompt,
      round: round.number,
      picture: nameOf(state, round, index),
      file: state.images.get(round.id)?.find((image) => image.index === index)?.file ?? '',
      vote: up ? ('good' as const) : ('not good' as const),
      best: star,
      wrong: faults,
      marked: weight === 1 || own?.comparisons !== undefined,
      at,
    }));
  });
}

/** The name under which an image was voted on. */
export function nameOf(state: SessionState, round: Round, index: number): string {
  const shows = (row: Ballot) => row.round === round.id && row.cells.includes(index);
  const ballot = [...state.ballots.values()].find(shows);
  return ballot ? pictureName(ballot, index) : `#${index + 1}`;
}
