/** The rules a session runs by unless config/ says otherwise; docs/votes.md says what each is for. */

export const defaultGuards: Guards = {
  from: 5,
  newcomerAccountDays: 30,
  newcomerJoinedDays: 14,
  newcomerRounds: 3,
  newcomerShare: 0.4,
  clusterSeconds: 60,
  clusterPairs: 4,
  clusterP: 1e-3,
  polarised: 0.22,
  goodAbove: 0.6,
  badBelow: 0.4,
  minVotes: 3,
  bestMargin: 0.02,
  historyRounds: 8,
  doubt: 0.33,
  labelDoubt: 0.15,
  trustShare: 0.5,
};

export const defaultRules: Rules = {
  imagesPerRound: 18,
  ballots: 'sheet',
  sheetSize: 9,
  quorum: 1,
  quorumBy: 'done',
  restMs: 60_000,
  roundMs: 24 * 3_600_000,
  budgetRounds: null,
  sessionImages: null,
  channelImages: null,
  serverImages: null,
  goal: null,
  goalRounds: 1,
  goalJudged: 0.5,
  unmarkedWeight: 0.5,
  jobAttempts: 3,
  flagsToHold: 2,
  review: false,
  showHeld: true,
  picks: true,
  drawMinutes: null,
  quietHours: null,
  guards: defaultGuards,
};

/** `sheet`: numbered pictures; `gallery`: one picture; `duel`: two, of which one is the better. */
export const ballotStyles = ['sheet', 'gallery', 'duel'] as const;
export type BallotStyle = (typeof ballotStyles)[number];

/** What a session asks for: `buttons` are sheets, marked by buttons where others are by reactions. */
export const ballotKinds = ['sheet', 'buttons', 'gallery', 'duel'] as const;
export type BallotKind = (typeof ballotKinds)[number];

/** How a session is run; config/ holds the defaults, with units and effect. */
export interface Rules {
  imagesPerRound: number;
  ballots: BallotKind;
  sheetSize: number;
  /** Counted voters that close a round. */
  quorum: number;
  /**
   * `done`: they press Done (web). `marks`: they have marked every sheet. Where several have voted, either
   * closes once nothing changed for `restMs`.
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
  /**
   * Share of a round's pictures that must have been judged for it to count towards the goal, and to be
   * compared.
   */
  goalJudged?: number;
  /** Weight of a cell left unmarked by one of several voters. */
  unmarkedWeight: number;
  /** Runs of one job before the round fails. */
  jobAttempts: number;
  /** Flags by different voters that hold an image back. */
  flagsToHold: number;
  /** A moderator's OK opens each ballot. */
  review: boolean;
  /**
   * Of sessions that reduce unsafe images: those that the checker holds back are shown too (blurred), not
   * left out.
   */
  showHeld: boolean;
  /**
   * Such a session learns from the checker's marks on its first round, before anybody votes; left out = no.
   */
  warmStart?: boolean;
  /**
   * More noises are begun than pictures wanted, and the votes so far choose; left out = no, as before there
   * was a choice.
   */
  picks?: boolean;
  /**
   * Minutes that a round may take to draw, and to learn where its learner can be bounded; null or left out =
   * no bound.
   */
  drawMinutes?: number | null;
  learnMinutes?: number | null;
  /** Minutes of the day (UTC) between which nothing is posted; null = none. */
  quietHours: { from: number; to: number } | null;
  guards: Guards;
}

/** Those that admins set while sessions run, and the value of one that a session has not. */
export const settableRules = {
  drawMinutes: null,
  learnMinutes: null,
  quorum: undefined,
  roundMs: undefined,
  quietHours: null,
  review: undefined,
  ballots: undefined,
  picks: false,
  sessionImages: null,
  channelImages: null,
  serverImages: null,
} as const satisfies Partial<Record<keyof Rules, unknown>>;

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
   * Share of the usual turnout that must not be able to make a best alone, and a label. Left out: sessions
   * from before there was doubt, which go on by the rules that they began with.
   */
  doubt?: number | undefined;
  labelDoubt?: number | undefined;
  /** Share of what people usually like, of what others like, below which a voter counts less. */
  trustShare?: number | undefined;
}
