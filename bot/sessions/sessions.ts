/**
 * The sessions held in memory and the one way to change them: an event is decided and folded in at once, its
 * rows and effects are committed in that order, and only what is durable is acted on or acknowledged. So the
 * memory may be ahead of the disk for some milliseconds, never beside it: when a commit fails the process
 * ends and the next start reads what is true. All that go on are held; one that ended is read when it is
 * asked for (`find`) or something happens to it.
 */
import { openSession, type SessionSpec } from '../../src/domain/sessions/open.js';
import { apply, communities, emptyState } from '../../src/domain/state/apply.js';
import type { Drawn, Elsewhere } from '../../src/domain/state/budgets.js';
import type { Decision, Refusal, RowChange } from '../../src/domain/state/decision.js';
import type { Event } from '../../src/domain/state/events.js';
import type { Binding, Place, Session, SessionState, Voter } from '../../src/domain/state/model.js';
import { AcclaimError } from '../../src/errors.js';
import { decided } from './decide-in-slices.js';
import { drawnElsewhere } from './drawn-elsewhere.js';
import { EndedSessions } from './ended-sessions.js';
import { circle, HeldSessions, newestIn } from './held-sessions.js';
import {
  type CommitListener,
  type HoldListener,
  type Keeper,
  Listeners,
  type VoterListener,
} from './listeners.js';
import type { SessionsParts } from './sessions-parts.js';
import { Ticks } from './ticks.js';

/** What a session is run by, before it has an id and a place. */
export type NewSession = Omit<SessionSpec, 'id' | 'community' | 'createdBy'>;

/** The part of it that does not depend on what is drawn. */
export type Plan = Pick<NewSession, 'model' | 'learner' | 'sampler' | 'rules'>;

/** Decides events, and commits what was decided. */
export class Sessions extends HeldSessions {
  private readonly ticks: Ticks;
  private stopped = false;
  private held: Promise<void> | null = null;
  /** Sessions whose round is being judged; their other events wait. */
  private readonly judging = new Map<string, Promise<void>>();
  private readonly ended = new EndedSessions();
  private readonly listeners = new Listeners();
  /** Sessions that are being read, each with the rows of voters that came meanwhile. */
  private readonly reading = new Map<string, { done: Promise<boolean>; missed: RowChange[] }>();
  /** Rows that are not durable yet. */
  private readonly writing = new Set<{ session: string; rows: readonly RowChange[] }>();
  /**
   * Goes up whenever counts of sessions that are not held may have changed: somebody was excluded, linked or
   * forgotten.
   */
  census = 0;

  constructor(private readonly parts: SessionsParts) {
    super();
    this.ticks = new Ticks({ clock: parts.clock, log: parts.log, sessions: this });
  }

  /** Is told of all that becomes durable, after those that asked before. */
  onCommitted(listener: CommitListener): void {
    this.listeners.commit.push(listener);
  }

  onVoters(listener: VoterListener): void {
    this.listeners.voters.push(listener);
  }

  onHeld(listener: HoldListener): void {
    this.listeners.hold.push(listener);
  }

  /** No session that it is busy with is let go. */
  keptBy(keeper: Keeper): void {
    this.listeners.keepers.push(keeper);
  }

  load(states: readonly SessionState[]): void {
    for (const state of states) {
      const before = this.states.get(state.session.id);
      this.states.set(state.session.id, state);
      this.sort(state);
      if (before?.ballots === state.ballots && before.bindings === state.bindings) continue;
      for (const ballot of state.ballots.values()) this.places.set(state, ballot);
    }
  }

  /**
   * Begins the clock of a session; call it when platforms can post. The first tick takes every step that is
   * due.
   */
  startTicks(id: string): void {
    const state = this.states.get(id);
    if (state && state.session.state !== 'ended') this.ticks.in(id, 0);
  }

  stopTicks(): void {
    this.ticks.stop();
  }

  stop(): void {
    this.stopTicks();
    this.stopped = true;
  }

