/**
 * The rows of a round: its pictures, ballots and jobs, and what its votes came to. Plain data; model.ts says
 * how ids and times are written.
 */

import type { Text } from '../../words/text.js';
import type { Fault, FaultShares } from './faults.js';
import type { Platform } from './platforms.js';
import type { BallotStyle } from './rules.js';

export type RoundPhase =
  | 'generating'
  /** Drawn, and waiting for a moderator's look before anyone else sees it. */
  | 'review'
  | 'posting'
  | 'open'
  | 'closing'
  | 'learning'
  | 'done'
  | 'failed'
  | 'aborted'
  | 'superseded';

export type CloseReason = 'quorum' | 'done' | 'deadline' | 'command';

export interface Round {
  id: string;
  session: string;
  /** Counts up from 1 and is never used twice, so that folders and random streams are never shared. */
  number: number;
  /** Round whose checkpoint drew it; null = the base model (or the session's origin). */
  parent: number | null;
  state: RoundPhase;
  /** Attempt of the job under way or last run; results of other attempts are dropped. */
  attempt: number;
  count: number;
  /** What the noise is drawn from; `plain` after a redraw. */
  noise: 'plain' | 'learner';
  /** Redraws in a row before this round, because nobody found a good image. */
  redraws: number;
  createdAt: number;
  openedAt: number | null;
  deadline: number | null;
  /** A rest of the voters counts from here at the earliest: the clock was set meanwhile. */
  restFrom?: number;
  /** True once an empty deadline was pushed out. */
  extended: boolean;
  closingAt: number | null;
  closedAt: number | null;
  closeReason: CloseReason | null;
  /** What drawing it took; of rounds before this was measured nothing is known. */
  drawn?: { seconds: number; memoryMb?: number; plan?: Planned<{ steps: number; images: number }> };
  /** Of a round that was chosen among more: pictures begun, finished and shown, and drawings a picture. */
  picked?: { begun: number; finished: number; shown: number; cost: number };
  /** Drawn beside it of the session's fixed noises, by the same model; rounds from before have none. */
  pair?: PairPicture[];
  feedback: Feedback | null;
  outcome: Outcome | null;
  /** Guards of votes that a moderator lifted from it: what it came to is told without them. */
  lifted?: GuardAct[];
  learned: Learned | null;
  /** State it failed in, so that a retry knows what to run again. */
  failedFrom: 'generating' | 'learning' | null;
  failure: { code: string; message: string; hint: string } | null;
}

/** What guards of votes do; src/domain/voting/guard-acts.ts says what each is. */
export type GuardAct = 'hands' | 'newcomers' | 'trust' | 'best';

/**
 * What was done in the minutes that bound a round, as its engine planned it; `seconds`: that it was expected
 * to take.
 */
export type Planned<Work> = Work & { minutes: number; seconds: number; wanted: Work };

export interface Learned {
  steps: number;
  learned: boolean;
  /** What the learner says to people; words as they stand in rounds of before. */
  notes: Text[];
  seconds: number;
  /** Most memory that the engine took, MB. */
  memoryMb?: number;
  /** `batch`: rows of a step. */
  plan?: Planned<{ steps: number; batch: number }>;
  /** Mean loss of its steps; of rounds before that was kept nothing is known. */
  loss?: number;
  /**
   * How different the round's liked pictures are, as a share of the base model's, and how many there were of
   * each.
   */
  variety?: { kept: number; base: number; tuned: number };
}

export type ImageState = 'shown' | 'held' | 'hidden';

export interface Image {
  id: string;
  round: string;
  index: number;
  /** Path relative to the round's folder. */
  file: string;
  width: number;
  height: number;
  state: ImageState;
  /** `barred`: by the checker, and for good. */
  heldBy: 'checker' | 'barred' | 'flags' | null;
  /** Which model drew it: the base model, or that with what was learned. Unknown of older ones. */
  origin?: 'base' | 'tuned';
  /** Of a round chosen among more: for what it was chosen; `unpicked` = its noise was nobody's choice. */
  pick?: 'unpicked' | 'liked' | 'unsure';
  /** P(good) as the vote model had it when the picture was drawn; left out where it had no opinion. */
  chance?: number;
  /** A moderator looked at it and lets it be seen: flags hold it back no more. */
  passed?: true;
  /** Flagged by too many who are new here to hold it back: moderators were told. */
  reported?: true;
}

