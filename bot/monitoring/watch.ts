/**
 * What is told of sessions while they run: a line of the log for each step of a round, and the metrics. It
 * looks at rows once they are durable, so what it counts is what happened. Lines carry session and round;
 * neither lines nor labels ever hold a person.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestOutcome } from '../../src/chat/options.js';
import type { ChatEvent } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { Fact } from '../../src/domain/state/facts.js';
import type { Session, SessionPhase, SessionState } from '../../src/domain/state/model.js';
import { platformsThat, remotePlatforms } from '../../src/domain/state/platforms.js';
import type { Round, RoundPhase } from '../../src/domain/state/round.js';
import { AcclaimError } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Meter } from '../../src/monitor/meter.js';
import type { Store } from '../../src/store/store.js';
import type { CommitListener, Committed, HoldListener } from '../sessions/listeners.js';
import type { Backups } from './backups.js';
import type { Statuses } from './statuses.js';

export interface WatchParts {
  meter: Meter;
  log: Log;
  clock: Clock;
}

/** Effects that are not done. */
export interface CountsEffects {
  kinds(): ReadonlyMap<Effect['kind'], number>;
}

/** Who is asked at each scrape. */
export interface Watched {
  store: Pick<Store, 'dir' | 'damage'> & { lookups: Pick<Store['lookups'], 'states'> };
  statuses: Pick<Statuses, 'live'>;
  effects: CountsEffects;
  backups: Pick<Backups, 'newest'>;
}

const sessionPhases: Record<SessionPhase, true> = { active: true, paused: true, ended: true };
const roundPhases: Record<RoundPhase, true> = {
  generating: true,
  review: true,
  posting: true,
  open: true,
  closing: true,
  learning: true,
  done: true,
  failed: true,
  aborted: true,
  superseded: true,
};
const sources: Record<Fact['source'], true> = { live: true, sweep: true, cleared: true };
const effectKinds: Record<Effect['kind'], true> = {
  generate: true,
  learn: true,
  evaluate: true,
  strengths: true,
  'cancel-job': true,
  'post-ballot': true,
  'edit-ballot': true,
  'prime-ballot': true,
  'remove-ballot': true,
  sweep: true,
  'take-down': true,
  card: true,
  notice: true,
  'delete-image': true,
  'delete-pair': true,
  'stop-session': true,
  forget: true,
};
const outcomes: Record<RequestOutcome, true> = { ok: true, limited: true, refused: true, failed: true };
const voted = platformsThat((facts) => facts.voted);

/** Lines and metrics of the sessions. */
export class Watch implements CommitListener, HoldListener {
  private readonly rounds = new Map<string, { state: RoundPhase; since: number; counted: boolean }>();
  private readonly sessions = new Map<string, SessionPhase>();
  private readonly marks;
  private readonly entered;
  private readonly stays;
  private readonly seconds;
  private readonly votes;
  private readonly faults;
  private readonly requests;

  constructor(private readonly parts: WatchParts) {
    const { meter } = parts;
    this.marks = meter.counter(
      'acclaim_marks_total',
      'Marks that became durable in the ledger: set or withdrawn, heard live, found by a sweep, or cleared by a moderator.',
      { source: Object.keys(sources), change: ['set', 'withdrawn'] },
    );
    this.entered = meter.counter('acclaim_round_transitions_total', 'Rounds that came into a state.', {
      state: Object.keys(roundPhases),
    });
    this.stays = meter.histogram(
      'acclaim_round_state_seconds',
      'Seconds that a round was in a state before it left it.',
      'state',
      ['state'],
    );
    this.votes = meter.counter(
      'acclaim_votes_total',
      'Votes that were counted when their round closed: one image judged by one voter is one.',
    );
    this.seconds = meter.histogram(
      'acclaim_vote_seconds',
      "Seconds from the platform's word of a reaction until it is durable in the ledger.",
      'write',
      ['platform'],
      { platform: voted },
    );
    this.faults = meter.counter(
      'acclaim_outbox_faults_total',
      'Effects that failed and are tried again, by kind.',
      { kind: Object.keys(effectKinds) },
    );
    this.requests = meter.counter(
      'acclaim_platform_requests_total',
      'Requests to chat platforms: ok, limited (429), refused (other 4xx) or failed (5xx, or no answer).',
      { platform: remotePlatforms, outcome: Object.keys(outcomes) },
    );
  }

  /** Where everything stands at the start. */
  begin(states: readonly SessionState[], watched: Watched): void {
    for (const state of states) this.held(state);
    this.gauges(watched);
  }

  /** A session that is held from now on. */
  held({ session, rounds }: SessionState): void {
    this.sessions.set(session.id, session.state);
    for (const { id, state, outcome } of rounds)
      this.rounds.set(id, { state, since: this.parts.clock.now(), counted: outcome !== null });
  }

  /** One that is held no longer. */
  letGo({ session, rounds }: SessionState): void {
    this.sessions.delete(session.id);
    for (const { id } of rounds) this.rounds.delete(id);
  }

