/**
 * Makes a bot over one data directory: the store, the queue with its engine as a child process, and whatever
 * platforms are handed in. `start` and `simulate` share it, so that a simulation runs the very code of a
 * session.
 */
import { resolve } from 'node:path';
import type { ChatPlatform } from '../src/chat/port.js';
import { type Clock, SteadyClock, systemClock } from '../src/clock.js';
import { safetyPrompts } from '../src/config/safety-prompts.js';
import type { Config } from '../src/config/schema.js';
import { launchEngine, openBullQueue, openOwnQueue, openServing } from '../src/engines/serving.js';
import { openBucket } from '../src/engines/transport-of-config.js';
import type { Log } from '../src/log.js';
import { watchDisk } from '../src/monitor/disk.js';
import { watchEngine } from '../src/monitor/engine.js';
import { Meter } from '../src/monitor/meter.js';
import { watchAside, watchQueue, watchStarved } from '../src/monitor/queue.js';
import type { Look } from '../src/monitor/readiness.js';
import type { JobQueue } from '../src/queue/contract.js';
import type { EngineLauncher } from '../src/queue/local/engine-link.js';
import { migrations } from '../src/store/migrations.js';
import { Store } from '../src/store/store.js';
import { App } from './app.js';
import { DataPaths } from './effects/data-paths.js';
import { defaultPatience, type Patience } from './effects/patience.js';
import { Platforms } from './effects/platforms.js';
import { Reach } from './monitoring/reach.js';
import { botChecks } from './monitoring/readiness.js';
import { Watch } from './monitoring/watch.js';
import { SideEngine } from './services/side-engine.js';
import { People } from './sessions/people.js';

/** An app with what it was made over. It is not started yet. */
export interface CreatedApp {
  app: App;
  /** What it needs to serve people, and what its rounds wait for: the rows of `/readyz`. */
  checks: Look[];
  queue: JobQueue;
  paths: DataPaths;
  /** The key under which an account is stored. */
  voterKey(platform: string, account: string): string;
  stop(): Promise<void>;
}

/** What a bot is made of; tests hand in a clock, a launcher and patience of their own. */
export interface AppOptions {
  config: Config;
  /** Made with the app in hand: the page asks it for the status. */
  platforms: (app: App, paths: DataPaths, clock: Clock) => Promise<ChatPlatform[]> | ChatPlatform[];
  log: Log;
  /** The truth can no longer be written: says why and ends the process. */
  fatal: (error: unknown) => void;
  clock?: Clock;
  /** Where it counts; one of its own when missing. */
  meter?: Meter;
  /** Lines and counts of the sessions; one of its own when missing. */
  watch?: Watch;
  /** Which platforms can be reached; one of its own when missing. */
  reach?: Reach;
  patience?: Patience;
  /**
   * Who computes. child: an engine that this process starts and only this process uses. redis: whoever takes
   * jobs there. both: engines there, and one that this process starts among them.
   */
  engines?: Engines;
  /** Starts the engine that this process alone uses; default: the built one, as a child process. */
  launch?: Launch;
}

/** Makes the launcher of an engine. */
export type Launch = (config: Config, log: Log) => EngineLauncher;
/** Who computes: see `AppOptions.engines`. */
export type Engines = 'child' | 'redis' | 'both';

/** Errors: what the store, the queue, the bucket or the making of a platform says. */
export async function createApp({
  config,
  platforms,
  log,
  fatal,
  clock = new SteadyClock(),
  meter = new Meter('bot'),
  watch = new Watch({ meter, log, clock }),
  reach = new Reach({ log, clock: systemClock }),
  patience = defaultPatience,
  engines = 'child',
  launch = launchEngine,
}: AppOptions): Promise<CreatedApp> {
  // A list that cannot be read is told now, and not at a session's end.
  safetyPrompts(config);
  const paths = new DataPaths(resolve(config.dataDir));
  const store = await openStore(config, paths, log);
  const { queue, own, bucket, checks } = await openQueue({ engines, config, log, meter, launch }).catch(
    async (error) => {
      await store.close();
      throw error;
    },
  );
  const engine = new SideEngine({ config, log });
  const people = new People((platform, account) => store.voterKey(platform, account));
  const all = new Platforms();
  const opened = { config, store, queue, engine, bucket, platforms: all, people, paths };
  const app = new App({ ...opened, clock, log, watch, reach, patience, fatal });
  all.add(await platforms(app, paths, clock));
  const stop = async () => {
    // All have the same time to leave: none waits for another.
    await Promise.all([engine.close(), app.stop(), own?.stop()]);
    bucket?.bucket.close();
  };
  const disk = watchDisk(meter, paths.root, () => store.full);
  return {
    app,
    checks: [...botChecks(store, disk, all, reach), ...checks],
    queue,
    paths,
    voterKey: people.key,
    stop,
  };
}

async function openStore(config: Config, { root }: DataPaths, log: Log): Promise<Store> {
  const onFull = (full: boolean) =>
    full
      ? log.error({ code: 'disk-full', folder: root }, 'no space is left: votes and rounds wait for some')
      : log.info('there is space again: what waited is written');
  const keepCopies = config.retention.upgradeCopyDays > 0;
  const store = await Store.open(root, { onFull }, { keepCopies });
  log.info({ schema: migrations.length, migrated: store.migrated }, 'the database is open');
  return store;
}

type QueueOptions = Required<Pick<AppOptions, 'engines' | 'config' | 'log' | 'meter' | 'launch'>>;

async function openQueue({ engines, config, log, meter, launch }: QueueOptions) {
  if (engines === 'child') {
    const engine = watchEngine(meter);
    const own = openOwnQueue({ config, log, launch: engine.launcher(launch(config, log)) });
    const queue = watchQueue(own, meter);
    watchStarved(meter, () => queue.waiting > 0 && engine.look() !== null);
    watchAside(meter, async () => []);
    const checks: Look[] = [{ name: 'engine', needed: false, look: engine.look }];
    return { queue, own: undefined, bucket: null, checks };
  }
  let starving = false;
  watchStarved(meter, () => starving);
  const onStarved = (starved: boolean) => {
    starving = starved;
  };
  const bucket = await openBucket(config);
  const queue = await openBullQueue({ config, log, onStarved, bucket });
  meter.gauge(
    'acclaim_engines',
    'Engines that tell the bot of themselves, by device.',
    ['device'],
    async (gauge) => {
      // Without an answer the last count would be told for ever.
      gauge.reset();
      for (const { device } of await patiently(queue.engines())) gauge.inc({ device });
    },
  );
  watchAside(meter, () => patiently(queue.setAside()));
  const checks: Look[] = [
    {
      name: 'engines',
      needed: false,
      look: async () => {
        const there = (await queue.engines()).filter((beat) => !beat.draining);
        if (there.length === 0) return 'no engine is there';
        const aside = await queue.setAside();
        return aside.length < there.length ? null : "no engine that is there has the bot's data folder";
      },
    },
  ];
  try {
    const own = engines === 'both' ? await openServing({ config, log, meter }) : undefined;
    return { queue: watchQueue(queue, meter), own, bucket, checks };
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/** Nothing, where Redis says nothing for a second: a scrape must not hang. */
function patiently<T>(asked: Promise<T[]>): Promise<T[]> {
  const nothing = new Promise<T[]>((resolve) => {
    setTimeout(() => resolve([]), 1000).unref();
  });
  return Promise.race([asked.catch(() => []), nothing]);
}
