/**
 * The rows of Acclaim: what the database holds and what a session's state is made of. Plain data, no
 * behaviour. Ids are made, never drawn: `<session>.<round>` for a round, `<round>.<index>` for an image,
 * `<round>.<sheet>.<channel ordinal>` for a ballot; they hold no ":" and stay below 100 characters. Times are
 * epoch ms, UTC. Rules: docs/votes.md.
 */
import type { Evaluation } from './evaluation.js';
import type { Facts } from './facts.js';
import type { Platform } from './platforms.js';
import type { Ballot, Image, Job, Round } from './round.js';
import type { Rules } from './rules.js';
import type { CampSince, Split } from './split.js';
import type { Strengths } from './strengths.js';

export type { Platform };
export type Role = 'member' | 'moderator' | 'admin' | 'operator';

export interface Community {
  id: string;
  platform: Platform;
  name: string;
}

export interface Channel {
  id: string;
  community: string;
  platform: Platform;
  /** The platform's own id of the channel. */
  address: string;
  /**
   * The platform's id of the server or workspace that it belongs to; null where there is no such thing (web).
   */
  server: string | null;
  name: string;
  /** Marked for adult content by the platform (or, on the web, by the operator). */
  nsfw: boolean;
}

/** A server or workspace that the bot was removed from. */
export interface Departure {
  platform: Platform;
  server: string;
  at: number;
  /** When its data is purged, unless the bot returns before. */
  due: number;
}

export type SessionPhase = 'active' | 'paused' | 'ended';
/** `guard`: the channel may not show pictures that are NSFW any more. */
export type PauseReason = 'command' | 'empty' | 'budget' | 'no-good' | 'failed' | 'channel' | 'guard';
/** `split`: it went on as two. */
export type EndReason = 'goal' | 'budget' | 'images' | 'stopped' | 'gone' | 'split';

export interface Session {
  id: string;
  community: string;
  /** Short name people see: a task's name or the prompt's first words. */
  title: string;
  prompt: string;
  /** Several, drawn a round each in turn, `prompt` the first; left out = that one. */
  prompts?: readonly string[] | undefined;
  /** What makes a picture good, in words; left out where nobody said it. */
  criterion?: string | undefined;
  /**
   * What its model cannot make of the prompt, known before anything is drawn; left out where it reads all of
   * it.
   */
  reading?: PromptReading | undefined;
  negative: string;
  /** Model folder's name or path, as configured. */
  model: string;
  learner: { name: string; [option: string]: unknown };
  sampler: {
    steps: number;
    guidance: number;
    eta: number;
    scheduler: string;
    /** LoRAs that it is drawn with, beside what it learns. */
    stack?:
      | {
          file: string;
          sha256: string;
          weight: number;
          name?: string | undefined;
          licence?: string | undefined;
        }[]
      | undefined;
  };
  width: number | null;
  height: number | null;
  /** Key of every random stream of the session. */
  seed: number;
  rules: Rules;
  nsfw: boolean;
  state: SessionPhase;
  pause: PauseReason | null;
  pausedAt: number | null;
  /** Paused for want of a budget: when there is a new one. */
  renewsAt?: number | null;
  end: EndReason | null;
  endedAt: number | null;
  /** Round whose checkpoint the next round starts from; null = the base model. */
  head: number | null;
  /** Set on a branch: where its first checkpoint lies. It stands in for `head` while that is null. */
  origin: { session: string; round: number } | null;
  /** It went on as two sessions, or is one of the two. */
  split?: Split | undefined;
  createdAt: number;
  /** Voter key of who started it; null = the program itself. */
  createdBy: string | null;
  /** Codes given out for other channels to join by, each good once. */
  invites: readonly Invite[];
  /** A moderator took the pair row away: no more is drawn. */
  pairHidden?: true;
  /** The newest. */
  strengths?: Strengths | null;
  /** The newest, of one that reduces unsafe pictures. */
  evaluation?: Evaluation | null;
}

export interface PromptReading {
  /** Words that the model was never taught, as they were typed. */
  unknown: string[];
  /**
   * Of a prompt that is longer than its text encoder reads at once: its tokens, how many that is, and in how
   * many parts it is read.
   */
  tokens?: number;
  room?: number;
  parts?: number;
}

export interface Invite {
  /** A keyed hash: the code itself is told once and never stored. */
  code: string;
  until: number;
}

/**
 * A session in a channel. `ordinal` 0 is the founding channel: only its side stops or rolls back. Ordinals
 * count up and are never used twice; a channel that left and comes back gets a new one.
 */
export interface Binding {
  session: string;
  channel: string;
  /** Whose voters vote there. */
  community: string;
  platform: Platform;
  address: string;
  ordinal: number;
  /** False: facts are written as they happen and there is nothing to sweep (web). */
  sweeps: boolean;
  /** False after the channel refused a post; it does not hold the others up. */
  canPost: boolean;
  /** Since when the channel is known to be deleted; null or absent while it is not. */
  goneAt?: number | null;
  /**
   * When the channel left the pool; null while it takes part. The row stays: ballots of earlier rounds name
   * it.
   */
  leftAt: number | null;
}

/** A channel that a session is to be bound to. */
export type Place = Omit<Binding, 'session' | 'ordinal' | 'canPost' | 'goneAt' | 'leftAt'>;

/** A person on one platform, known only by a keyed hash, or a pseudonym left behind by forgetting. */
export interface Voter {
  key: string;
  community: string;
  platform: Platform;
  consentAt: number | null;
  bornAt: number | null;
  joinedAt: number | null;
  /** Closed rounds they took part in. */
  rounds: number;
  excluded: boolean;
  /** Named by the owner as one of the first to be trusted: never a newcomer. */
  trusted: boolean;
  /** Shown only because they opted in. */
  name: string | null;
  pseudonym: boolean;
  /**
   * Anybody could have made the account, and nobody has vouched for it yet: its marks are kept and weigh
   * nothing.
   */
  waits?: true;
  /** When somebody did, of an account that had to wait: rounds that had closed by then stay as they were. */
  admittedAt?: number;
  /**
   * The same made-up id on all accounts that one person linked, null for an account on its own. See
   * people.ts.
   */
  person: string | null;
  /** Of which camp they are in sessions that were split, by the split's id (split.ts); the newest last. */
  camps?: Readonly<Record<string, readonly CampSince[]>>;
}

export interface Act {
  session: string;
  at: number;
  /** Voter key; null = the program itself. */
  by: string | null;
  role: Role;
  command: string;
  args: Record<string, unknown>;
  /** Null when done, else the code of the refusal. */
  refused: string | null;
}

/** One session whole: what `decide` sees. Facts are kept by ballot, in the order they were written. */
export interface SessionState {
  session: Session;
  bindings: readonly Binding[];
  /** By number. */
  rounds: readonly Round[];
  /** Round id -> its images by index. */
  images: ReadonlyMap<string, readonly Image[]>;
  /** Ballot id -> ballot, in the order they were planned. */
  ballots: ReadonlyMap<string, Ballot>;
  facts: ReadonlyMap<string, Facts>;
  /** Voters of the communities of all its channels, by key. */
  voters: ReadonlyMap<string, Voter>;
  /** By key. */
  jobs: ReadonlyMap<string, Job>;
}
