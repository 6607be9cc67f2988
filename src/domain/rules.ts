/** The rules a session runs by unless config/ says otherwise; docs/votes.md says what each is for. */
import type { Guards, Rules } from './model.js';

export const defaultGuards: Guards = {
  from: 5,
  newcomerAccountDays: 30,
  newcomerJoinedDays: 14,
  newcomerRounds: 3,
  newcomerShare: 0.25,
  clusterSeconds: 60,
  clusterPairs: 4,
  clusterP: 1e-3,
  polarised: 0.22,
  goodAbove: 0.6,
  badBelow: 0.4,
  minVotes: 3,
  bestMargin: 0.02,
  historyRounds: 8,
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
  quietHours: null,
  guards: defaultGuards,
};
