/**
 * The sessions held in memory and the one way to change them: an event is decided and folded in at once, its rows and
 * effects are committed in that order, and only what is durable is acted on or acknowledged. So the memory may be
 * ahead of the disk for some milliseconds, never beside it: when a commit fails the process ends and the next start
 * reads what is true.
 */
import type { Clock } from '../src/clock.js';
import { apply, communities, emptyState } from '../src/domain/apply.js';
import { askedOnDay, type Elsewhere } from '../src/domain/budgets.js';
import type { Decision, Refusal, RowChange } from '../src/domain/decision.js';
import type { Effect } from '../src/domain/effects.js';
import type { Event } from '../src/domain/events.js';
import type { Ballot, Binding, Place, Session, SessionState, Voter } from '../src/domain/model.js';
import { openSession, type SessionSpec } from '../src/domain/open.js';
import { nextTick } from '../src/domain/views.js';
import { AcclaimError } from '../src/errors.js';
import { decided } from './verdict.js';

export interface SessionsParts {
  commit(rows: readonly RowChange[], effects: readonly Effect[]): Promise<void>;
  clock: Clock;
  /** The server of a session's founding channel; null where there is no such thing. */
  serverOf?(channel: string): string | null;
  /** Effects that are now durable, and keys of effects that are no longer wanted. */
  onCommitted(effects: readonly Effect[], done: readonly string[]): void;
  /** A job of a round is a step further. */
  onProgress(state: SessionState, round: number): void;
  /** The truth can no longer be written. */
  fatal(error: unknown): void;
}

/** What a session is run by, before it has an id and a place. */
export type NewSession = Omit<SessionSpec, 'id' | 'community' | 'createdBy'>;

/** The part of it that does not depend on what is drawn. */
export type Plan = Pick<NewSession, 'model' | 'learner' | 'sampler' | 'rules'>;

export interface BallotPlace {
  session: string;
  ballot: Ballot;
}

/** Ticks come at least this often, so that a clock that jumps is noticed. */
const LONGEST_TICK_MS = 60_000;

export class Sessions {
  private readonly states = new Map<string, SessionState>();
  private readonly places = new Map<string, BallotPlace>();
  private readonly ticks = new Map<string, NodeJS.Timeout>();
  private stopped = false;
  private ticking = true;
  private held: Promise<void> | null = null;
  /** Sessions whose round is being judged; their other events wait. */
  private readonly judging = new Map<string, Promise<void>>();

  constructor(private readonly parts: SessionsParts) {}

  load(states: readonly SessionState[]): void {
    for (const state of states) {
      const before = this.states.get(state.session.id);
      this.states.set(state.session.id, state);
      if (before?.ballots === state.ballots && before.bindings === state.bindings) continue;
      for (const ballot of state.ballots.values()) this.index(state, ballot);
    }
  }

  /** Begins the clock of a session; call it when platforms can post. The first tick takes every step that is due. */
  startTicks(id: string): void {
    const state = this.states.get(id);
    if (this.ticking && state && state.session.state !== 'ended') this.tick(id, 0);
  }

  stopTicks(): void {
    for (const timer of this.ticks.values()) clearTimeout(timer);
    this.ticks.clear();
    this.ticking = false;
  }

  stop(): void {
    this.stopTicks();
    this.stopped = true;
  }

  get(id: string): SessionState | undefined {
    return this.states.get(id);
  }

  all(): SessionState[] {
    return [...this.states.values()];
  }

  /** Somebody who agreed to be known. */
  knows(voter: string): boolean {
    return this.all().some((state) => state.voters.get(voter)?.consentAt != null);
  }

  /** The session that commands in a channel are about: the newest that has not ended, else the newest. */
  ofChannel(platform: Binding['platform'], address: string): SessionState | undefined {
    const here = this.all().filter((s) =>
      s.bindings.some((b) => b.platform === platform && b.address === address && b.leftAt === null),
    );
    here.sort((a, b) => b.session.createdAt - a.session.createdAt);
    return here.find((s) => s.session.state !== 'ended') ?? here[0];
  }

  ballotAt(platform: Binding['platform'], address: string, message: string): BallotPlace | undefined {
    return this.places.get(placeKey(platform, address, message));
  }

  /** `also`: rows that are written with it or not at all. */
  async open(
    spec: SessionSpec,
    binding: Place,
    voters: ReadonlyMap<string, Voter>,
    also: readonly RowChange[] = [],
  ): Promise<SessionState> {
    const { session, decision } = openSession(spec, binding, this.parts.clock.now(), this.elsewhere);
    this.states.set(spec.id, { ...emptyState(session), voters });
    const rows = [...decision.rows, ...also];
    await this.settle(spec.id, { ...decision, rows, state: { ...decision.state, voters } });
    return this.states.get(spec.id)!;
  }

  /** Decides nothing while `work` runs, then goes on from the states that it gives; sessions not among them are gone. */
  async hold(work: () => Promise<readonly SessionState[]>): Promise<void> {
    while (this.held) await this.held;
    const states = Promise.all(this.judging.values()).then(work);
    this.held = states.then(() => {}).catch(() => {});
    try {
      const found = await states;
      const kept = new Set(found.map(({ session }) => session.id));
      for (const id of this.states.keys()) if (!kept.has(id)) this.drop(id);
      this.load(found);
    } finally {
      this.held = null;
    }
  }

