/**
 * The life of a round: generating -> posting -> open -> closing -> learning -> done, or aborted where there
 * is nothing to learn. `advance` runs after every event and takes each step whose condition holds, so that no
 * order of events and no restart can leave a round standing.
 */

import { meetsGoal } from '../state/approval.js';
import { roundSize, usedUp } from '../state/budgets.js';
import type { Draft } from '../state/draft.js';
import { roundId } from '../state/ids.js';
import type { SessionState } from '../state/model.js';
import type { Ballot, CloseReason, Round } from '../state/round.js';
import { notify, showOutcome, showProgress } from '../state/say.js';
import { closeBallot, closeBallots } from '../voting/ballots.js';
import { factsOf } from '../voting/ledger.js';
import { attendance, lastChange } from '../voting/who-counts.js';
import { askJob } from './ask-job.js';
import { endSession, pauseSession, restForBudget, unpauseSession } from './session.js';

const over: ReadonlySet<Round['state']> = new Set(['done', 'failed', 'aborted', 'superseded']);
/** Nothing more comes of the round. */
export const isOver = (round: Round): boolean => over.has(round.state);

/** Starts the next round from the session's head. Numbers are never used twice. */
export function beginRound(draft: Draft, redraws = 0): void {
  const used = usedUp(draft.state, draft.at, draft.elsewhere);
  if (used) {
    if (used.renews === null) endSession(draft, 'images');
    else restForBudget(draft, used);
    return;
  }
  const { id: session, head, origin, rules } = draft.session;
  const number = (draft.round?.number ?? 0) + 1;
  const fresh = (head === null && origin === null) || redraws > 0;
  const row: Round = {
    id: roundId(session, number),
    session,
    number,
    parent: head,
    state: 'generating',
    attempt: 1,
    count: roundSize(rules),
    noise: fresh ? 'plain' : 'learner',
    redraws,
    createdAt: draft.at,
    openedAt: null,
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
  };
  draft.put({ table: 'round', row });
  askJob(draft, row, 'generate');
  showProgress(draft, number);
}

/**
 * A budget that was used up is there again (a new day, or an admin gave more): the session goes on by itself.
 */
export function renewed(draft: Draft): void {
  const { state, pause, renewsAt = null } = draft.session;
  if (state !== 'paused' || pause !== 'budget') return;
  const due = renewsAt !== null && draft.at >= renewsAt;
  if (!due && usedUp(draft.state, draft.at, draft.elsewhere)) return;
  unpauseSession(draft);
  if (!draft.round || isOver(draft.round)) beginRound(draft);
}

/** Takes every step that is due. */
export function advance(draft: Draft): void {
  for (let before: Round | undefined; draft.round !== before; ) {
    before = draft.round;
    if (!before || draft.session.state === 'ended') return;
    if (before.state === 'posting') openWhenPosted(draft, before);
    else if (before.state === 'open') closeWhenDue(draft, before);
    else if (before.state === 'closing') learnWhenSwept(draft, before);
  }
}

function openWhenPosted(draft: Draft, round: Round): void {
  const ballots = ballotsOf(draft.state, round);
  const ready = draft.state.bindings.some(({ channel }) => {
    const own = ballots.filter((ballot) => ballot.channel === channel);
    return own.some((ballot) => ballot.state === 'live') && own.every((ballot) => ballot.state !== 'planned');
  });
  if (ready) {
    const deadline = draft.at + draft.session.rules.roundMs;
    draft.setRound(round, { state: 'open', openedAt: draft.at, deadline });
    showProgress(draft, round.number);
    return;
  }
  // A ballot that waits for its channel is not on its way, whatever else hangs there.
  const takes = new Set(draft.channels.map(({ channel }) => channel));
  const coming = ballots.some(({ state, channel }) => state === 'planned' && takes.has(channel));
  if (draft.session.state === 'active' && !coming) pauseSession(draft, 'channel');
}

