/**
 * The sessions held in memory and the one way to change them: an event is decided and folded in at once, its rows and
 * effects are committed in that order, and only what is durable is acted on or acknowledged. So the memory may be
 * ahead of the disk for some milliseconds, never beside it: when a commit fails the process ends and the next start
 * reads what is true. All that go on are held; one that ended is read when it is asked for (`find`) or something
 * happens to it.
 */
import type { Clock } from '../../src/clock.js';
import { openSession, type SessionSpec } from '../../src/domain/sessions/open.js';
import { apply, communities, emptyState } from '../../src/domain/state/apply.js';
import { askedOnDay, type Drawn, type Elsewhere } from '../../src/domain/state/budgets.js';
import type { Decision, Refusal, RowChange } from '../../src/domain/state/decision.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { Event } from '../../src/domain/state/events.js';
import type { Binding, Place, Session, SessionState, Voter } from '../../src/domain/state/model.js';
import { AcclaimError } from '../../src/errors.js';
import { type BallotPlace, BallotPlaces } from './ballot-places.js';
import { decided } from './decide-in-slices.js';
import { Ended } from './ended-cache.js';
import { Ticks } from './ticks.js';

type Voters = SessionState['voters'];

export interface SessionsParts {
  commit(rows: readonly RowChange[], effects: readonly Effect[]): Promise<void>;
  clock: Clock;
  /** The server of a session's founding channel; null where there is no such thing. */
  serverOf?(channel: string): string | null;
  /** Effects that are now durable, and keys of effects that are no longer wanted. */
  onCommitted(effects: readonly Effect[], done: readonly string[]): void;
  /** Rows of a session are now durable. */
  onWritten?(session: string, rows: readonly RowChange[]): void;
  /** Rows of voters have changed, whoever decided that. */
  onVoters?(): void;
  /** A job of a round is a step further. */
  onProgress(state: SessionState, round: number): void;
  /** The truth can no longer be written. */
  fatal(error: unknown): void;
  /** A tick that failed; those of a bot that stops do. */
  fault?(error: unknown): void;
  /** Where sessions that ended are read; nowhere when missing. */
  ended?: EndedSource;
}

export interface EndedSource {
  /** The session whole. `known` gives voters of communities that are held already. */
  load(
    id: string,
    known: (those: ReadonlySet<string>) => Voters | undefined,
  ): Promise<SessionState | undefined>;
  /** The newest that ended while bound to the channel. */
  newestIn(platform: Binding['platform'], address: string): Promise<Session | undefined>;
  /** True while effects of it are not carried out. */
  busy(session: string): boolean;
  /** It is held from now on, or no longer. */
  onRead(state: SessionState): void;
  onLetGo(state: SessionState): void;
}

/** What a session is run by, before it has an id and a place. */
export type NewSession = Omit<SessionSpec, 'id' | 'community' | 'createdBy'>;

/** The part of it that does not depend on what is drawn. */
export type Plan = Pick<NewSession, 'model' | 'learner' | 'sampler' | 'rules'>;

export class Sessions {
  private readonly states = new Map<string, SessionState>();
  private readonly places = new BallotPlaces();
  private readonly ticks: Ticks;
  private stopped = false;
  private held: Promise<void> | null = null;
  /** Sessions whose round is being judged; their other events wait. */
  private readonly judging = new Map<string, Promise<void>>();
  private readonly ended = new Ended();
  /** Sessions that are being read, each with the rows of voters that came meanwhile. */
  private readonly reading = new Map<string, { done: Promise<boolean>; missed: RowChange[] }>();
  /** Rows that are not durable yet. */
  private readonly writing = new Set<{ session: string; rows: readonly RowChange[] }>();
  /** Goes up whenever counts of sessions that are not held may have changed: somebody was excluded, linked or forgotten. */
  census = 0;

