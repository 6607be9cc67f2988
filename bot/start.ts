/**
 * `acclaim start`: everything in one go on this machine. The bot with the page here, and on Discord and Slack
 * where there are tokens; an engine as a child process; a first session that opens by itself where there is
 * none yet. Constructs; decides nothing.
 */

import { startLine } from '../src/cli/start-line.js';
import { systemClock } from '../src/clock.js';
import type { Config } from '../src/config/schema.js';
import { loadTask } from '../src/config/tasks.js';
import { page } from '../src/domain/state/platforms.js';
import { toPlain } from '../src/errors.js';
import { createLog, type Log } from '../src/log.js';
import { Meter } from '../src/monitor/meter.js';
import { type Look, meterReadiness, readiness } from '../src/monitor/readiness.js';
import type { App } from './app.js';
import { type CreatedApp, createApp, type Engines, type Launch } from './create-app.js';
import type { Patience } from './effects/patience.js';
import { connectedPlatforms } from './inbound/connect.js';
import { pageOptions } from './inbound/page-options.js';
import { Reach } from './monitoring/reach.js';
import { Watch } from './monitoring/watch.js';
import { WebPlatform } from './platforms/web/adapter.js';
import type { Claim } from './services/claims.js';
import { newId, specify } from './services/plans.js';
import type { NewSession } from './sessions/sessions.js';

/** What the command line gives; tests give more. */
export interface StartOptions {
  config: Config;
  /** Task or prompt of the session that opens by itself; without both, the configuration's task. */
  task?: string | undefined;
  prompt?: string | undefined;
  /** Seed of that session; drawn when missing. */
  seed?: number | undefined;
  log?: Log;
  /** Without: an engine of its own, over Redis among others where that is set. */
  engines?: Engines;
  /** Starts that engine, where only this process uses it; default: the built one, as a child process. */
  launch?: Launch;
  patience?: Patience;
  /** Told once people can come. */
  onReady?: (url: string) => void;
  /** Told of each code by which the host's own server is claimed. */
  onClaim?: (claim: Claim) => void;
  /** Ends everything politely. */
  signal: AbortSignal;
}

/** Resolves when `signal` is aborted and all is put away; rejects when the truth can no longer be written. */
export async function startCommand(options: StartOptions): Promise<void> {
  const { config, signal } = options;
  const log = options.log ?? createLog(config.logLevel, 'bot');
  log.info(startLine(config), 'acclaim starts');
  const meter = new Meter('bot');
  meter.watchProcess();
  const first = firstSession(options);
  let fail: (error: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => {});
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const started = new Started(signal);
  const { created, web } = await create(options, { log, meter, started, fatal: (error) => fail(error) });
  const { app } = created;
  const serve = async () => {
    await app.start();
    if (signal.aborted) return;
    started.serving = true;
    log.info({ page: web.url, connected: app.overview.connected() }, 'people can come');
    options.onReady?.(web.url);
    app.services.guests.claims.begin((claim) => options.onClaim?.(claim));
    await openFirst(app, first, options.task !== undefined || options.prompt !== undefined);
    await aborted;
  };
  try {
    // Whatever a start waits for, it ends when it is told to.
    await Promise.race([serve(), aborted, broken]);
  } catch (error) {
    // What went wrong first is what people must hear, whatever stopping adds to it.
    await created.stop().catch((more) => log.error(toPlain(more), 'stopping'));
    throw error;
  }
  await created.stop();
}

/** Whether sessions are taken up already: a row of `/readyz`. */
class Started implements Look {
  readonly name = 'sessions';
  readonly needed = true;
  serving = false;

  constructor(private readonly signal: AbortSignal) {}

  readonly look = (): string | null => {
    if (this.signal.aborted) return 'the bot is stopping';
    return this.serving ? null : 'they are still being taken up';
  };
}

interface Around {
  log: Log;
  meter: Meter;
  started: Started;
  fatal: (error: unknown) => void;
}

/** The bot with its page, and with the other platforms that have tokens. */
async function create(
  { config, patience, launch, engines }: StartOptions,
  { log, meter, started, fatal }: Around,
): Promise<{ created: CreatedApp; web: WebPlatform }> {
  const watch = new Watch({ meter, log, clock: systemClock });
  const reach = new Reach({ log, clock: systemClock });
  let web: WebPlatform | undefined;
  const checks = () => [started, ...created.checks];
  const created = await createApp({
    config,
    log,
    meter,
    watch,
    reach,
    ...(patience ? { patience } : {}),
    ...(launch ? { launch } : {}),
    engines: engines ?? (config.queue.redis === null ? 'child' : 'both'),
    fatal,
    platforms: async ({ overview, completion, services: { crowd } }, paths, clock) => {
      web = new WebPlatform({
        ...pageOptions(config, { overview, completion, crowd }, paths, clock),
        monitor: { readiness: () => readiness(checks()), scrape: () => meter.scrape() },
        onWarning: ({ message, hint }) => log.warn({ hint }, message),
        onError: (error) => log.error(toPlain(error), 'web'),
      });
      const more = { config, log, clock, fatal, reach, watch, completion };
      return [web, ...(await connectedPlatforms(more))];
    },
  });
  meterReadiness(meter, checks);
  return { created, web: web! };
}

/**
 * What the first session would be; null when none is to open. Wrong tasks and models are refused here, before
 * anything is written.
 */
function firstSession({ config, task, prompt, seed }: StartOptions): NewSession | null {
  const name = task ?? (prompt === undefined ? config.session.task : null);
  if (name === null) return prompt === undefined ? null : specify(config, { prompt, seed });
  const { prompt: words, negative, criterion } = loadTask(name);
  return specify(config, { prompt: words, title: name, negative, criterion, seed });
}

/**
 * A named task or prompt opens a session unless one for it goes on already; else one opens only on the first
 * start.
 */
async function openFirst(
  { sessions, overview, services }: App,
  spec: NewSession | null,
  asked: boolean,
): Promise<void> {
  if (!spec) return;
  const same = sessions.live().some(({ session }) => session.prompt === spec.prompt);
  if (asked ? same : await overview.hasSessions()) return;
  const id = newId(spec.title);
  const at = { community: page, platform: page, address: id } as const;
  const place = { ...at, channel: `${page}-${id}`, sweeps: false };
  await services.opening.open(spec, { id, place, createdBy: null });
}