function closeWhenDue(draft: Draft, round: Round): void {
  if (draft.session.state !== 'active') return;
  const reason = reasonToClose(draft, round);
  if (reason) startClosing(draft, round, reason);
}

/** Asked after every reaction of every voter: what can be told without counting is told first. */
function reasonToClose({ state, at }: Draft, round: Round): CloseReason | null {
  const { rules } = state.session;
  const late = round.deadline !== null && at >= round.deadline ? 'deadline' : null;
  const said = someoneDone(state, round);
  const rested = () => at - lastChange(state, round) >= rules.restMs;
  const byDone = rules.quorumBy === 'done';
  if (!said && ((byDone && !asksDuels(state, round)) || !rested())) return late;
  const { voters, done, finished, duels } = attendance(state, round);
  // One of several who is done ends nothing while others are at it.
  if (byDone && done >= rules.quorum && (voters === 1 || rested())) return 'done';
  if (byDone && !duels) return late;
  if (done === 1 && voters === 1) return 'done';
  return finished >= rules.quorum && rested() ? 'quorum' : late;
}

function asksDuels(state: SessionState, round: Round): boolean {
  return ballotsOf(state, round).some(({ style }) => style === 'duel');
}

function someoneDone(state: SessionState, round: Round): boolean {
  return ballotsOf(state, round).some((ballot) => factsOf(state, ballot).dones > 0);
}

/** Platforms are read once more before anything is counted. */
export function startClosing(draft: Draft, round: Round, reason: CloseReason): void {
  askSweeps(draft, draft.setRound(round, { state: 'closing', closingAt: draft.at, closeReason: reason }));
}

/**
 * Asked again (a ballot was posted meanwhile, a session goes on) it asks for the same sweeps by the same
 * keys.
 */
export function askSweeps(draft: Draft, round = draft.round): void {
  if (round?.state !== 'closing') return;
  for (const ballot of unswept(draft.state, round)) {
    draft.ask({ kind: 'sweep', key: `${ballot.id}.sweep.${round.closingAt}`, ballot: ballot.id });
  }
}

/**
 * A ballot that nobody can read: the round does not close unswept, so people are asked. In a pool it holds
 * nobody up: what is known of it stands, and people are told.
 */
export function sweepFailed(draft: Draft, effect: string): void {
  const round = draft.round;
  if (round?.state !== 'closing') return;
  const stuck = unswept(draft.state, round).find((row) => effect === `${row.id}.sweep.${round.closingAt}`);
  if (!stuck) return;
  const others = ballotsOf(draft.state, round).some(
    (row) => row.state === 'live' && row.channel !== stuck.channel,
  );
  if (!others) {
    pauseSession(draft, 'channel');
    return;
  }
  closeBallot(draft, stuck);
  notify(draft, 'channel-unread', { platform: stuck.platform });
}

function learnWhenSwept(draft: Draft, round: Round): void {
  if (draft.session.state !== 'active' || unswept(draft.state, round).length > 0) return;
  const { feedback, outcome, voters } = draft.judge(draft.state, round, draft.at);
  if (outcome.voters === 0) {
    reopenEmpty(draft, round);
    return;
  }
  countParticipation(draft, voters);
  closeBallots(draft, round);
  const closed = draft.setRound(round, { closedAt: draft.at, feedback, outcome });
  showOutcome(draft, round.number);
  if (outcome.polarisation !== null && outcome.polarisation > draft.session.rules.guards.polarised) {
    notify(draft, 'polarised', { share: outcome.polarisation });
  }
  if (outcome.oneSided === 'no-good' && !carriesBest(draft.state, round)) {
    redraw(draft, closed);
    return;
  }
  const learning = draft.setRound(closed, { state: 'learning', attempt: 1 });
  askJob(draft, learning, 'learn');
  showProgress(draft, round.number);
}

