/**
 * The bot, put together: each part is made once, of those above it. What platforms tell goes from Connections
 * to Chat to Sessions, which decide; what has become durable goes from there to those who listen, and its
 * effects to the EffectRunner.
 */
import type { Artifacts } from '../src/artifacts/artifacts.js';
import type { Clock } from '../src/clock.js';
import type { Config } from '../src/config/schema.js';
import type { Log } from '../src/log.js';
import type { JobQueue } from '../src/queue/contract.js';
import type { Store } from '../src/store/store.js';
import { Completion } from './commands/complete.js';
import { Commands } from './commands/table.js';
import type { DataPaths } from './effects/data-paths.js';
import { EffectRunner } from './effects/effect-runner.js';
import type { Patience } from './effects/patience.js';
import type { Platforms } from './effects/platforms.js';
import { makeTools } from './effects/tools.js';
import { Turnouts } from './effects/turnouts.js';
import { BallotFinder } from './inbound/ballot-finder.js';
import { Chat } from './inbound/chat.js';
import { Connections } from './inbound/connections.js';
import { Overview } from './inbound/overview.js';
import type { Reach } from './monitoring/reach.js';
import { Statuses } from './monitoring/statuses.js';
import type { Watch } from './monitoring/watch.js';
import { CatchingUp } from './services/catching-up.js';
import { MissedEvents } from './services/missed-events.js';
import { Servers } from './services/servers.js';
import { type AllServices, makeServices } from './services/services.js';
import type { SideEngine } from './services/side-engine.js';
import { TakingUp } from './services/taking-up.js';
import { Homes } from './sessions/homes.js';
import type { People } from './sessions/people.js';
import { Resume } from './sessions/resume.js';
import { Sessions } from './sessions/sessions.js';
import { Lifecycle } from './upkeep/lifecycle.js';

/** What create-app.ts opens and reads before the bot is made. */
export interface AppParts {
  config: Config;
  store: Store;
  queue: JobQueue;
  /** For pulls and exports. */
  engine: SideEngine;
  /** Where bot and engines meet in a bucket. */
  bucket: Artifacts | null;
  /** Filled once the bot is made. */
  platforms: Platforms;
  people: People;
  paths: DataPaths;
  clock: Clock;
  log: Log;
  watch: Watch;
  reach: Reach;
  patience: Patience;
  /** The truth can no longer be written: says why and ends the process. */
  fatal(error: unknown): void;
}

/** A running bot: `services` for whoever is beside the platforms, such as the page. */
export class App {
  readonly sessions: Sessions;
  readonly services: AllServices;
  readonly completion: Completion;
  readonly overview: Overview;
  readonly chat: Chat;
  private readonly lifecycle: Lifecycle;

  constructor(parts: AppParts) {
    const { store, config } = parts;
    const stopping = new AbortController();
    const homes = new Homes();
    const sessions = new Sessions({ ...parts, homes });
    const catchingUp = new CatchingUp(parts);
    const tools = makeTools({ ...parts, sessions, stop: stopping.signal });
    const services = makeServices({ ...parts, ...tools, homes, sessions, catchingUp });

    const effects = new EffectRunner({ ...parts, ...tools, sessions, forgetting: services.forgetting });
    const turnouts = new Turnouts({ ...parts, sessions, effects });
    const statuses = new Statuses({ sessions, store });
    const all = { ...parts, ...tools, ...services, homes, sessions, catchingUp, effects, turnouts, statuses };
    const servers = new Servers({ ...all, delayMs: config.privacy.purgeDays * 86_400_000 });
    const missed = new MissedEvents({ ...all, servers });
    const resume = new Resume({ sessions: new TakingUp(all) });
    catchingUp.readBy(missed);
    for (const listener of [parts.watch, effects, resume, turnouts]) sessions.onCommitted(listener);
    for (const listener of [parts.watch, statuses]) sessions.onHeld(listener);
    sessions.onVoters(turnouts);
    sessions.keptBy(effects);

    const commands = new Commands(services);
    const ballots = new BallotFinder({ sessions, store, effects });
    const chat = new Chat({ ...all, servers, missed, commands, ballots });
    const connections = new Connections({ ...all, chat, missed });
    this.lifecycle = new Lifecycle({ ...all, servers, missed, connections, resume, stopping });
    this.sessions = sessions;
    this.services = services;
    this.chat = chat;
    this.completion = new Completion(services);
    this.overview = new Overview(all);
  }

  /** Resolves when people can come. */
  start(): Promise<void> {
    return this.lifecycle.start();
  }

  stop(): Promise<void> {
    return this.lifecycle.stop();
  }
}