  /** Wherever it is; what was read is held for a while. */
  async find(id: string): Promise<SessionState | undefined> {
    for (;;) {
      const state = this.states.get(id);
      if (state) {
        if (state.session.state === 'ended') this.ended.use(id);
        return state;
      }
      if (this.held) await this.held;
      else if (!(await this.read(id))) return undefined;
    }
  }

  /** The session that commands in a channel are about: the newest that has not ended, else the newest. */
  async ofChannel(platform: Binding['platform'], address: string): Promise<SessionState | undefined> {
    const live = this.liveIn(platform, address);
    if (live) return live;
    const kept = newestIn(this.holding(), platform, address);
    const read = await this.parts.store.lookups.newestIn(platform, address);
    const newer = !kept || (read && read.createdAt > kept.session.createdAt) ? read : kept.session;
    return newer && this.find(newer.id);
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

  /**
   * Decides nothing while `work` runs, then goes on from the states that it gives; others are held no longer.
   */
  async hold(work: () => Promise<readonly SessionState[]>): Promise<void> {
    while (this.held) await this.held;
    const busy = [...this.judging.values(), ...[...this.reading.values()].map(({ done }) => done)];
    const states = Promise.allSettled(busy).then(work);
    this.held = states.then(() => {}).catch(() => {});
    try {
      const found = await states;
      this.census += 1;
      const kept = new Set(found.map(({ session }) => session.id));
      for (const id of [...this.states.keys()]) if (!kept.has(id)) this.letGo(id);
      this.load(found);
    } finally {
      this.held = null;
    }
  }

  /**
   * Decides nothing while `work` writes rows of voters beside the sessions; then each session that they vote
   * in has them.
   */
  async amend(work: () => Promise<readonly Voter[]>): Promise<void> {
    await this.hold(async () => {
      const rows = await work();
      this.share(
        null,
        rows.map((row) => ({ table: 'voter', row })),
      );
      return this.holding();
    });
  }

  /** They are gone for good. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.drop(id);
      this.ended.forget(id);
    }
  }

  /** Those that ended and are not held have drawn this of late: known at the start. */
  recall(drawn: readonly Drawn[]): void {
    const others = drawn.filter(({ session }) => !this.states.has(session));
    this.ended.recall(others, this.parts.clock.now());
  }

  /** Rows of voters that no session decided: to be called as they are written. */
  told(rows: readonly RowChange[]): void {
    this.share(null, rows);
  }

  /** Time alone may have changed something. */
  tick(id: string): Promise<Refusal | null> {
    return this.dispatch(id, { kind: 'tick', at: this.parts.clock.now() });
  }

  /** Resolves when what was decided is durable; with the refusal where something was asked that cannot be. */
  async dispatch(id: string, event: Event): Promise<Refusal | null> {
    for (let wait = this.busy(id); wait; wait = this.busy(id)) if ((await wait) === false) return null;
    if (this.stopped) throw new AcclaimError('cancelled', 'the bot is stopping', 'Try again in a moment.');
    const state = this.states.get(id);
    if (!state) return null;
    const decision = decided(() => this.states.get(id) ?? state, event, this.elsewhere);
    if (!(decision instanceof Promise)) return this.take(id, decision);
    let taken = Promise.resolve<Refusal | null>(null);
    const judged = decision.then((made) => {
      taken = this.take(id, made);
    });
    const over = judged.catch(() => {}).finally(() => this.judging.delete(id));
    this.judging.set(id, over);
    await judged;
    return taken;
  }

  private readonly elsewhere: Elsewhere = (state, at) => {
    const { homes } = this.parts;
    return drawnElsewhere(state, { held: this.states.values(), past: this.ended.today(), homes }, at);
  };

  /**
   * What an event of the session has to wait for; what is waited for is false where there is no such session.
   */
  private busy(id: string): Promise<unknown> | null {
    return this.held ?? this.judging.get(id) ?? (this.states.has(id) || this.stopped ? null : this.read(id));
  }

  /** False where there is none. What is decided meanwhile of its voters is not lost on it. */
  private read(id: string): Promise<boolean> {
    const begun = this.reading.get(id);
    if (begun) return begun.done;
    const missed = [...this.writing].flatMap(({ rows }) => rows.filter(isVoter));
    const done = this.parts.store
      .load(id, this.votersOf)
      .then((read) => {
        if (!read) return false;
        const voters = this.votersOf(communities(read)) ?? apply(read, missed).voters;
        const state = { ...read, voters };
        this.load([state]);
        this.listeners.held(state);
        return true;
      })
      .finally(() => this.reading.delete(id));
    this.reading.set(id, { done, missed });
    return done;
  }

  /** Among those that ended, or not. */
  private sort({ session }: SessionState): void {
    this.ended.forget(session.id);
    if (session.state !== 'ended') return;
    this.ended.use(session.id);
    for (const id of this.ended.surplus((one) => one !== session.id && this.idle(one))) this.letGo(id);
  }

  /** Nothing of it is under way. */
  private idle(id: string): boolean {
    if (this.judging.has(id) || this.listeners.areBusyWith(id)) return false;
    for (const { session } of this.writing) if (session === id) return false;
    return true;
  }

  private letGo(id: string): void {
    const state = this.states.get(id)!;
    this.drop(id);
    this.ended.letGo(state, this.parts.clock.now());
    this.listeners.letGo(state);
  }

  private async take(id: string, decision: Decision): Promise<Refusal | null> {
    await this.settle(id, decision);
    return decision.refusal;
  }

  private drop(id: string): void {
    const state = this.states.get(id);
    this.states.delete(id);
    if (state) this.places.drop(state);
    this.ticks.clear(id);
  }

  private async settle(id: string, { rows, effects, state }: Decision): Promise<void> {
    if (rows.length > 0) this.fold(id, rows, state);
    const now = this.states.get(id);
    if (now) this.ticks.schedule(now);
    if (rows.length === 0 && effects.length === 0) return;
    const writing = { session: id, rows };
    this.writing.add(writing);
    try {
      await this.parts.store.commit(rows, effects);
    } catch (error) {
      this.stop();
      this.parts.fatal(error);
      throw error;
    } finally {
      this.writing.delete(writing);
    }
    const done = rows.flatMap((r) => (r.table === 'outbox' ? [r.done] : []));
    this.listeners.committed({ session: id, rows, effects, done });
  }

  private fold(id: string, rows: readonly RowChange[], state: SessionState): void {
    const before = this.states.get(id)!;
    this.states.set(id, state);
    if (before.session.state !== state.session.state) this.sort(state);
    for (const row of rows) {
      // A branch brings another session's first rows along.
      if (row.table === 'session' && !this.states.has(row.row.id)) this.adopt(row.row, before, rows);
      if (row.table === 'ballot') this.places.set(this.states.get(row.row.session)!, row.row);
    }
    const voters = rows.filter(isVoter);
    if (voters.length === 0) return;
    if (voters.some(({ row }) => row.excluded !== (before.voters.get(row.key)?.excluded ?? false)))
      this.census += 1;
    this.share(state, voters);
  }

  /**
   * Voters belong to communities: sessions of the same ones share them, others take the rows that are theirs.
   */
  private share(from: SessionState | null, rows: readonly RowChange[]): void {
    for (const { missed } of this.reading.values()) missed.push(...rows);
    const shared = new Map(from ? [[circle(from), from.voters]] : []);
    for (const [other, state] of this.states) {
      if (state === from) continue;
      const voters = shared.get(circle(state)) ?? apply(state, rows).voters;
      shared.set(circle(state), voters);
      this.states.set(other, { ...state, voters });
    }
    this.listeners.votersChanged();
  }

  private adopt(session: Session, parent: SessionState, rows: readonly RowChange[]): void {
    this.states.set(session.id, apply({ ...emptyState(session), voters: parent.voters }, rows));
    // Its first round begins with its first tick.
    this.ticks.in(session.id, 0);
  }
}

type VoterRow = Extract<RowChange, { table: 'voter' }>;
const isVoter = (change: RowChange): change is VoterRow => change.table === 'voter';