  constructor(private readonly parts: SessionsParts) {
    const tick = (id: string) => this.dispatch(id, { kind: 'tick', at: parts.clock.now() });
    this.ticks = new Ticks(parts.clock, tick, (error) => parts.fault?.(error));
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

  /** Begins the clock of a session; call it when platforms can post. The first tick takes every step that is due. */
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

  /** One that is held: undefined of one that ended unless somebody asked for it of late. */
  get(id: string): SessionState | undefined {
    return this.states.get(id);
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

  /** Those that go on. */
  live(): SessionState[] {
    return this.holding().filter(({ session }) => session.state !== 'ended');
  }

  /** Those, and the ones that ended and are held. */
  holding(): SessionState[] {
    return [...this.states.values()];
  }

  /** Somebody who agreed to be known. */
  knows(voter: string): boolean {
    const circles = new Set(this.holding().map(({ voters }) => voters));
    return [...circles].some((voters) => voters.get(voter)?.consentAt != null);
  }

  /** The newest that goes on in a channel. */
  liveIn(platform: Binding['platform'], address: string): SessionState | undefined {
    return newestIn(this.live(), platform, address);
  }

  /** The session that commands in a channel are about: the newest that has not ended, else the newest. */
  async ofChannel(platform: Binding['platform'], address: string): Promise<SessionState | undefined> {
    const live = this.liveIn(platform, address);
    if (live) return live;
    const kept = newestIn(this.holding(), platform, address);
    const read = await this.parts.ended?.newestIn(platform, address);
    const newer = !kept || (read && read.createdAt > kept.session.createdAt) ? read : kept.session;
    return newer && this.find(newer.id);
  }

  /** Of sessions that are held. */
  ballotAt(platform: Binding['platform'], address: string, message: string): BallotPlace | undefined {
    return this.places.at(platform, address, message);
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

  /** Decides nothing while `work` runs, then goes on from the states that it gives; others are held no longer. */
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

  /** Decides nothing while `work` writes rows of voters beside the sessions; then each session that they vote in has them. */
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

  /** Resolves when what was decided is durable; with the refusal where something was asked that cannot be. */
  async dispatch(id: string, event: Event): Promise<Refusal | null> {
    for (let wait = this.busy(id); wait; wait = this.busy(id)) if ((await wait) === false) return null;
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
    const count = (there: Omit<Drawn, 'rounds'>, rounds: Drawn['rounds']) => {
      if (there.session === session.id || there.platform !== own.platform) return;
      const images = askedOnDay(rounds, at);
      if (there.channel === own.channel) spent.channel += images;
      if (serverOf(there.channel) === server) spent.server += images;
    };
    for (const { bindings, rounds } of this.states.values()) if (bindings[0]) count(bindings[0], rounds);
    for (const drawn of this.ended.today()) count(drawn, drawn.rounds);
    return spent;
  };

  /** What an event of the session has to wait for; what is waited for is false where there is no such session. */
  private busy(id: string): Promise<unknown> | null {
    return this.held ?? this.judging.get(id) ?? (this.states.has(id) || this.stopped ? null : this.read(id));
  }

  /** False where there is none. What is decided meanwhile of its voters is not lost on it. */
  private read(id: string): Promise<boolean> {
    const begun = this.reading.get(id);
    if (begun) return begun.done;
    const missed = [...this.writing].flatMap(({ rows }) => rows.filter(isVoter));
    const load = this.parts.ended?.load(id, this.votersOf) ?? Promise.resolve(undefined);
    const done = load
      .then((read) => {
        if (!read) return false;
        const voters = this.votersOf(communities(read)) ?? apply(read, missed).voters;
        const state = { ...read, voters };
        this.load([state]);
        this.parts.ended?.onRead(state);
        return true;
      })
      .finally(() => this.reading.delete(id));
    this.reading.set(id, { done, missed });
    return done;
  }

  /** Of a session that is held and has just these communities. */
  readonly votersOf = (those: ReadonlySet<string>): Voters | undefined => {
    const name = circleOf(those);
    for (const state of this.states.values()) if (circle(state) === name) return state.voters;
    return undefined;
  };

  /** Among those that ended, or not. */
  private sort({ session }: SessionState): void {
    this.ended.forget(session.id);
    if (session.state !== 'ended') return;
    this.ended.use(session.id);
    for (const id of this.ended.surplus((one) => one !== session.id && this.idle(one))) this.letGo(id);
  }

  /** Nothing of it is under way. */
  private idle(id: string): boolean {
    if (!this.parts.ended || this.judging.has(id) || this.parts.ended.busy(id)) return false;
    for (const { session } of this.writing) if (session === id) return false;
    return true;
  }

  private letGo(id: string): void {
    const state = this.states.get(id)!;
    this.drop(id);
    this.ended.letGo(state, this.parts.clock.now());
    this.parts.ended?.onLetGo(state);
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
      await this.parts.commit(rows, effects);
    } catch (error) {
      this.stop();
      this.parts.fatal(error);
      throw error;
    } finally {
      this.writing.delete(writing);
    }
    const done = rows.flatMap((r) => (r.table === 'outbox' ? [r.done] : []));
    this.parts.onCommitted(effects, done);
    this.parts.onWritten?.(id, rows);
    for (const row of rows) {
      if (row.table === 'job' && row.row.state === 'running') this.progress(id, row.row.round);
    }
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

  /** Voters belong to communities: sessions of the same ones share them, others take the rows that are theirs. */
  private share(from: SessionState | null, rows: readonly RowChange[]): void {
    for (const { missed } of this.reading.values()) missed.push(...rows);
    const shared = new Map(from ? [[circle(from), from.voters]] : []);
    for (const [other, state] of this.states) {
      if (state === from) continue;
      const voters = shared.get(circle(state)) ?? apply(state, rows).voters;
      shared.set(circle(state), voters);
      this.states.set(other, { ...state, voters });
    }
    this.parts.onVoters?.();
  }

  private adopt(session: Session, parent: SessionState, rows: readonly RowChange[]): void {
    this.states.set(session.id, apply({ ...emptyState(session), voters: parent.voters }, rows));
    // Its first round begins with its first tick.
    this.ticks.in(session.id, 0);
  }
}

/** The communities whose people vote in a session, as one text. */
const circle = (state: SessionState): string => circleOf(communities(state));
const circleOf = (those: ReadonlySet<string>): string => [...those].sort().join(' ');

type VoterRow = Extract<RowChange, { table: 'voter' }>;
const isVoter = (change: RowChange): change is VoterRow => change.table === 'voter';

function newestIn(
  states: readonly SessionState[],
  platform: Binding['platform'],
  address: string,
): SessionState | undefined {
  const here = states.filter((s) =>
    s.bindings.some((b) => b.platform === platform && b.address === address && b.leftAt === null),
  );
  return here.sort((a, b) => b.session.createdAt - a.session.createdAt)[0];
}