  /** Resolves when what was decided is durable; with the refusal where something was asked that cannot be. */
  async dispatch(id: string, event: Event): Promise<Refusal | null> {
    for (let wait = this.busy(id); wait; wait = this.busy(id)) await wait;
    if (this.stopped) throw new AcclaimError('cancelled', 'the bot is stopping', 'Try again in a moment.');
    const state = this.states.get(id);
    if (!state) return null;
    const verdict = decided(() => this.states.get(id) ?? state, event, this.elsewhere);
    if (!(verdict instanceof Promise)) return this.take(id, verdict);
    let taken = Promise.resolve<Refusal | null>(null);
    const judged = verdict.then((decision) => {
      taken = this.take(id, decision);
    });
    const over = judged.catch(() => {}).finally(() => this.judging.delete(id));
    this.judging.set(id, over);
    await judged;
    return taken;
  }

  private readonly elsewhere: Elsewhere = ({ session, bindings: [own] }, at) => {
    const { serverOf = () => null } = this.parts;
    const spent = { channel: 0, server: 0 };
    if (!own) return spent;
    const server = serverOf(own.channel);
    for (const { session: other, bindings, rounds } of this.states.values()) {
      const [there] = bindings;
      if (!there || other.id === session.id || there.platform !== own.platform) continue;
      const images = askedOnDay(rounds, at);
      if (there.channel === own.channel) spent.channel += images;
      if (serverOf(there.channel) === server) spent.server += images;
    }
    return spent;
  };

  /** What an event of the session has to wait for. */
  private busy(id: string): Promise<unknown> | null {
    return this.held ?? this.judging.get(id) ?? null;
  }

  private async take(id: string, decision: Decision): Promise<Refusal | null> {
    await this.settle(id, decision);
    return decision.refusal;
  }

  private progress(id: string, round: number): void {
    const state = this.states.get(id);
    if (state) this.parts.onProgress(state, round);
  }

  private drop(id: string): void {
    this.states.delete(id);
    for (const [key, { session }] of this.places) if (session === id) this.places.delete(key);
    const timer = this.ticks.get(id);
    if (timer) clearTimeout(timer);
    this.ticks.delete(id);
  }

  private async settle(id: string, { rows, effects, state }: Decision): Promise<void> {
    if (rows.length > 0) this.fold(id, rows, state);
    this.scheduleTick(id);
    if (rows.length === 0 && effects.length === 0) return;
    try {
      await this.parts.commit(rows, effects);
    } catch (error) {
      this.stop();
      this.parts.fatal(error);
      throw error;
    }
    const done = rows.flatMap((r) => (r.table === 'outbox' ? [r.done] : []));
    this.parts.onCommitted(effects, done);
    for (const row of rows) {
      if (row.table === 'job' && row.row.state === 'running') this.progress(id, row.row.round);
    }
  }

  private fold(id: string, rows: readonly RowChange[], state: SessionState): void {
    const before = this.states.get(id)!;
    this.states.set(id, state);
    for (const row of rows) {
      // A branch brings another session's first rows along.
      if (row.table === 'session' && !this.states.has(row.row.id)) this.adopt(row.row, before, rows);
      if (row.table === 'ballot') this.index(this.states.get(row.row.session)!, row.row);
    }
    const voters = rows.filter(({ table }) => table === 'voter');
    if (voters.length > 0) this.share(state, voters);
  }

  /** Voters belong to communities: sessions of the same ones share them, others take the rows that are theirs. */
  private share(from: SessionState, rows: readonly RowChange[]): void {
    const shared = new Map([[circle(from), from.voters]]);
    for (const [other, state] of this.states) {
      if (state === from) continue;
      const voters = shared.get(circle(state)) ?? apply(state, rows).voters;
      shared.set(circle(state), voters);
      this.states.set(other, { ...state, voters });
    }
  }

  private adopt(session: Session, parent: SessionState, rows: readonly RowChange[]): void {
    this.states.set(session.id, apply({ ...emptyState(session), voters: parent.voters }, rows));
    // Its first round begins with its first tick.
    this.tick(session.id, 0);
  }

  private index(state: SessionState, ballot: Ballot): void {
    const binding = state.bindings.find((b) => b.channel === ballot.channel);
    if (ballot.message === null || !binding) return;
    const key = placeKey(ballot.platform, binding.address, ballot.message);
    this.places.set(key, { session: state.session.id, ballot });
  }

  private scheduleTick(id: string): void {
    const old = this.ticks.get(id);
    if (old) clearTimeout(old);
    this.ticks.delete(id);
    const state = this.states.get(id);
    if (!state || !this.ticking) return;
    const now = this.parts.clock.now();
    const at = nextTick(state, now);
    if (at === null) return;
    this.tick(id, Math.min(Math.max(at - now, 10), LONGEST_TICK_MS));
  }

  private tick(id: string, wait: number): void {
    const act = () => this.dispatch(id, { kind: 'tick', at: this.parts.clock.now() }).catch(() => {});
    clearTimeout(this.ticks.get(id));
    this.ticks.set(id, setTimeout(act, wait));
  }
}

/** The communities whose people vote in a session, as one text. */
function circle(state: SessionState): string {
  return [...communities(state)].sort().join(' ');
}

function placeKey(platform: string, address: string, message: string): string {
  return JSON.stringify([platform, address, message]);
}
