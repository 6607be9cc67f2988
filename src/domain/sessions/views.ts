/**
 * What may be seen of a session, as plain figures. Totals stay hidden while a round takes votes: before its
 * close a ballot shows only the asker's own marks and how many people have voted.
 */

import { endsForWant } from '../moderation/nsfw-guard.js';
import { ballotsOf } from '../rounds/rounds.js';
import { approvals, type RoundApproval } from '../state/approval.js';
import { pictureName } from '../state/ids.js';
import type { SessionState } from '../state/model.js';
import type { Ballot, ImageState, Job, Outcome, Round } from '../state/round.js';
import { finish, type Steps } from '../state/steps.js';
import { factsOf } from '../voting/ledger.js';
import { type Turnout, turnoutOf } from '../voting/turnout.js';
import { attending, counting, lastChange } from '../voting/who-counts.js';

export interface SessionStatus {
  id: string;
  channel: string;
  title: string;
  prompt: string;
  state: string;
  pause: string | null;
  end: string | null;
  round: number;
  roundState: string;
  /** Live ballots of the round. */
  ballots: number;
  /** Images judged in the round so far, over all voters. */
  votes: number;
  voters: number;
  /** Voters that have marked every sheet or pressed Done. */
  finished: number;
  /** Counts of people while the round is open; null otherwise. */
  turnout: Turnout | null;
  deadline: number | null;
  /** Approval of each closed round in which a picture was judged, in order. */
  approval: number[];
  /** The pictures behind each of them. */
  judged: RoundApproval[];
  job:
    | (Pick<Job, 'kind' | 'stage' | 'done' | 'total' | 'secondsLeft'> & {
        held: Required<Job>['held'] | null;
      })
    | null;
}

/** `statusOf` in one go. */
export const sessionStatus = (state: SessionState): SessionStatus => finish(statusOf(state));

/** What scripts, monitors and the page are told of a session. */
export function* statusOf(state: SessionState): Steps<SessionStatus> {
  const { session, rounds } = state;
  const round = rounds.at(-1);
  const counted = round ? yield* counting(state, round) : { voterBallots: [], excluded: 0 };
  const present = round && (yield* attending(state, round));
  const ballots = [...state.ballots.values()].filter(
    (row) => row.round === round?.id && row.state === 'live',
  );
  const judged = approvals(rounds);
  const job = [...state.jobs.values()].findLast((row) => row.state === 'running' || row.state === 'waiting');
  return {
    id: session.id,
    channel: state.bindings[0]?.channel ?? '',
    title: session.title,
    prompt: session.prompt,
    state: session.state,
    pause: session.pause,
    end: session.end,
    round: round?.number ?? 0,
    roundState: round?.state ?? 'none',
    ballots: ballots.length,
    votes: counted.voterBallots.reduce((sum, one) => sum + one.votes.length, 0),
    voters: counted.voterBallots.length,
    finished: present?.finished ?? 0,
    turnout: round?.state === 'open' && present ? turnoutOf(state, round, present) : null,
    deadline: round?.deadline ?? null,
    approval: judged.map(({ share }) => share),
    judged,
    job: job ? pickJob(job) : null,
  };
}

export interface BallotView {
  id: string;
  round: number;
  state: Ballot['state'];
  style: Ballot['style'];
  cells: {
    name: string;
    cell: number;
    index: number;
    image: ImageState;
    up: number | null;
    seen: number | null;
  }[];
  /** Canonical names of the asker's own marks that stand. */
  own: string[];
  /** Null until the round has closed. */
  outcome: Outcome | null;
}

/** What a ballot shows; to a voter their own marks too. */
export function ballotView(state: SessionState, ballot: Ballot, voter: string | null): BallotView {
  const round = state.rounds.find((row) => row.id === ballot.round);
  const images = state.images.get(ballot.round) ?? [];
  const outcome = round?.outcome ?? null;
  return {
    id: ballot.id,
    round: round?.number ?? 0,
    state: ballot.state,
    style: ballot.style,
    cells: ballot.cells.map((index, i) => {
      const total = outcome?.cells.find((cell) => cell.index === index);
      return {
        name: pictureName(ballot, index),
        cell: i + 1,
        index,
        image: images.find((image) => image.index === index)?.state ?? 'hidden',
        up: total?.up ?? null,
        seen: total?.seen ?? null,
      };
    }),
    own: voter === null ? [] : ownMarks(state, ballot, voter),
    outcome,
  };
}

/** Marks of one voter on one ballot that stand now. */
export function ownMarks(state: SessionState, ballot: Ballot, voter: string): string[] {
  return factsOf(state, ballot)
    .ofVoter(voter)
    .filter((fact) => fact.present)
    .map((fact) => fact.emoji)
    .sort();
}

/** Index of the image that a cell's name means on the newest round with ballots. */
export function imageAt(
  state: SessionState,
  sheet: number,
  cell: number,
): { round: Round; index: number } | undefined {
  const ballots = [...state.ballots.values()];
  const round = state.rounds.findLast((row) => ballots.some((ballot) => ballot.round === row.id));
  const ballot = ballots.find((row) => row.round === round?.id && row.sheet === sheet);
  const index = ballot?.cells[cell - 1];
  return round && index !== undefined ? { round, index } : undefined;
}

/** Its round waits for an engine: it is neither with voters nor worked on. */
export function waitsForEngine({ session, rounds, jobs }: SessionState): boolean {
  const number = rounds.at(-1)?.number;
  if (session.state === 'ended') return false;
  return [...jobs.values()].some((job) => job.round === number && job.state === 'waiting');
}

/** The newest of the times at which something happened, votes left out; 0 where nothing has. */
export function newestTime(states: Iterable<SessionState>): number {
  let newest = 0;
  const see = (time: number | null) => {
    if (time !== null && time > newest) newest = time;
  };
  for (const { session, rounds, jobs } of states) {
    for (const time of [session.createdAt, session.pausedAt, session.endedAt]) see(time);
    for (const { createdAt, openedAt, closingAt, closedAt } of rounds)
      for (const time of [createdAt, openedAt, closingAt, closedAt]) see(time);
    for (const { at } of jobs.values()) see(at);
  }
  return newest;
}

/**
 * Next moment at which passing time alone may change something; null = never. Asked after every vote: it
 * counts none.
 */
export function nextTick(state: SessionState, now: number): number | null {
  const times = [endsForWant(state), nextStep(state, now)].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function nextStep(state: SessionState, now: number): number | null {
  const round = state.rounds.at(-1);
  const { pause, renewsAt = null } = state.session;
  if (state.session.state === 'paused' && pause === 'budget') return renewsAt;
  if (state.session.state !== 'active') return null;
  if (!round) return state.session.createdAt;
  if (round.state !== 'open') return null;
  const { rules } = state.session;
  const rested = lastChange(state, round) + rules.restMs;
  // A rest that is over and did not close the round had no quorum.
  const mayClose = rested > now && anyMarks(state, round);
  const rest = mayClose ? rested : Number.POSITIVE_INFINITY;
  const next = Math.min(rest, round.deadline ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(next) ? next : null;
}

function anyMarks(state: SessionState, round: Round): boolean {
  return ballotsOf(state, round).some((ballot) => factsOf(state, ballot).length > 0);
}

function pickJob({ kind, stage, done, total, secondsLeft, held }: Job) {
  return { kind, stage, done, total, secondsLeft, held: held ?? null };
}