/** Nobody voted: at its deadline it is pushed out once, then the session rests and spends nothing. */
function reopenEmpty(draft: Draft, round: Round): void {
  const open = { state: 'open', closingAt: null, closeReason: null } as const;
  const deadline = draft.at + draft.session.rules.roundMs;
  const byTime = round.closeReason === 'deadline';
  if (!byTime || !round.extended) {
    draft.setRound(round, { ...open, deadline, extended: round.extended || byTime });
    notify(draft, 'extended', { until: deadline });
  } else {
    draft.setRound(round, { ...open, deadline: null });
    pauseSession(draft, 'empty');
  }
}

/**
 * Nobody found a good image and none is carried: drawn anew once, from wider noise, then people are asked.
 */
function redraw(draft: Draft, round: Round): void {
  draft.setRound(round, { state: 'aborted' });
  if (round.redraws > 0) {
    pauseSession(draft, 'no-good');
    return;
  }
  notify(draft, 'redraw');
  beginRound(draft, round.redraws + 1);
}

/** The round has taught the model: its checkpoint is the head, and the session goes on, or has got there. */
export function finishRound(draft: Draft, round: Round): void {
  draft.setSession({ head: round.number });
  const done = lineage(draft.state);
  const { rules } = draft.session;
  const { goalRounds, budgetRounds } = rules;
  const latest = done.slice(-goalRounds);
  const reached = latest.length === goalRounds && latest.every((one) => meetsGoal(one, rules));
  if (reached) endSession(draft, 'goal');
  else if (budgetRounds !== null && done.length >= budgetRounds) endSession(draft, 'budget');
  else if (draft.session.state === 'active') beginRound(draft);
}

/** Rounds that led to the head, in order. */
export function lineage(state: SessionState): Round[] {
  return state.rounds.filter((round) => round.state === 'done');
}

/** Gives up a round under way: its job is called off, its ballots say so, its votes stay in the ledger. */
export function abandonRound(draft: Draft, round: Round, state: 'aborted' | 'superseded' = 'aborted'): void {
  for (const job of draft.state.jobs.values()) {
    if (job.round !== round.number || (job.state !== 'waiting' && job.state !== 'running')) continue;
    draft.put({ table: 'job', row: { ...job, state: 'cancelled', at: draft.at } });
    draft.settle(job.key);
    draft.ask({ kind: 'cancel-job', key: `${job.key}.cancel`, job: job.key });
  }
  closeBallots(draft, round);
  draft.setRound(round, { state });
  showProgress(draft, round.number);
}

export function ballotsOf(state: SessionState, round: Round): Ballot[] {
  return [...state.ballots.values()].filter((ballot) => ballot.round === round.id);
}

/** True when no ballot of the round is up or on its way. */
export function nothingHangs(state: SessionState, round: Round): boolean {
  return ballotsOf(state, round).every(({ state }) => state === 'gone' || state === 'closed');
}

/**
 * What a closing round waits for. A channel that was lost is waited for only where no other of the pool is
 * left.
 */
function unswept(state: SessionState, round: Round): Ballot[] {
  const live = ballotsOf(state, round).filter((ballot) => ballot.state === 'live');
  const lost = new Set(state.bindings.filter((row) => !row.canPost).map((row) => row.channel));
  const held = live.every((ballot) => lost.has(ballot.channel));
  return live.filter(
    ({ channel, sweeps, sweptAt }) =>
      sweeps && (held || !lost.has(channel)) && (sweptAt ?? -1) < (round.closingAt ?? 0),
  );
}

function carriesBest(state: SessionState, round: Round): boolean {
  return (
    state.session.origin !== null ||
    lineage(state).some((other) => other.number < round.number && other.feedback?.best != null)
  );
}

function countParticipation(draft: Draft, voters: readonly string[]): void {
  for (const voter of voters) {
    const row = draft.state.voters.get(voter);
    if (row) draft.put({ table: 'voter', row: { ...row, rounds: row.rounds + 1 } });
  }
}
