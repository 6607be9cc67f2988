/**
 * Reading a ballot's reactions anew: at a round's close, for every open ballot after a restart or a gap, and
 * when somebody agreed whose marks may hang there already. What was read goes to the ledger as one event;
 * live marks that came since the reading began win over it.
 */
import type { Account, PlatformName } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import type { Clock } from '../../src/clock.js';
import type { Seen, Swept } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Ballot } from '../../src/domain/state/round.js';
import type { Steps } from '../../src/domain/state/steps.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import { roundOfBallot } from '../monitoring/watch.js';
import type { People } from '../sessions/people.js';
import type { Sessions } from '../sessions/sessions.js';
import { spread, turn } from '../sessions/time-slices.js';
import type { Messenger } from './messenger.js';

export interface SweepParts {
  clock: Clock;
  log: Log;
  messenger: Messenger;
  people: People;
  sessions: Sessions;
}

const SOON_MS = 2000;

/** Readings of ballots. */
export class Sweeps {
  private readonly waiting = new Map<PlatformName, NodeJS.Timeout>();
  private stopped = false;

  constructor(private readonly parts: SweepParts) {}

  /** `effect` is the outbox's key where it was asked for by a decision. The ballot must have been posted. */
  async sweep(state: SessionState, ballot: Ballot, effect: string | null): Promise<void> {
    const { clock, messenger, people, sessions } = this.parts;
    const to = state.bindings.find((b) => b.channel === ballot.channel)!;
    const beganAt = clock.now();
    const found = await messenger.platform(to.platform).fetchReactions(messenger.ref(to, ballot.message!));
    const marks = await spread(marksIn(found, people));
    await turn();
    await sessions.dispatch(state.session.id, {
      kind: 'swept',
      ballot: ballot.id,
      effect,
      beganAt,
      marks,
      at: clock.now(),
    });
  }

  /**
   * Reads a platform's open ballots in a moment: what somebody marked before they agreed. Many who agree make
   * one reading.
   */
  soon(platform: PlatformName): void {
    if (this.stopped || this.waiting.has(platform)) return;
    const read = () => {
      this.waiting.delete(platform);
      return this.sweepOpen(this.parts.sessions.live(), platform);
    };
    const fault = (error: unknown) => this.parts.log.warn({ platform, error: String(error) }, 'sweep failed');
    this.waiting.set(platform, setTimeout(safely(read, fault), SOON_MS));
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  /**
   * What people did while the bot was away: every ballot that takes votes, the nearest deadline first. False
   * where a platform gave no answer.
   */
  async sweepOpen(states: readonly SessionState[], platform?: PlatformName): Promise<boolean> {
    const silent = new Set<PlatformName>();
    const open = states.flatMap((state) =>
      [...state.ballots.values()].flatMap((ballot) => {
        const round = state.rounds.find((r) => r.id === ballot.round);
        if (platform !== undefined && ballot.platform !== platform) return [];
        const swept = ballot.state === 'live' && ballot.sweeps && ballot.message !== null;
        return swept ? [{ state, ballot, deadline: round?.deadline ?? Number.POSITIVE_INFINITY }] : [];
      }),
    );
    open.sort((a, b) => a.deadline - b.deadline);
    for (const { state, ballot } of open) {
      if (this.stopped) break;
      if (silent.has(ballot.platform)) continue;
      // One that fails is read again at the close: no round closes unswept.
      await this.sweep(state, ballot, null).catch((error) => {
        if (isUnreachable(error)) silent.add(ballot.platform);
        const round = roundOfBallot(state.session.id, ballot.id);
        const line = { session: state.session.id, round, ballot: ballot.id, error: String(error) };
        this.parts.log.warn(line, 'sweep failed');
      });
    }
    return silent.size === 0;
  }
}

/** A key costs a hash, and whoever voted has left several marks. */
function* marksIn(found: ReadonlyMap<string, readonly Account[]>, people: People): Steps<Swept['marks']> {
  const seen = new Map<string, Seen>();
  const marks: { voter: Seen; emoji: string }[] = [];
  for (const [emoji, accounts] of found)
    for (const account of accounts) {
      const voter = seen.get(account.id) ?? people.seen(account);
      seen.set(account.id, voter);
      if (marks.push({ voter, emoji }) % 100 === 0) yield;
    }
  return marks;
}
