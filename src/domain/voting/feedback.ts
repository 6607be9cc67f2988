/**
 * A closed round's feedback (for the learner) and outcome (for people), from the ledger alone. Taking it
 * twice gives the same; late marks, excluded voters and hidden images have no part in it.
 */
import type { CellTotal } from '../state/approval.js';
import type { Judged } from '../state/draft.js';
import { type Fault, faults } from '../state/faults.js';
import type { SessionState } from '../state/model.js';
import type { Feedback, Image, Outcome, Round } from '../state/round.js';
import { finish, type Steps } from '../state/steps.js';
import { actsOf, isLifted } from './guard-acts.js';
import { factsOf } from './ledger.js';
import { newcomers } from './newcomers.js';
import { accountsOf, personOf } from './people.js';
import { type DuelLabels, duelLabels } from './taste/duel-labels.js';
import { faultShares } from './taste/faults.js';
import { type GuardWork, type Labels, label } from './taste/labels.js';
import type { Vote } from './vote.js';
import { type Counted, counting } from './who-counts.js';

export interface Judgement extends Judged {
  /** The votes that were counted, and what each weighs after the guards. */
  weighed: { votes: readonly Vote[]; weights: ArrayLike<number> };
  /** What the guards did; left out where there are too few voters for them. */
  work?: GuardWork;
}

/** In one go. */
export const judgeRound = (state: SessionState, round: Round, at: number): Judgement =>
  finish(judging(state, round, at));

/** In steps: a crowd's round takes seconds. */
export function* judging(state: SessionState, round: Round, at: number): Steps<Judgement> {
  const { rules, nsfw } = state.session;
  const images = state.images.get(round.id) ?? [];
  const counted = yield* counting(state, round);
  const votes = counted.voterBallots.flatMap((one) => one.votes);
  yield;
  const found = yield* label(
    {
      votes,
      history: counted.voterBallots.length < rules.guards.from ? [] : yield* history(state, round),
      indices: images.map((image) => image.index),
      round: round.id,
      voters: counted.voterBallots.length,
      isNewcomer: isLifted(round, 'newcomers')
        ? () => false
        : newcomers(state, at, Math.ceil(rules.guards.minVotes)),
      isTrusted: (person) => accountsOf(state.voters, person).some(({ trusted }) => trusted),
      lifted: round.lifted ?? [],
    },
    rules.guards,
  );
  const isDuel = counted.voterBallots.some(({ comparisons }) => comparisons);
  yield;
  const labels: Labels & Partial<DuelLabels> = isDuel
    ? duelLabels(found, counted.voterBallots, votes, rules.guards)
    : found;
  const wrong = faultShares(votes, labels.weights);
  const guarded = labels.method === 'dawid-skene' || labels.method === 'bridging';
  const carried = carriedBound(state, round);
  const beaten = guarded && carried !== null && labels.bestBound < carried + rules.guards.bestMargin;

  const feedback: Feedback = {
    images: labels.images.map((one) => {
      const image = images.find((row) => row.index === one.index);
      if (image?.state === 'hidden') return { ...one, good: null, weight: 0, votes: 0 };
      // The safety checker's word is a bad label in sessions that exist to be rid of such images.
      const byChecker = image?.heldBy === 'checker' || image?.heldBy === 'barred';
      if (byChecker && nsfw) return { ...one, good: 0, weight: 1, by: 'checker' };
      const said = wrong.get(one.index);
      return said && one.good !== null && one.good < 0.5 ? { ...one, faults: said } : one;
    }),
    best: beaten ? null : labels.best,
  };
  const shown = images.filter((image) => image.state !== 'hidden').map(({ index }) => index);
  const base = drawnByBase(images);
  const late = lateVoters(state, round);
  const picks = chosen(images);
  const outcome = outcomeOf({ shown, base, picks, feedback, labels, counted, votes, late });
  return {
    feedback,
    outcome,
    voters: counted.voterBallots.flatMap(({ accounts }) => [...accounts].sort()),
    weighed: { votes, weights: labels.weights },
    ...(labels.work && { work: labels.work }),
  };
}

/** Which side is missing among the labels; null when there are a good and a bad. */
export function oneSided(feedback: Feedback): Outcome['oneSided'] {
  const labelled = feedback.images.filter((image) => image.good !== null && image.weight > 0);
  if (!labelled.some((image) => (image.good ?? 0) > 0.5)) return 'no-good';
  return labelled.some((image) => (image.good ?? 1) < 0.5) ? null : 'no-bad';
}

interface Closing {
  /** Indices of the images that are not hidden. */
  shown: readonly number[];
  /** Indices of those that the base model drew beside the tuned one. */
  base: ReadonlySet<number>;
  /** Indices of those that were chosen among more, and for what. */
  picks: ReadonlyMap<number, 'liked' | 'unsure'>;
  feedback: Feedback;
  labels: Labels & Partial<DuelLabels>;
  counted: Counted;
  votes: readonly Vote[];
  /** Voters who came too late. */
  late: number;
}