  /** Rows that are durable now. */
  committed({ rows }: Pick<Committed, 'rows'>): void {
    for (const change of rows) {
      if (change.table === 'fact') {
        const { source, present } = change.row;
        this.marks.inc({ source, change: present ? 'set' : 'withdrawn' });
      } else if (change.table === 'round') this.round(change.row);
      else if (change.table === 'session') this.session(change.row);
    }
  }

  /**
   * Times what a platform told, from `began` (of `performance.now`) until now; a vote that is refused is kept
   * all the same, and counts.
   */
  heard(event: ChatEvent, began: number, error?: unknown): void {
    const kept = error === undefined || (error instanceof AcclaimError && error.code === 'round-closed');
    if (kept && event.kind === 'reaction')
      this.seconds.observe({ platform: event.ref.platform }, (performance.now() - began) / 1000);
  }

  request(platform: string, outcome: string): void {
    this.requests.inc({ platform, outcome });
  }

  fault(effect: Effect): void {
    this.faults.inc({ kind: effect.kind });
  }

  private round({ id, session, number, state, failure, outcome }: Round): void {
    const now = this.parts.clock.now();
    const before = this.rounds.get(id);
    const counted = before?.counted === true || outcome !== null;
    if (outcome && !before?.counted) this.votes.inc(outcome.votes);
    if (before) before.counted = counted;
    if (before?.state === state) return;
    this.rounds.set(id, { state, since: now, counted });
    this.entered.inc({ state });
    if (before) this.stays.observe({ state: before.state }, Math.max(0, now - before.since) / 1000);
    const line = { session, round: number, state, from: before?.state ?? null };
    if (state !== 'failed') this.parts.log.info(line, 'round');
    else this.parts.log.warn({ ...line, code: failure?.code, error: failure?.message }, 'round');
  }

  private session({ id, state, pause, end }: Session): void {
    const before = this.sessions.get(id);
    if (before === state) return;
    this.sessions.set(id, state);
    this.parts.log.info({ session: id, state, from: before ?? null, why: pause ?? end }, 'session');
  }

  private gauges({ store, statuses, effects, backups }: Watched): void {
    const { meter } = this.parts;
    const database = join(store.dir, 'acclaim.sqlite');
    meter.gauge('acclaim_sessions', 'Sessions by state.', ['state'], async (gauge) => {
      const found = await store.lookups.states('session');
      for (const state of Object.keys(sessionPhases)) gauge.set({ state }, found.get(state) ?? 0);
    });
    meter.gauge('acclaim_rounds', 'Rounds by state.', ['state'], async (gauge) => {
      const found = await store.lookups.states('round');
      for (const state of Object.keys(roundPhases)) gauge.set({ state }, found.get(state) ?? 0);
    });
    const newest = async (what: 'votes' | 'voters') =>
      (await statuses.live()).reduce((sum, status) => sum + status[what], 0);
    meter.gauge(
      'acclaim_round_votes',
      'Votes in the newest round of each session that goes on, summed: one image judged by one voter is one.',
      [],
      async (gauge) => gauge.set(await newest('votes')),
    );
    meter.gauge(
      'acclaim_round_voters',
      'Voters in the newest round of each session that goes on, summed.',
      [],
      async (gauge) => gauge.set(await newest('voters')),
    );
    meter.gauge(
      'acclaim_outbox_effects',
      'Effects that were decided and are not done, by kind.',
      ['kind'],
      (gauge) => {
        const found = effects.kinds();
        for (const kind of Object.keys(effectKinds) as Effect['kind'][])
          gauge.set({ kind }, found.get(kind) ?? 0);
      },
    );
    meter.gauge('acclaim_database_bytes', 'Size of the database and of its log.', ['file'], async (gauge) => {
      for (const [file, path] of [
        ['database', database],
        ['log', `${database}-wal`],
      ] as const)
        gauge.set({ file }, (await stat(path).catch(() => ({ size: 0 }))).size);
    });
    meter.gauge('acclaim_database_corrupt', '1 once the database was found damaged.', [], (gauge) =>
      gauge.set(Number(store.damage !== null)),
    );
    meter.gauge(
      'acclaim_backup_timestamp_seconds',
      'When the newest backup of this data folder was taken, seconds since 1970; 0 = never.',
      [],
      async (gauge) => gauge.set((await backups.newest()) / 1000),
    );
  }
}

/**
 * The fields of every line that concerns an effect. The key of forgetting somebody names whom, and is not
 * told.
 */
export function aboutEffect(effect: Effect): object {
  const { key, kind, session } = effect;
  const about = { session, kind, ...(kind === 'forget' ? {} : { effect: key }) };
  if ('round' in effect) return effect.round === null ? about : { ...about, round: effect.round };
  if (!('ballot' in effect)) return about;
  return { ...about, round: roundOfBallot(session, effect.ballot) };
}

/** `<session>.<round>.<sheet>.<channel ordinal>` -> round. */
export function roundOfBallot(session: string, ballot: string): number {
  return Number(ballot.slice(session.length + 1).split('.')[0]);
}
