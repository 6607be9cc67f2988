/**
 * Everything that can happen to a session, already in our own words: ids of ballots and keyed voters, never a
 * platform's types. Each event is one call of `decide`; the same event twice is harmless, and so is any order
 * of reactions. `effect` names the effect that the event completes: it leaves the outbox in the same commit.
 */

import type { Evaluation } from './evaluation.js';
import type { Fault } from './faults.js';
import type { Place, Platform, PromptReading, Role } from './model.js';
import type { GuardAct, Learned, PairPicture, Round } from './round.js';
import type { Rules, settableRules } from './rules.js';
import type { Camp, NotParted, Parting } from './split.js';
import type { Strengths } from './strengths.js';

/** A person as an event saw them; stored only after consent. */
export interface Seen {
  key: string;
  platform: Platform;
  bornAt: number | null;
  joinedAt: number | null;
  role: Role;
  /** Anybody could have made the account, and nobody has vouched for it. */
  waits?: boolean;
}

export interface ReactionSet {
  kind: 'reaction';
  ballot: string;
  voter: Seen;
  /** Canonical name (emoji.ts): 1..9, none, star-1..star-9, few-1.., done, like, dislike, star. */
  emoji: string;
  present: boolean;
  at: number;
}

/** A ballot's reactions as the platform shows them, the bot's own left out. */
export interface Swept {
  kind: 'swept';
  ballot: string;
  effect: string | null;
  /** When the first page was asked for: live events since then win over what was read. */
  beganAt: number;
  marks: { voter: Seen; emoji: string }[];
  at: number;
}

export interface Cleared {
  kind: 'cleared';
  ballot: string;
  /** Null = all of them. */
  emoji: string | null;
  at: number;
}

export interface BallotGone {
  kind: 'ballot-gone';
  ballot: string;
  at: number;
}

export interface BallotPosted {
  kind: 'ballot-posted';
  ballot: string;
  effect: string;
  /** The platform's id of the message. */
  message: string;
  at: number;
}

export interface EffectDone {
  kind: 'effect-done';
  effect: string;
  at: number;
}

/**
 * Given up for good: the channel refuses, the message is gone. Faults that may pass are simply tried again.
 */
export interface EffectFailed {
  kind: 'effect-failed';
  effect: string;
  /** Ballot that could not be posted, if it was one. */
  ballot: string | null;
  at: number;
}

export interface ConsentChanged {
  kind: 'consent';
  voter: Seen;
  given: boolean;
  /** Name to show, where the person opted in; null = none; absent = as it was. */
  name?: string | null;
  /** A moderator excluded this account before it was forgotten. */
  excluded?: boolean;
  /**
   * Another session was told first and asks for the person to be forgotten: this one only takes marks back.
   */
  askedElsewhere?: boolean;
  at: number;
}

export interface ChannelChanged {
  kind: 'channel';
  channel: string;
  canPost: boolean;
  /** It was deleted: nobody can give it back. */
  gone?: boolean;
  nsfw: boolean;
  at: number;
}

/**
 * What was done in several sessions (and on their server) by one command; all of its rows in the audit have
 * the same.
 */
interface Part {
  whole?: string | undefined;
}