/** Of a round of two models. */
function drawnByBase(images: readonly Image[]): ReadonlySet<number> {
  const mixed = images.some(({ origin }) => origin === 'tuned');
  return new Set(images.flatMap(({ index, origin }) => (mixed && origin === 'base' ? [index] : [])));
}

function chosen(images: readonly Image[]): ReadonlyMap<number, 'liked' | 'unsure'> {
  return new Map(
    images.flatMap(({ index, pick }) => (pick && pick !== 'unpicked' ? [[index, pick] as const] : [])),
  );
}

function outcomeOf({ shown, base, picks, feedback, labels, counted, votes, late }: Closing): Outcome {
  const marked = new Set(feedback.images.flatMap(({ index, by }) => (by ? [index] : [])));
  const cells = shown.map((index): CellTotal => {
    const pick = picks.get(index);
    const none = {
      ...{ index, up: 0, seen: 0, stars: 0 },
      ...(base.has(index) && { base: true as const }),
      ...(pick && { pick }),
    };
    return marked.has(index) ? { ...none, by: 'checker' } : none;
  });
  const byIndex = new Map(cells.map((cell) => [cell.index, cell]));
  const weights = new Map<number, { up: number; all: number }>();
  for (const vote of votes) {
    const cell = byIndex.get(vote.index);
    if (!cell) continue;
    cell.seen += 1;
    if (vote.up) cell.up += 1;
    if (vote.star) cell.stars += 1;
    const { up, all } = weights.get(vote.index) ?? { up: 0, all: 0 };
    weights.set(vote.index, { up: up + (vote.up ? vote.weight : 0), all: all + vote.weight });
  }
  for (const [index, { up, all }] of weights) {
    const cell = byIndex.get(index)!;
    const likely = labels.likely?.get(index);
    if (likely !== undefined) cell.good = likely;
    else if (all > 0 && all !== cell.seen) cell.good = up / all;
  }
  const seen = cells.reduce((sum, cell) => sum + cell.seen, 0);
  const excluded: Outcome['excluded'] = [];
  if (counted.excluded > 0) excluded.push({ reason: 'excluded', count: counted.excluded });
  if (counted.otherCamp > 0) excluded.push({ reason: 'other-camp', count: counted.otherCamp });
  if (late > 0) excluded.push({ reason: 'late', count: late });
  return {
    best: labels.best,
    bestBound: labels.bestBound,
    voters: counted.voterBallots.length,
    excluded,
    votes: seen,
    cells,
    method: labels.method,
    polarisation: labels.polarisation,
    ...(labels.divides && { divides: labels.divides }),
    ...(actsOf(votes, labels.work).length > 0 && { guarded: true as const }),
    oneSided: oneSided(feedback),
    ...picturesByFault(votes.filter(({ index }) => byIndex.has(index))),
  };
}

/** Each picture once a fault, however many name it. */
function picturesByFault(votes: readonly Vote[]): Pick<Outcome, 'faults'> {
  const pictures = new Map<Fault, Set<number>>();
  for (const { index, faults = [] } of votes)
    for (const fault of faults) pictures.set(fault, (pictures.get(fault) ?? new Set()).add(index));
  if (pictures.size === 0) return {};
  const counts = faults.flatMap((fault) => {
    const found = pictures.get(fault);
    return found ? [[fault, found.size] as const] : [];
  });
  return { faults: Object.fromEntries(counts) };
}

/** Votes of the rounds before it that still stand, by voters who count today. */
function* history(state: SessionState, round: Round): Steps<Vote[]> {
  const before = state.rounds
    .filter((other) => other.number < round.number && other.closedAt !== null && other.state !== 'superseded')
    .slice(-state.session.rules.guards.historyRounds);
  const votes: Vote[][] = [];
  for (const other of before) {
    const { voterBallots } = yield* counting(state, other);
    for (const one of voterBallots) votes.push(one.votes);
  }
  return votes.flat();
}

/** Bound of the best that the session carries: that of the newest round that named one. */
function carriedBound(state: SessionState, round: Round): number | null {
  const before = state.rounds.findLast(
    (other) => other.number < round.number && other.state === 'done' && other.feedback?.best != null,
  );
  return before?.outcome && before.outcome.method !== 'single' && before.outcome.method !== 'cold'
    ? before.outcome.bestBound
    : null;
}

function lateVoters(state: SessionState, round: Round): number {
  const voters = new Set<string>();
  for (const ballot of state.ballots.values()) {
    if (ballot.round !== round.id) continue;
    for (const voter of factsOf(state, ballot).late) voters.add(personOf(state.voters, voter));
  }
  return voters.size;
}
