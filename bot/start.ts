/**
 * `acclaim start`: everything in one go on this machine. The bot with the page here, and on Discord and Slack where
 * there are tokens; an engine as a child process; a first session that opens by itself where there is none yet.
 * Constructs; decides nothing.
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
import { pageOptions } from './cli/page-options.js';
import type { Patience } from './effects/patience.js';
import { buildHouse, type Engines, type House, type Launch, newId, specify } from './house.js';
import { connectedPlatforms } from './inbound/connect.js';
import { Reach } from './inbound/reach.js';
import { Watch } from './monitoring/watch.js';
import { WebPlatform } from './platforms/web/adapter.js';
import type { Claim } from './services/claims.js';
import type { NewSession } from './sessions/sessions.js';

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
  const watch = new Watch({ meter, log, clock: systemClock });
  const reach = new Reach({ log, clock: systemClock });
  const first = firstSession(options);
  let fail: (error: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => {});
  let web: WebPlatform | undefined;
  let serving = false;
  const started: Look = {
    name: 'sessions',
    needed: true,
    look: () => (signal.aborted ? 'the bot is stopping' : serving ? null : 'they are still being taken up'),
  };
  const house = await buildHouse({
    config,
    log,
    meter,
    watch,
    reach,
    ...(options.patience ? { patience: options.patience } : {}),
    ...(options.launch ? { launch: options.launch } : {}),
    engines: options.engines ?? (config.queue.redis === null ? 'child' : 'both'),
    fatal: (error) => fail(error),
    platforms: async (app, paths, clock) => {
      web = new WebPlatform({
        ...pageOptions(config, app, paths, clock),
        monitor: { readiness: () => readiness([started, ...house.looks]), scrape: () => meter.scrape() },
        onWarning: ({ message, mend }) => log.warn({ mend }, message),
        onError: (error) => log.error(toPlain(error), 'web'),
      });
      return [
        web,
        ...(await connectedPlatforms({
          config,
          log,
          clock,
          fatal: (error) => fail(error),
          onLink: (platform, lost) => (lost ? reach.lost(platform, lost) : reach.connected(platform)),
          onRequest: (platform, outcome) => watch.request(platform, outcome),
          complete: (typing) => app().complete(typing),
        })),
      ];
    },
  });
  meterReadiness(meter, () => [started, ...house.looks]);
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const serve = async () => {
    await house.app.start();
    if (signal.aborted) return;
    serving = true;
    log.info({ page: web!.url, connected: house.app.connected() }, 'people can come');
    options.onReady?.(web!.url);
    house.app.tellClaims((claim) => options.onClaim?.(claim));
    await openFirst(house, first, options.task !== undefined || options.prompt !== undefined);
    await aborted;
  };
  try {
    // Whatever a start waits for, it ends when it is told to.
    await Promise.race([serve(), aborted, broken]);
  } catch (error) {
    // What went wrong first is what people must hear, whatever stopping adds to it.
    await house.stop().catch((more) => log.error(toPlain(more), 'stopping'));
    throw error;
  }
  await house.stop();
}

/** What the first session would be; null when none is to open. Wrong tasks and models are refused here, before anything is written. */
function firstSession({ config, task, prompt, seed }: StartOptions): NewSession | null {
  const name = task ?? (prompt === undefined ? config.session.task : null);
  if (name === null) return prompt === undefined ? null : specify(config, { prompt, seed });
  const { prompt: words, negative, criterion } = loadTask(name);
  return specify(config, { prompt: words, title: name, negative, criterion, seed });
}

/** A named task or prompt opens a session unless one for it goes on already; else one opens only on the first start. */
async function openFirst({ app }: House, spec: NewSession | null, asked: boolean): Promise<void> {
  if (!spec) return;
  const same = app.sessions.live().some(({ session }) => session.prompt === spec.prompt);
  if (asked ? same : await app.hasSessions()) return;
  const id = newId(spec.title);
  await app.open(
    spec,
    id,
    { channel: `${page}-${id}`, community: page, platform: page, address: id, sweeps: false },
    null,
  );
}