/** Acts by name; roles.ts says who may do which. */
export type Act =
  | { name: 'close' }
  | { name: 'pause' }
  | { name: 'resume' }
  | { name: 'stop' }
  | { name: 'redo' }
  /** Back to the checkpoint of `round`; 0 = the base model. */
  | { name: 'rollback'; round: number }
  /** Good pictures have become alike: more variety from the next round on. */
  | { name: 'vary' }
  /**
   * A new session from the checkpoint of `round` (0 = the base model), in `channel` of this session's
   * community.
   */
  | {
      name: 'branch';
      round: number;
      session: string;
      prompt: string | null;
      criterion?: string | undefined;
      /** Of another prompt. */
      reading?: PromptReading | undefined;
      place: Place;
    }
  /** Goes on as two sessions, one for each camp that was found. */
  | {
      name: 'split';
      parting: Parting | NotParted;
      into: Record<Camp, { session: string; place: Place }>;
    }
  /** Whoever asks is of that camp from now on. */
  | { name: 'taste'; camp: Camp }
  /**
   * An image of the newest round with ballots by index; null takes the star back that was given by command.
   */
  | { name: 'best'; index: number | null }
  /**
   * What is wrong with an image of the newest round with ballots, or of `round`, all of it; nothing takes it
   * back.
   */
  | { name: 'why'; index: number; faults: readonly Fault[]; round?: number | undefined }
  /** Of the newest round with ballots, or of `round`. `back`: the report is taken back. */
  | { name: 'flag'; index: number; round?: number | undefined; back?: true | undefined }
  /** Of the newest round with ballots, or of `round`. */
  | { name: 'hide'; index: number; round?: number | undefined }
  /** The pair row of that round; without one that of all rounds, and no more is drawn. */
  | { name: 'hide-pair'; round?: number | undefined }
  /** One that flags hold back is seen again, for good. Of the newest round with ballots, or of `round`. */
  | { name: 'show'; index: number; round?: number | undefined }
  | ({ name: 'exclude'; voter: string } & Part)
  | ({ name: 'include'; voter: string } & Part)
  /** Somebody vouches for an account that waits. */
  | ({ name: 'admit'; voter: string } & Part)
  | ({ name: 'trust'; voter: string } & Part)
  | ({ name: 'distrust'; voter: string } & Part)
  /** What a guard of votes did in a closed round is taken back. */
  | { name: 'lift'; round: number; guard: GuardAct }
  /** From now on a moderator's OK opens each ballot, or no longer does. */
  | { name: 'review'; on: boolean }
  /** That OK. */
  | { name: 'approve' }
  | ({ name: 'settings'; rules: RuleSettings } & Part)
  /** What the newest model draws at other strengths is drawn and shown. */
  | { name: 'strength' }
  /** How safe the model has become is measured. */
  | { name: 'report' }
  /** Turns an earlier act of a moderator back; `command` and `args` as the audit has them. */
  | { name: 'undo'; of: PastAct }
  /** Another channel may join by this code (a keyed hash of it), once, until then. */
  | { name: 'invite'; code: string; until: number }
  /** `place` joins by a code; `nsfw`: it is marked for adult content; `quorum`: what is usual there. */
  | {
      name: 'join';
      code: string;
      place: Place;
      nsfw: boolean;
      quorum: Pick<Rules, 'quorum' | 'quorumBy'>;
    }
  /** The channel that asks leaves, or (for the founding side to say) the one of that ordinal. */
  | { name: 'leave'; ordinal: number | null };

/** Rules that admins set while sessions run. */
export type RuleSettings = Partial<Pick<Rules, keyof typeof settableRules>>;

export interface PastAct {
  /** Number in the audit. */
  seq: number;
  command: string;
  args: Record<string, unknown>;
}

export interface Command {
  kind: 'command';
  act: Act;
  by: Seen;
  /** Channel that it came from; null = the program itself, which may do what the founding side may. */
  from: string | null;
  at: number;
}

export interface JobProgress {
  kind: 'job-progress';
  job: string;
  stage: string;
  done: number;
  total: number;
  secondsLeft: number | null;
  at: number;
}

/**
 * Nobody can do the job now (no engine is there, the disk is full), or (null) somebody can again. It goes on
 * by itself.
 */
export interface JobHeld {
  kind: 'job-held';
  job: string;
  why: { code: string; message: string } | null;
  at: number;
}

export interface JobDone {
  kind: 'job-done';
  job: string;
  result:
    | {
        kind: 'generate';
        images: {
          index: number;
          file: string;
          width: number;
          height: number;
          held?: boolean;
          barred?: boolean;
          origin?: 'base' | 'tuned';
          pick?: 'unpicked' | 'liked' | 'unsure';
          chance?: number;
        }[];
        /** What it took, where that is known. */
        drawn?: NonNullable<Round['drawn']>;
        /** Of a round that was chosen among more. */
        picked?: NonNullable<Round['picked']>;
        /** Of the session's fixed noises. */
        pair?: (Pick<PairPicture, 'index' | 'file' | 'width' | 'height'> & {
          held?: boolean | undefined;
          barred?: boolean | undefined;
        })[];
      }
    | ({ kind: 'learn' } & Learned);
  at: number;
}

export interface JobFailed {
  kind: 'job-failed';
  job: string;
  code: string;
  message: string;
  hint: string;
  /** False: trying again cannot help (a corrupt model). */
  retry: boolean;
  at: number;
}

/** Pictures at other strengths came further, or are over. */
export interface StrengthsDrawn {
  kind: 'strengths-drawn';
  effect: string;
  round: number;
  found: Pick<Strengths, 'state' | 'steps' | 'failure'>;
  at: number;
}

/** An evaluation came further, or is over. */
export interface Evaluated {
  kind: 'evaluated';
  effect: string;
  round: number;
  found: Pick<Evaluation, 'state' | 'by' | 'done' | 'total' | 'prompts' | 'failure'>;
  at: number;
}

/** The machine's clock was set forward by so many ms: what was due moves along. `at` is the time before. */
export interface ClockSet {
  kind: 'clock-set';
  by: number;
  at: number;
}

/** Time passed; `nextTick` says when the next one matters. */
export interface Tick {
  kind: 'tick';
  at: number;
}

export type Event =
  | ReactionSet
  | Swept
  | Cleared
  | BallotGone
  | BallotPosted
  | EffectDone
  | EffectFailed
  | ConsentChanged
  | ChannelChanged
  | Command
  | JobProgress
  | JobHeld
  | JobDone
  | JobFailed
  | StrengthsDrawn
  | Evaluated
  | ClockSet
  | Tick;
