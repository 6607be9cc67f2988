/**
 * Keeps people told of how many have finished with an open round: the page as it changes, other platforms by
 * their ballot's text, at the pace of edits. Nothing of it is stored: after a restart an open round is looked
 * at once more. Counting a crowd goes in slices, and takes a twentieth of the time at most.
 */
import { ballotsOf } from '../../src/domain/rounds/rounds.js';
import type { RowChange } from '../../src/domain/state/decision.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import type { Steps } from '../../src/domain/state/steps.js';
import { sameTurnout, type Turnout, turnoutOf } from '../../src/domain/voting/turnout.js';
import { attending } from '../../src/domain/voting/who-counts.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import type { CommitListener, Committed, VoterListener } from '../sessions/listeners.js';
import type { Sessions } from '../sessions/sessions.js';
import { spread } from '../sessions/time-slices.js';
import { tellsTurnout } from '../views/ballot.js';
import { sheetsBeside } from './cards.js';
import type { EffectRunner } from './effect-runner.js';
import type { Platforms } from './platforms.js';

export interface TurnoutParts {
  platforms: Platforms;
  sessions: Sessions;
  /** Carries edits out that were not decided: they may be lost. */
  effects: EffectRunner;
  log: Log;
}

/** From a change to its count, ms: what comes together is counted once. */
const SOON_MS = 150;
/** From a count to the next of the same session, ms, and as a multiple of what it took. */
const LEAST_MS = 400;
const TIMES = 20;

/** Tables of whose rows the count is made. */
const made: ReadonlySet<RowChange['table']> = new Set(['session', 'round', 'image', 'ballot', 'fact']);

/** Counts and tells, one session at a time. */
export class Turnouts implements CommitListener, VoterListener {
  private readonly told = new Map<string, Turnout>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** When a session may be counted again. */
  private readonly from = new Map<string, number>();
  private readonly counting = new Set<string>();
  private stopped = false;

  constructor(private readonly parts: TurnoutParts) {}

  /** Rows of a session were written. */
  committed({ session, rows }: Committed): void {
    if (rows.some(({ table }) => made.has(table))) this.soon(session);
  }

  /** Somebody agreed, left, was linked, excluded or let in: that may change the count of every session. */
  votersChanged(): void {
    for (const { session } of this.parts.sessions.live()) this.soon(session.id);
  }

  soon(session: string): void {
    if (this.stopped || this.timers.has(session)) return;
    if (!openRound(this.parts.sessions.get(session))) {
      this.told.delete(session);
      this.from.delete(session);
      return;
    }
    const wait = Math.max(SOON_MS, (this.from.get(session) ?? 0) - performance.now());
    const count = () => {
      this.timers.delete(session);
      return this.count(session);
    };
    const fault = (error: unknown) =>
      this.parts.log.error(toPlain(error), 'who has finished could not be told');
    this.timers.set(session, setTimeout(safely(count, fault), wait));
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private async count(session: string): Promise<void> {
    const state = this.parts.sessions.get(session);
    const round = openRound(state);
    if (!state || !round) return;
    // One count at a time; what changed meanwhile is counted after it.
    if (this.counting.has(session)) return this.soon(session);
    this.counting.add(session);
    const began = performance.now();
    const now = await spread(counted(state, round)).finally(() => this.counting.delete(session));
    const took = performance.now() - began;
    this.from.set(session, performance.now() + Math.max(LEAST_MS, TIMES * took));
    const before = this.told.get(session);
    if (this.stopped || (before ? sameTurnout(before, now) : now.voters === 0)) return;
    this.told.set(session, now);
    this.tell(state, round, now);
  }

  private tell(state: SessionState, round: Round, now: Turnout): void {
    const { id } = state.session;
    for (const { platform, address, leftAt } of state.bindings)
      if (leftAt === null)
        this.parts.platforms.get(platform)?.showTurnout?.(address, { session: id, ...now });
    const edits = ballotsOf(state, round)
      .filter((ballot) => ballot.state === 'live' && tellsTurnout(ballot, sheetsBeside(state, ballot)))
      .map((ballot): Effect => {
        const key = `${ballot.id}.edit`;
        return { kind: 'edit-ballot', key, session: id, notBefore: 0, ballot: ballot.id };
      });
    this.parts.effects.add(edits);
  }
}

function* counted(state: SessionState, round: Round): Steps<Turnout> {
  return turnoutOf(state, round, yield* attending(state, round));
}

function openRound(state: SessionState | undefined): Round | undefined {
  const round = state?.rounds.at(-1);
  return round?.state === 'open' && state?.session.state !== 'ended' ? round : undefined;
}
