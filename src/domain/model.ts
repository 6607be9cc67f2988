/**
 * The rows of Acclaim: what the database holds and what a session's state is made of. Plain data, no behaviour.
 * Ids are made, never drawn: `<session>.<round>` for a round, `<round>.<index>` for an image, `<round>.<sheet>.<channel
 * ordinal>` for a ballot; they hold no ":" and stay below 100 characters. Times are epoch ms, UTC. Rules: docs/votes.md.
 */
import type { Evaluation } from './evaluations.js';
import type { Facts } from './facts.js';
import type { Fault, FaultShares } from './faults.js';
import type { Platform } from './platforms.js';

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
  /** The platform's id of the server or workspace that it belongs to; null where there is no such thing (web). */
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
/** `guard`: the channel may not show pictures that need care any more. */
export type PauseReason = 'command' | 'empty' | 'budget' | 'no-good' | 'failed' | 'channel' | 'guard';
export type EndReason = 'goal' | 'budget' | 'images' | 'stopped' | 'gone';

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
  /** What its model cannot make of the prompt, known before anything is drawn; left out where it reads all of it. */
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
    stack?: { file: string; sha256: string; weight: number }[] | undefined;
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
  createdAt: number;
  /** Voter key of who started it; null = the program itself. */
  createdBy: string | null;
  /** Codes given out for other channels to join by, each good once. */
  invites: readonly Invite[];
  /** The newest, of one that reduces unsafe pictures. */
  evaluation?: Evaluation | null;
}

export interface PromptReading {
  /** Words that the model was never taught, as they were typed. */
  unknown: string[];
  /** Of a prompt that is longer than its text encoder reads at once: its tokens, how many that is, and in how many parts it is read. */
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
 * A session in a channel. `ordinal` 0 is the founding channel: only its side stops or rolls back. Ordinals count up and
 * are never used twice; a channel that left and comes back gets a new one.
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
  /** When the channel left the pool; null while it takes part. The row stays: ballots of earlier rounds name it. */
  leftAt: number | null;
}

/** A channel that a session is to be bound to. */
export type Place = Omit<Binding, 'session' | 'ordinal' | 'canPost' | 'goneAt' | 'leftAt'>;

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
  drawn?: { seconds: number; memoryMb?: number };
  /** Of a round that was chosen among more: pictures begun, finished and shown, and drawings a picture. */
  picked?: { begun: number; finished: number; shown: number; cost: number };
  feedback: Feedback | null;
  outcome: Outcome | null;
  learned: Learned | null;
  /** State it failed in, so that a retry knows what to run again. */
  failedFrom: 'generating' | 'learning' | null;
  failure: { code: string; message: string; mend: string } | null;
}

export interface Learned {
  steps: number;
  learned: boolean;
  notes: string[];
  seconds: number;
  /** Most memory that the engine took, MB. */
  memoryMb?: number;
  /** Mean loss of its steps; of rounds before that was kept nothing is known. */
  loss?: number;
  /** How different the round's liked pictures are, as a share of the base model's, and how many there were of each. */
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
  /** A moderator looked at it and lets it be seen: flags hold it back no more. */
  passed?: true;
  /** Flagged by too many who are new here to hold it back: moderators were told. */
  reported?: true;
}

export type BallotState = 'planned' | 'live' | 'closed' | 'gone';
export interface Ballot {
  id: string;
  session: string;
  round: string;
  channel: string;
  platform: Platform;
  style: 'sheet' | 'gallery';
  /** 0 = A, 1 = B, ...; of a gallery the image's place. */
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
  /** When the last sweep began; a round closes only when this is no older than its closing. */
  sweptAt: number | null;
}

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
  /** Anybody could have made the account, and nobody has vouched for it yet: its marks are kept and weigh nothing. */
  waits?: true;
  /** When somebody did, of an account that had to wait: rounds that had closed by then stay as they were. */
  admittedAt?: number;
  /** The same made-up id on all accounts that one person linked, null for an account on its own. See people.ts. */
  person: string | null;
}

