/**
 * Builds an app over one data directory: the store, the queue with its engine as a child process, and whatever
 * platforms are handed in. `start` and `simulate` share it, so that a simulation runs the very code of a session.
 */

import { randomBytes, randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import type { ChatPlatform, PlatformName } from '../src/chat/port.js';
import { mustSpareMinors, promptPolicy } from '../src/chat/prompt-policy.js';
import { clip } from '../src/chat/text.js';
import { type Clock, SteadyClock, systemClock } from '../src/clock.js';
import {
  checkLearnable,
  decoderFor,
  learnerSettings,
  loadCatalogue,
  modelFamily,
  modelNamesHere,
  resolveModel,
  samplerFor,
} from '../src/config/models.js';
import { modelsFolder } from '../src/config/pulled.js';
import { guestRules, hostBudgets, retentionOf, sessionRules } from '../src/config/rules.js';
import { safetyMeasure, safetyPrompts } from '../src/config/safety-prompts.js';
import type { Config } from '../src/config/schema.js';
import { loadTask, taskNames } from '../src/config/tasks.js';
import { count } from '../src/domain/state/count.js';
import { page } from '../src/domain/state/platforms.js';
import { launchEngine, openBullQueue, openOwnQueue, openServing } from '../src/engines/serving.js';
import { openBucket } from '../src/engines/transport-of-config.js';
import { AcclaimError } from '../src/errors.js';
import type { Log } from '../src/log.js';
import { promptReading } from '../src/models/prompt-reading.js';
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
import type { StartRequest } from './commands/command.js';
import { DataPaths } from './effects/data-paths.js';
import { defaultPatience, type Patience } from './effects/patience.js';
import { Limits } from './inbound/limits.js';
import { Reach } from './inbound/reach.js';
import { botLooks } from './monitoring/readiness.js';
import { Watch } from './monitoring/watch.js';
import { Exports } from './services/exports.js';
import { Pulls } from './services/pulls.js';
import { People } from './sessions/people.js';
import type { NewSession, Plan } from './sessions/sessions.js';

export interface House {
  app: App;
  /** What it needs to serve people, and what its rounds wait for. */
  looks: Look[];
  queue: JobQueue;
  paths: DataPaths;
  /** The key under which an account is stored. */
  voterKey(platform: string, account: string): string;
  stop(): Promise<void>;
}

export interface HouseOptions {
  config: Config;
  /** Made with the app in hand: the page asks it for the status. */
  platforms: (app: () => App, paths: DataPaths, clock: Clock) => Promise<ChatPlatform[]> | ChatPlatform[];
  log: Log;
  fatal: (error: unknown) => void;
  clock?: Clock;
  /** Where the house counts; one of its own when missing. */
  meter?: Meter;
  /** Lines and counts of the sessions; one of its own when missing. */
  watch?: Watch;
  /** Which platforms can be reached; one of its own when missing. */
  reach?: Reach;
  patience?: Patience;
  /**
   * Who computes. child: an engine that this process starts and only this process uses. redis: whoever takes jobs
   * there. both: engines there, and one that this process starts among them.
   */
  engines?: Engines;
  /** Starts the engine that this process alone uses; default: the built one, as a child process. */
  launch?: Launch;
}

export type Launch = (config: Config, log: Log) => EngineLauncher;
export type Engines = 'child' | 'redis' | 'both';

export async function buildHouse({
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
}: HouseOptions): Promise<House> {
  // A list that cannot be read is told now, and not at a session's end.
  safetyPrompts(config);
  const paths = new DataPaths(resolve(config.dataDir));
  const onFull = (full: boolean) =>
    full
      ? log.error(
          { code: 'disk-full', folder: paths.root },
          'no space is left: votes and rounds wait for some',
        )
      : log.info('there is space again: what waited is written');
  const { upgradeCopyDays } = config.retention;
  const store = await Store.open(paths.root, { onFull }, { keepCopies: upgradeCopyDays > 0 });
  log.info({ schema: migrations.length, migrated: store.migrated }, 'the database is open');
  const { queue, own, bucket, looks } = await openQueue({ engines, config, log, meter, launch }).catch(
    async (error) => {
      await store.close();
      throw error;
    },
  );
  // Light work beside the sessions' engine: one thread and no graphs to speak of.
  let aside: JobQueue | null = null;
  const besides = () => {
    aside ??= openOwnQueue({ config, log, launch: launchEngine(config, log, 1) });
    return aside;
  };
  const pulls = new Pulls({ queue: besides, hub: config.hub, models: modelsFolder() });
  const exports = new Exports({ queue: besides, paths, resolveModel: (model) => resolveModel(model) });
  const voterKey = (platform: string, account: string) => store.voterKey(platform, account);
  let app: App;
  const made = await platforms(() => app, paths, clock);
  app = new App({
    store,
    queue,
    platforms: made,
    people: new People(voterKey),
    paths,
    clock,
    log,
    resolveModel: (model) => resolveModel(model),
    safety: {
      bound: config.safety.bound,
      tries: config.safety.tries,
      checker: config.safety.checker && resolveModel(config.safety.checker),
    },
    safetyMeasure: (model) => safetyMeasure(config, model),
    decoder: (model) => decoderFor(config, model),
    specify: (request, platform) => specify(config, request, platform),
    plan: (request, platform) => plan(config, request, platform),
    usualModel: config.model,
    policy: promptPolicy(config.prompts),
    limits: new Limits(config.limits),
    bounds: config.limits,
    approval: config.prompts.approval,
    quorum: (platform) => {
      const { quorum, quorumBy } = sessionRules(config, platform);
      return { quorum, quorumBy };
    },
    newId,
    tasks: () => taskNames().map(loadTask),
    models: () => loadCatalogue().models,
    modelsHere: () => modelNamesHere(),
    guests: guestRules(config),
    mostWaiting: config.queue.waiting,
    budgets: () => hostBudgets(config),
    nsfwChannels: config.server.nsfwChannels,
    retention: retentionOf(config),
    copiesForMs: upgradeCopyDays * 86_400_000,
    bucket,
    purgeAfterMs: config.privacy.purgeDays * 86_400_000,
    pulls,
    exports,
    watch,
    reach,
    patience,
    fatal,
  });
  const stop = async () => {
    // All have the same time to leave: none waits for another.
    await Promise.all([aside?.close(), app.stop(), own?.stop()]);
    bucket?.bucket.close();
  };
  const disk = watchDisk(meter, paths.root, () => store.full);
  return { app, looks: [...botLooks(store, disk, made, reach), ...looks], queue, paths, voterKey, stop };
}

type QueueOptions = Required<Pick<HouseOptions, 'engines' | 'config' | 'log' | 'meter' | 'launch'>>;

async function openQueue({ engines, config, log, meter, launch }: QueueOptions) {
  if (engines === 'child') {
    const engine = watchEngine(meter);
    const own = openOwnQueue({ config, log, launch: engine.launcher(launch(config, log)) });
    const queue = watchQueue(own, meter);
    watchStarved(meter, () => queue.waiting > 0 && engine.look() !== null);
    watchAside(meter, async () => []);
    const looks: Look[] = [{ name: 'engine', needed: false, look: engine.look }];
    return { queue, own: undefined, bucket: null, looks };
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
  const looks: Look[] = [
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
    return { queue: watchQueue(queue, meter), own, bucket, looks };
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

/** The configuration with what a person asked for over it. */
export function specify(
  config: Config,
  request: Partial<StartRequest>,
  platform: PlatformName = page,
): NewSession {
  const nsfw = request.nsfw ?? false;
  const policy = promptPolicy(config.prompts);
  const prompt = policy.allow(request.prompt ?? '', nsfw);
  if (!prompt) throw new AcclaimError('usage', 'a session needs a prompt', 'Say what to draw.');
  const title = policy.allow(request.title ?? '', nsfw);
  const negative = policy.allow(request.negative ?? '', nsfw);
  // People mark what is unsafe there, whatever else the picture should be.
  const criterion = nsfw ? '' : policy.allow(request.criterion ?? '', nsfw);
  mustSpareMinors({ prompt: `${title} ${prompt} ${criterion}`, negative }, nsfw);
  const planned = plan(config, request, platform);
  const prompts =
    request.prompts && severalPrompts(request.prompts, planned, (one) => policy.allow(one, nsfw));
  const reading = promptReading(resolveModel(planned.model), prompt);
  return {
    title: title || clip(prompts?.join(' | ') ?? prompt, 60),
    prompt,
    ...(prompts && { prompts }),
    ...(criterion && { criterion }),
    ...(reading && { reading }),
    negative,
    ...planned,
    width: null,
    height: null,
    seed: request.seed ?? randomInt(2 ** 32),
    nsfw,
  };
}

/** As the policy takes them. Errors: usage. */
function severalPrompts(
  asked: readonly string[],
  { learner }: Plan,
  allow: (one: string) => string,
): string[] {
  const prompts = asked.map(allow);
  for (const prompt of prompts) mustSpareMinors({ prompt }, true);
  const [least, most, longest] = [2, 8, 200];
  if (
    prompts.length < least ||
    prompts.length > most ||
    prompts.some((one) => one === '' || one.length > longest)
  )
    throw new AcclaimError(
      'usage',
      'These prompts cannot be drawn in turn.',
      `Give ${least} to ${most} of them with | in between, each of ${longest} characters at most.`,
    );
  if (learner.name !== 'acclaim')
    throw new AcclaimError(
      'usage',
      `The learner ${learner.name} learns of one prompt alone.`,
      'Start it with one, or with the learner acclaim.',
    );
  return prompts;
}

/** What a session is run by, whatever it draws. */
function plan(config: Config, request: Partial<StartRequest>, platform: PlatformName): Plan {
  const model = request.model ?? config.model;
  const path = resolveModel(model);
  const family = modelFamily(path);
  const learner = request.learner as Parameters<typeof learnerSettings>[2];
  const rules = sessionRules(config, platform);
  const learns = learnerSettings(config, family, learner);
  const sampler = samplerFor(config, path);
  checkLearnable(sampler, learns);
  return {
    model,
    learner: learns,
    sampler,
    rules: {
      ...rules,
      ballots: request.ballots ?? rules.ballots,
      ...(request.warmStart && { warmStart: true }),
      imagesPerRound: bounded(request.images, 2, 256, 'A round', 'image') ?? rules.imagesPerRound,
      budgetRounds: bounded(request.rounds, 1, 1000, 'A session', 'round') ?? rules.budgetRounds,
    },
  };
}

function bounded(
  value: number | undefined,
  least: number,
  most: number,
  whose: string,
  what: string,
): number | undefined {
  if (value === undefined || (value >= least && value <= most)) return value;
  throw new AcclaimError(
    'usage',
    `${whose} cannot have ${count(value, what)}.`,
    `Choose ${least} to ${most}.`,
  );
}

/** `cat-3f9a`: words people can read, and enough chance to be nobody else's. */
export function newId(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24)
    .replace(/-+$/, '');
  return `${words || 'session'}-${randomBytes(2).toString('hex')}`;
}
