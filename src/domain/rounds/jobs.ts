/**
 * Jobs of the engine: asked for by an effect whose key is the job's id and ends in the attempt. A result is
 * taken once: only from the attempt that the round waits for, in the state that asked for it. Faults are
 * tried again, then the round fails and the session rests; its votes and feedback stay.
 */

import type { Draft } from '../state/draft.js';
import type { JobDone, JobFailed, JobHeld, JobProgress } from '../state/events.js';
import { imageId } from '../state/ids.js';
import type { Job, Round } from '../state/round.js';
import { notify, showOutcome, showProgress } from '../state/say.js';
import { planBallots, plannedDeadline, postBallots } from '../voting/ballots.js';
import { askJob } from './ask-job.js';
import { imageState } from './image-state.js';
import { pairOf, showPair } from './pair.js';
import { finishRound } from './rounds.js';
import { pauseSession } from './session.js';
import { learnFromMarks } from './warm-start.js';

const waitsFor = { generate: 'generating', learn: 'learning' } as const;

export function jobProgress(draft: Draft, event: JobProgress): void {
  const job = draft.state.jobs.get(event.job);
  if (!job || (job.state !== 'waiting' && job.state !== 'running')) return;
  const { stage, done, total, secondsLeft } = event;
  draft.put({
    table: 'job',
    row: { ...unheld(job), state: 'running', stage, done, total, secondsLeft, at: draft.at },
  });
}

/** People are told once for each reason: the round's message says it, and since when. */
export function jobHeld(draft: Draft, { job: key, why }: JobHeld): void {
  const job = draft.state.jobs.get(key);
  if (!job || (job.state !== 'waiting' && job.state !== 'running')) return;
  const { held, ...row } = job;
  if (why ? held?.code === why.code && held.message === why.message : !held) return;
  const waits = why && { held: { ...why, since: held?.since ?? draft.at } };
  draft.put({
    table: 'job',
    row: { ...row, ...(waits ? { state: 'waiting', ...waits } : {}), at: draft.at },
  });
  showProgress(draft, job.round);
}

export function jobDone(draft: Draft, event: JobDone): void {
  draft.settle(event.job);
  const taken = takeJob(draft, event.job);
  if (!taken || taken.job.kind !== event.result.kind) return;
  const { job, round } = taken;
  draft.put({ table: 'job', row: { ...unheld(job), state: 'done', secondsLeft: 0, at: draft.at } });
  if (event.result.kind === 'generate') {
    for (const { held, barred, ...drawn } of event.result.images) {
      const id = imageId(round.id, drawn.index);
      const seen = imageState(draft.session, { held, barred });
      draft.put({ table: 'image', row: { id, round: round.id, ...drawn, ...seen } });
    }
    const shown = (draft.state.images.get(round.id) ?? []).some((image) => image.state === 'shown');
    if (!shown) {
      fail(draft, job, round, allHeld);
      return;
    }
    const { review } = draft.session.rules;
    const { drawn: took, picked } = event.result;
    const pair = pairOf(draft, event.result);
    const marked = { ...round, ...(took && { drawn: took }), ...(pair && { pair }) };
    if (learnFromMarks(draft, took?.plan ? { ...marked, count: took.plan.images } : marked)) return;
    const state = review ? 'review' : 'posting';
    const deadline = review ? null : plannedDeadline(draft);
    const drawn = draft.setRound(round, {
      state,
      deadline,
      ...(took && { drawn: took }),
      ...(took?.plan && { count: took.plan.images }),
      ...(picked && { picked }),
      ...(pair && { pair }),
    });
    if (pair) showPair(draft, drawn);
    planBallots(draft, drawn);
    if (review) notify(draft, 'review', {}, round.number);
    else postBallots(draft, drawn);
    showProgress(draft, round.number);
  } else {
    const { kind: _, ...learned } = event.result;
    const done = draft.setRound(round, { state: 'done', learned });
    for (const note of learned.notes) notify(draft, 'learner-note', { note }, round.number);
    showProgress(draft, round.number);
    // How varied what was liked is has just been found out.
    if (learned.variety) showOutcome(draft, round.number);
    finishRound(draft, done);
  }
}

export function jobFailed(draft: Draft, event: JobFailed): void {
  // Called off by a shutdown: the effect stays in the outbox and the same attempt runs again after the start.
  if (event.code === 'cancelled') return;
  draft.settle(event.job);
  const taken = takeJob(draft, event.job);
  if (!taken) return;
  const { job, round } = taken;
  const error = { code: event.code, message: event.message, hint: event.hint };
  draft.put({ table: 'job', row: { ...unheld(job), state: 'failed', error, at: draft.at } });
  if (event.retry && round.attempt < draft.session.rules.jobAttempts) {
    askJob(draft, draft.setRound(round, { attempt: round.attempt + 1 }), job.kind);
    notify(draft, 'job-retried', { attempt: round.attempt + 1, reason: event.message });
    return;
  }
  fail(draft, job, round, error);
}

function unheld({ held: _, ...job }: Job): Job {
  return job;
}

/** A ballot without a picture could never be voted on. */
const allHeld = {
  code: 'not-allowed',
  message: 'the safety checker held every image back',
  hint: 'Begin a session with another prompt.',
};

function fail(draft: Draft, { kind }: Job, round: Round, failure: NonNullable<Round['failure']>): void {
  draft.setRound(round, { state: 'failed', failedFrom: waitsFor[kind], failure });
  notify(draft, 'round-failed', { reason: failure.message, hint: failure.hint });
  pauseSession(draft, 'failed');
}

/** Runs the failed job again, one attempt on. */
export function retryFailed(draft: Draft, round: Round): void {
  if (!round.failedFrom) return;
  const again = draft.setRound(round, {
    state: round.failedFrom,
    attempt: round.attempt + 1,
    failedFrom: null,
    failure: null,
  });
  askJob(draft, again, again.state === 'learning' ? 'learn' : 'generate');
  showProgress(draft, round.number);
}

/** The job and its round, if the round still waits for this very attempt. */
function takeJob(draft: Draft, key: string): { job: Job; round: Round } | undefined {
  const job = draft.state.jobs.get(key);
  const round = draft.state.rounds.find((row) => row.number === job?.round);
  if (!job || !round || job.attempt !== round.attempt || round.state !== waitsFor[job.kind]) return undefined;
  return { job, round };
}
