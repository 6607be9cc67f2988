/** A vote, one image judged by one voter, and what a voter's marks in a round come to. */
import type { Fault } from '../state/faults.js';
import type { Comparison } from './taste/bradley-terry.js';

export interface Vote {
  /** The person: of linked accounts the made-up id, else the account's key. */
  voter: string;
  /** `<round>.<index>`, as in the image's row. */
  image: string;
  index: number;
  up: boolean;
  /** 1, or less for a cell that was merely left unmarked by one of several voters. */
  weight: number;
  star: boolean;
  /** When the mark was made; null where nobody knows (unmarked, or found by a sweep). */
  at: number | null;
  /** What is wrong with it, where the voter said so; in the order of faults.ts. */
  faults?: readonly Fault[];
}

/** Everything one voter has marked in one round. */
export interface VoterBallot {
  voter: string;
  /** Keys of those of the voter's accounts that marked. */
  accounts: ReadonlySet<string>;
  done: boolean;
  /** Sheets (or gallery places) with a mark. */
  sheets: ReadonlySet<number>;
  votes: Vote[];
  /** What was said in duels, of which the votes are made; left out on other ballots. */
  comparisons?: readonly Comparison[];
}

/** What marks are judged by. */
export interface Judged {
  voter: string;
  /** Index -> id of each image. */
  ids: ReadonlyMap<number, string>;
  hidden: ReadonlySet<number>;
  /** Not shown: what people said of them before stands, and their silence says nothing. */
  held: ReadonlySet<number>;
  sheets: ReadonlyMap<number, readonly number[]>;
  unmarkedWeight: number;
  /** A number says that the image is unsafe. */
  unsafe: boolean;
}