/** A picture of the pair row: nobody votes on it, and nothing is learned from it. */
export interface PairPicture extends Pick<Image, 'index' | 'width' | 'height' | 'state' | 'heldBy'> {
  /** Path relative to the round's folder; null where its file was not kept. */
  file: string | null;
}

export type BallotState = 'planned' | 'live' | 'closed' | 'gone';

export interface Ballot {
  id: string;
  session: string;
  round: string;
  channel: string;
  platform: Platform;
  style: BallotStyle;
  /** 0 = A, 1 = B, ...; of a gallery the image's place, of duels the order in which they are asked. */
  sheet: number;
  /** Indices of images; cell n of the sheet is cells[n - 1]. */
  cells: number[];
  state: BallotState;
  /** The platform's id of the message; null until it is posted. */
  message: string | null;
  /** 1, and 2 when a deleted one was posted once more under a new id. */
  posting: number;
  /** How often it was primed: again after a moderator cleared its reactions. */
  primings: number;
  sweeps: boolean;
  /** A sheet that is marked by buttons where the platform has reactions: none of these is a mark there. */
  buttons?: true;
  /** When the last sweep began; a round closes only when this is no older than its closing. */
  sweptAt: number | null;
}

export interface Job {
  /** Equals the key of the effect that asked for it: `<session>.<round>.<kind>.<attempt>`. */
  key: string;
  session: string;
  round: number;
  kind: 'generate' | 'learn';
  attempt: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  stage: string | null;
  done: number;
  total: number;
  secondsLeft: number | null;
  error: { code: string; message: string; hint: string } | null;
  /** Why nobody works on it, and since when; absent while somebody can. */
  held?: { code: string; message: string; since: number };
  at: number;
}

/** What the votes say of a round. Its `index, good, weight, best` are what the engine's learners read. */
export interface Feedback {
  images: ImageFeedback[];
  best: number | null;
}

export interface ImageFeedback {
  index: number;
  /** Probability that the image is good; null = unlabelled. */
  good: number | null;
  weight: number;
  /** Guarded weight of the votes behind the label. */
  votes: number;
  /** Whose word the label is, where it is not the voters'. */
  by?: 'checker';
  /** Of a picture that is not good, what those who say so find wrong with it. */
  faults?: FaultShares;
}

/** What people are told when a round has closed. */
export interface Outcome {
  /**
   * The round's winner, shown to people; the feedback names it only if it beats the best carried from before.
   */
  best: number | null;
  /** Wilson's lower bound of the winner's share of ups. */
  bestBound: number;
  /** Voters counted; those left out by name of the reason. */
  voters: number;
  excluded: { reason: 'excluded' | 'late' | 'other-camp'; count: number }[];
  votes: number;
  /**
   * Of each picture that is not hidden: votes that called it good, and all of them. `by`: the safety
   * checker's word goes over theirs. `base`: the base model drew it among pictures of the tuned one, so it
   * says nothing of what was learned. `good`: the share of their weight that is for it, where some merely
   * left it unmarked. `pick`: it was chosen among more, so it says less of what was learned than those that
   * were not. approval.ts says what the round comes to.
   */
  cells: {
    index: number;
    up: number;
    seen: number;
    stars: number;
    good?: number;
    by?: 'checker';
    base?: true;
    pick?: 'liked' | 'unsure';
  }[];
  method: 'single' | 'cold' | 'dawid-skene' | 'bridging';
  /** Share of votes by voters who seem to vote the other way round; null while too few. */
  polarisation: number | null;
  /** Of a split community: pictures on which its camps differ most, the widest first. */
  divides?: number[];
  oneSided: 'no-good' | 'no-bad' | null;
  /** The guards of votes changed something; left out where they did not. */
  guarded?: true;
  /** Pictures of which somebody who counts said what is wrong, by what it is; left out where nobody did. */
  faults?: Partial<Record<Fault, number>>;
}
