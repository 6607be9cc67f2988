/**
 * The start of a bot and its end. On start it takes up every session where the store left it: open ballots
 * are read again, what waits in the outbox is carried out, and the clock goes on.
 */
import type { Artifacts } from '../../src/artifacts/artifacts.js';
import { type Clock, SteadyClock } from '../../src/clock.js';
import { retentionOf } from '../../src/config/rules.js';
import type { Config } from '../../src/config/schema.js';
import { newestTime } from '../../src/domain/sessions/views.js';
import { dayOf } from '../../src/domain/state/budgets.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Log } from '../../src/log.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { Store } from '../../src/store/store.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { EffectRunner } from '../effects/effect-runner.js';
import type { Messenger } from '../effects/messenger.js';
import type { Guards } from '../effects/nsfw-guard.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sweeps } from '../effects/sweeps.js';
import type { Turnouts } from '../effects/turnouts.js';
import type { Connections } from '../inbound/connections.js';
import { Backups } from '../monitoring/backups.js';
import type { Statuses } from '../monitoring/statuses.js';
import type { Watch } from '../monitoring/watch.js';
import type { CatchingUp } from '../services/catching-up.js';
import type { Guests } from '../services/guests.js';
import type { MissedEvents } from '../services/missed-events.js';
import type { Notices } from '../services/notices.js';
import type { Proposals } from '../services/proposals.js';
import type { ServerChannels } from '../services/server-channels.js';
import type { ServerSettings } from '../services/server-settings.js';
import type { Servers } from '../services/servers.js';
import type { Homes } from '../sessions/homes.js';
import type { Resume } from '../sessions/resume.js';
import type { Sessions } from '../sessions/sessions.js';
import { ClockJumps } from './clock-jumps.js';
import { RetentionRuns } from './retention.js';

export interface LifecycleParts {
  store: Store;
  queue: JobQueue;
  clock: Clock;
  watch: Watch;
  statuses: Statuses;
  platforms: Platforms;
  homes: Homes;
  sessions: Sessions;
  messenger: Messenger;
  guards: Guards;
  sweeps: Sweeps;
  effects: EffectRunner;
  turnouts: Turnouts;
  settings: ServerSettings;
  channels: ServerChannels;
  servers: Servers;
  guests: Guests;
  proposals: Proposals;
  notices: Notices;
  missed: MissedEvents;
  catchingUp: CatchingUp;
  connections: Connections;
  resume: Resume;
  config: Config;
  paths: DataPaths;
  /** Where bot and engines meet in a bucket. */
  bucket: Artifacts | null;
  /** Aborted by `stop`. */
  stopping: AbortController;
  log: Log;
}

/** Starts once and stops once. */
export class Lifecycle {
  private readonly clockJumps: ClockJumps | null;
  private readonly retention: RetentionRuns;

  constructor(private readonly parts: LifecycleParts) {
    const { clock, config } = parts;
    this.clockJumps = clock instanceof SteadyClock ? new ClockJumps({ ...parts, clock }) : null;
    const copiesForMs = config.retention.upgradeCopyDays * 86_400_000;
    this.retention = new RetentionRuns({ ...parts, retention: retentionOf(config), copiesForMs });
  }

  /** Ends early where it is stopped meanwhile. */
  async start(): Promise<void> {
    const { store, platforms, servers, guests, channels, connections, effects } = this.parts;
    const { signal } = this.parts.stopping;
    await this.parts.settings.load();
    const states = await store.loadUnfinished();
    await this.load(states);
    await servers.load();
    await guests.load();
    await guests.begin(await channels.servers());
    await connections.start();
    if (signal.aborted) return;
    const there = platforms.names().filter((name) => platforms.isConnected(name));
    for (const name of there) this.parts.missed.watchLost(name);
    await this.parts.proposals.start();
    for (const name of there)
      if (!(await this.parts.guards.checkAll(states, name))) this.parts.catchingUp.soon(name);
    if (signal.aborted) return;
    effects.add(await store.pendingEffects());
    this.parts.resume.begin(states);
    for (const name of there) await servers.refresh(name);
    if (signal.aborted) return;
    servers.begin();
    this.clockJumps?.start();
    this.retention.start();
  }

  /** What is stored, before anything of it may change. */
  private async load(states: SessionState[]): Promise<void> {
    const { store, clock, watch, homes, sessions, messenger, statuses, effects } = this.parts;
    watch.begin(states, { store, statuses, effects, backups: new Backups(store.dir) });
    messenger.setResumed(await store.lookups.any());
    if (clock instanceof SteadyClock)
      clock.notBefore(
        Math.max(newestTime(states), await store.newestVote(), await store.lookups.newestEnd()),
      );
    for (const { id, server } of await store.places.channels()) homes.set(id, server);
    sessions.load(states);
    sessions.recall(await store.lookups.drawnUntilEnd(dayOf(clock.now())));
    for (const { session } of states) effects.hold(session.id);
  }

  /** Nothing is lost by stopping at any point; this only does it politely. */
  async stop(): Promise<void> {
    const { parts } = this;
    parts.stopping.abort();
    parts.guests.claims.stop();
    parts.connections.stop();
    parts.sweeps.stop();
    parts.turnouts.stop();
    parts.notices.stop();
    parts.sessions.stopTicks();
    await this.clockJumps?.stop();
    await parts.resume.stop();
    parts.catchingUp.stop();
    await parts.servers.stop();
    await this.retention.stop();
    await parts.queue.close();
    await Promise.all([...parts.platforms].map((platform) => platform.stop()));
    await parts.effects.stop();
    parts.sessions.stop();
    await parts.store.close();
  }
}