/** One change of the known reactions. The ledger of these is append-only; late ones are kept and not counted. */
export interface Fact {
  ballot: string;
  voter: string;
  /** Canonical name, see emoji.ts. */
  emoji: string;
  present: boolean;
  source: 'live' | 'sweep' | 'cleared';
  at: number;
  late: boolean;
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
  error: { code: string; message: string; mend: string } | null;
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
  /** The round's winner, shown to people; the feedback names it only if it beats the best carried from before. */
  best: number | null;
  /** Wilson's lower bound of the winner's share of ups. */
  bestBound: number;
  /** Voters counted; those left out by name of the reason. */
  voters: number;
  excluded: { reason: 'excluded' | 'late'; count: number }[];
  votes: number;
  /**
   * Of each picture that is not hidden: votes that called it good, and all of them. `by`: the safety checker's word goes
   * over theirs. `base`: the base model drew it among pictures of the tuned one, so it says nothing of what was learned.
   * `good`: the share of their weight that is for it, where some merely left it unmarked. `pick`: it was chosen among more, so it
   * says less of what was learned than those that were not. approval.ts says what the round comes to.
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
  oneSided: 'no-good' | 'no-bad' | null;
  /** Pictures of which somebody who counts said what is wrong, by what it is; left out where nobody did. */
  faults?: Partial<Record<Fault, number>>;
}

/** How a session is run; config/ holds the defaults, with units and effect. */
export interface Rules {
  imagesPerRound: number;
  ballots: 'sheet' | 'gallery';
  sheetSize: number;
  /** Counted voters that close a round. */
  quorum: number;
  /**
   * `done`: they press Done (web). `marks`: they have marked every sheet. Where several have voted, either closes once nothing
   * changed for `restMs`.
   */
  quorumBy: 'done' | 'marks';
  restMs: number;
  roundMs: number;
  budgetRounds: number | null;
  /** Budgets, images: of the session in all; of its channel and of its server in a day. See budgets.ts. */
  sessionImages?: number | null;
  channelImages?: number | null;
  serverImages?: number | null;
  /** Approval that ends the session when `goalRounds` rounds in a row reach it; null = never. */
  goal: number | null;
  goalRounds: number;
  /** Share of a round's pictures that must have been judged for it to count towards the goal, and to be compared. */
  goalJudged?: number;
  /** Weight of a cell left unmarked by one of several voters. */
  unmarkedWeight: number;
  /** Runs of one job before the round fails. */
  jobAttempts: number;
  /** Flags by different voters that hold an image back. */
  flagsToHold: number;
  /** A moderator's OK opens each ballot. */
  review: boolean;
  /** Of sessions that reduce unsafe images: those that the checker holds back are shown too (blurred), not left out. */
  showHeld: boolean;
  /** Such a session learns from the checker's marks on its first round, before anybody votes; left out = no. */
  warmStart?: boolean;
  /** More noises are begun than pictures wanted, and the votes so far choose; left out = no, as before there was a choice. */
  picks?: boolean;
  /** Minutes of the day (UTC) between which nothing is posted; null = none. */
  quietHours: { from: number; to: number } | null;
  guards: Guards;
}

/** The numbers of the guards, see docs/votes.md. */
export interface Guards {
  /** Counted voters from which the guards work. */
  from: number;
  newcomerAccountDays: number;
  newcomerJoinedDays: number;
  newcomerRounds: number;
  newcomerShare: number;
  clusterSeconds: number;
  clusterPairs: number;
  clusterP: number;
  polarised: number;
  goodAbove: number;
  badBelow: number;
  minVotes: number;
  /** The carried best is replaced only by an image this much above it in Wilson's lower bound. */
  bestMargin: number;
  /** Earlier rounds whose votes tell how reliable a voter is. */
  historyRounds: number;
  /**
   * Share of the usual turnout that must not be able to make a best alone, and a label. Left out: sessions from before there was
   * doubt, which go on by the rules that they began with.
   */
  doubt?: number | undefined;
  labelDoubt?: number | undefined;
  /** Share of what people usually like, of what others like, below which a voter counts less. */
  trustShare?: number | undefined;
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
