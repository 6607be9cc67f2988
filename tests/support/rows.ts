/**
 * Made-up rows of a session for tests of views and pages: a session of `rounds` closed rounds and one open
 * round, each with sheets of `cells`. Everything follows from the arguments; nothing reads a clock.
 */

import type { Session } from '../../src/domain/state/model.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';
import type { Rules } from '../../src/domain/state/rules.js';

export const rules: Rules = {
  imagesPerRound: 18,
  ballots: 'sheet',
  sheetSize: 9,
  quorum: 1,
  quorumBy: 'done',
  restMs: 60_000,
  roundMs: 3_600_000,
  budgetRounds: 12,
  goal: 0.95,
  goalRounds: 2,
  goalJudged: 0.5,
  unmarkedWeight: 0.5,
  jobAttempts: 3,
  flagsToHold: 2,
  review: false,
  showHeld: true,
  quietHours: null,
  guards: {
    from: 5,
    newcomerAccountDays: 30,
    newcomerJoinedDays: 7,
    newcomerRounds: 3,
    newcomerShare: 0.25,
    clusterSeconds: 2,
    clusterPairs: 8,
    clusterP: 0.001,
    polarised: 0.3,
    goodAbove: 0.8,
    badBelow: 0.2,
    minVotes: 2,
    bestMargin: 0.05,
    historyRounds: 8,
  },
};

export function makeSession(fill: Partial<Session> = {}): Session {
  return {
    id: 'cat',
    community: 'web',
    title: 'cat',
    prompt: 'a black cat in a box',
    negative: '',
    model: 'mini',
    learner: { name: 'acclaim' },
    sampler: { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' },
    width: null,
    height: null,
    seed: 7,
    rules,
    nsfw: false,
    state: 'active',
    pause: null,
    pausedAt: null,
    end: null,
    endedAt: null,
    head: null,
    origin: null,
    createdAt: 0,
    createdBy: null,
    invites: [],
    ...fill,
  };
}

export function makeRound(session: Session, number: number, fill: Partial<Round> = {}): Round {
  return {
    id: `${session.id}.${number}`,
    session: session.id,
    number,
    parent: number > 1 ? number - 1 : null,
    state: 'open',
    attempt: 1,
    count: session.rules.imagesPerRound,
    noise: 'learner',
    redraws: 0,
    createdAt: 0,
    openedAt: 0,
    deadline: null,
    extended: false,
    closingAt: null,
    closedAt: null,
    closeReason: null,
    feedback: null,
    outcome: null,
    learned: null,
    failedFrom: null,
    failure: null,
    ...fill,
  };
}

export function makeImages(round: Round, file: (index: number) => string): Image[] {
  return Array.from({ length: round.count }, (_, index) => ({
    id: `${round.id}.${index}`,
    round: round.id,
    index,
    file: file(index),
    width: 64,
    height: 64,
    state: 'shown',
    heldBy: null,
  }));
}

export function makeBallots(session: Session, round: Round): Ballot[] {
  const size = session.rules.sheetSize;
  return Array.from({ length: Math.ceil(round.count / size) }, (_, sheet) => ({
    id: `${round.id}.${sheet}.0`,
    session: session.id,
    round: round.id,
    channel: session.id,
    platform: 'web',
    style: 'sheet',
    sheet,
    cells: Array.from({ length: Math.min(size, round.count - sheet * size) }, (_, i) => sheet * size + i),
    state: 'live',
    message: null,
    posting: 1,
    primings: 1,
    sweeps: false,
    sweptAt: null,
  }));
}

/** Votes of `voters` people of whom `up[i]` liked image i. */
export function makeOutcome(up: number[], voters: number, best: number | null): Outcome {
  return {
    best,
    bestBound: 0,
    voters,
    excluded: [],
    votes: voters * up.length,
    cells: up.map((n, index) => ({ index, up: n, seen: voters, stars: index === best ? 1 : 0 })),
    method: voters === 1 ? 'single' : 'cold',
    polarisation: null,
    oneSided: null,
  };
}
