/**
 * The two ends of the queue over Redis from the configuration, so that what bot and engine must agree on
 * stands in one place. An engine here is a child process as it is beside a bot, with the queue's serving end
 * in front of it.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Artifacts } from '../artifacts/artifacts.js';
import type { Config } from '../config/schema.js';
import { AcclaimError, toPlain } from '../errors.js';
import { projectPath } from '../files/paths.js';
import { aboutJob, type Log } from '../log.js';
import { safely } from '../machine/safely.js';
import { estimateMb, offeredMb } from '../models/job-memory.js';
import { ModelsHere } from '../models/local-models.js';
import { type EngineWatch, watchEngine } from '../monitor/engine.js';
import type { Meter } from '../monitor/meter.js';
import type { Look } from '../monitor/readiness.js';
import type { JobQueue } from '../queue/contract.js';
import { childEngine } from '../queue/local/child-engine.js';
import { describeEnd, type EngineLauncher } from '../queue/local/engine-link.js';
import { InProcessQueue } from '../queue/local/in-process.js';
import type { Patience } from '../queue/local/watchdog.js';
import type { FromEngine } from '../queue/messages.js';
import type { BullQueue } from '../queue/redis/bullmq.js';
import { markFolder, readMarker } from '../queue/transport/folder-mark.js';
import { doubts } from '../redis/faults.js';
import { checkSigned, MAKE_KEY } from './signing.js';
import { botTransport, engineTransport, openBucket } from './transport-of-config.js';

/** Steps between the engine's niceness and the bot's. */
const ENGINE_NICE = 5;
/** Of the 8.5 seconds in which bot and engines leave, what a running step may take. */
const STEP_MS = 6000;

export interface EndOptions {
  config: Config;
  log: Log;
}

export interface Serving {
  name: string;
  device: string;
  /** What it needs to do jobs. */
  looks: Look[];
  stop(): Promise<void>;
}

/** Starts the built engine as a child process; `threads` over the configuration's. */
export function launchEngine(
  { dataDir, engine, logLevel }: Config,
  log: Log,
  threads = engine.threads,
): EngineLauncher {
  const { devices, precision, memoryMb, runMb } = engine;
  return childEngine({
    main: projectPath('dist/engine/main.js'),
    threads,
    devices,
    precision,
    dataDir,
    memoryMb,
    runMb,
    nice: ENGINE_NICE,
    logLevel,
    log,
  });
}

/** What fails in whoever is told of an engine's jobs. */
const faultOf = (log: Log) => (error: unknown) =>
  log.warn(toPlain(error), 'a word of the engine is not taken');

const patienceOf = ({ engine }: Config): Patience => ({
  factor: engine.hungFactor,
  floorMs: engine.hungSeconds * 1000,
});

type Ready = Extract<FromEngine, { type: 'ready' }>;

/**
 * One line a start of an engine: the device, what it computes in, and what its self-check and those before it
 * had to say.
 */
function logDevice(log: Log, { device = 'cpu', precision = 'fp32', notes = [] }: Ready): void {
  log.info({ device, precision, ...(notes.length ? { notes } : {}) }, 'the engine has its device');
}

/**
 * Errors: config-invalid without Redis, or without a key where other machines take part; redis-unreachable.
 */
async function common({ config, log }: EndOptions) {
  const { redis: url, ca, key, prefix, lostSeconds } = config.queue;
  if (url === null)
    throw new AcclaimError(
      'config-invalid',
      'bot and engine meet over Redis, and none is set',
      'Set REDIS_URL, or run both in one with `acclaim start`.',
    );
  if (!checkSigned(config)) log.warn(`what crosses Redis is not signed. ${MAKE_KEY}`);
  const { probe } = await import('../redis/connection.js');
  const redis = { url, ca };
  for (const { found, hint } of doubts(await probe(redis, prefix))) log.warn({ hint }, `Redis: ${found}`);
  return { redis, key, prefix, log, lostMs: lostSeconds * 1000 };
}

/** An engine that only this process uses, as its child. */
export function openOwnQueue({
  config,
  log,
  launch,
}: EndOptions & { launch: EngineLauncher }): InProcessQueue {
  return new InProcessQueue({
    launch,
    attempts: config.session.attempts,
    closeGraceMs: STEP_MS,
    patience: patienceOf(config),
    predictMb: estimateMb,
    offerMb: offeredMb(config),
    onFault: faultOf(log),
    onReady: (said) => logDevice(log, said),
    onEnd: (end, job) =>
      log.warn({ ...(job === null ? {} : aboutJob(job)), ...end, ...describeEnd(end) }, 'the engine ended'),
  });
}

/** The bot's end; `bucket` where it is open already. */
export async function openBullQueue(
  options: EndOptions & { onStarved?: (starved: boolean) => void; bucket?: Artifacts | null },
): Promise<BullQueue> {
  const { config } = options;
  const shared = await common(options);
  const { bucket = await openBucket(config) } = options;
  const transport = botTransport(config, await ModelsHere.open(config), bucket);
  const { BullQueue } = await import('../queue/redis/bullmq.js');
  return new BullQueue({
    ...shared,
    transport,
    folder: bucket ? null : await markFolder(config.dataDir),
    attempts: config.session.attempts,
    predictMb: estimateMb,
    // One sign of life of an engine may be late.
    graceMs: shared.lostMs / 3,
    ...(options.onStarved ? { onStarved: options.onStarved } : {}),
  });
}

/**
 * The queue of the engine process that this one starts; resolves with its device once that is ready. Errors:
 * cancelled, engine-lost.
 */
async function startLocal({
  config,
  log,
  signal,
  watch,
}: StartLocal): Promise<{ local: JobQueue; device: string }> {
  let ready: (device: string) => void = () => {};
  let fail: (error: AcclaimError) => void = () => {};
  const first = new Promise<string>((resolve, reject) => {
    ready = resolve;
    fail = reject;
  });
  const local = new InProcessQueue({
    launch: watch.launcher(launchEngine(config, log)),
    onReady: (said) => {
      logDevice(log, said);
      ready(said.device ?? 'cpu');
    },
    onFault: faultOf(log),
    // The bot counts the engines that a job outlives.
    attempts: 1,
    closeGraceMs: STEP_MS,
    patience: patienceOf(config),
    onKill: () =>
      log.warn('the running step takes too long to wait for: the engine process is ended amid it'),
    onEnd: (end, job) => {
      const { message, hint } = describeEnd(end);
      log.warn({ ...(job === null ? {} : aboutJob(job)), ...end, message, hint }, 'the engine ended');
      fail(new AcclaimError('engine-lost', message, hint));
    },
  });
  const leave = () => fail(new AcclaimError('cancelled', 'the engine was told to leave before it had begun'));
  if (signal?.aborted) leave();
  signal?.addEventListener('abort', safely(leave, faultOf(log)), { once: true });
  try {
    return { local, device: await first };
  } catch (error) {
    await local.close();
    throw error;
  }
}

interface StartLocal {
  config: Config;
  log: Log;
  signal: AbortSignal | undefined;
  watch: EngineWatch;
}

/**
 * An engine on this machine; resolves once it takes jobs. Errors: cancelled where `signal` ends it before
 * that.
 */
export async function openServing(
  options: EndOptions & { meter: Meter; signal?: AbortSignal },
): Promise<Serving> {
  const { config, log, meter, signal } = options;
  const shared = await common(options);
  const models = await ModelsHere.open(config);
  mkdirSync(resolve(config.dataDir), { recursive: true });
  const transport = await engineTransport(config, models, log);
  const name = `${config.queue.engine ?? hostName()}-${randomBytes(3).toString('hex')}`;
  const watch = watchEngine(meter);
  const { local, device } = await startLocal({ config, log, signal, watch });
  const short = () => models.hashes.map((hash) => hash.slice(0, 12));
  const lookForModels = async () => {
    if (await models.look()) log.info({ engine: name, models: short() }, 'the models here are others now');
  };
  const { serveEngine } = await import('../queue/redis/serve.js');
  const served = await serveEngine({
    ...shared,
    engine: name,
    ability: {
      device,
      memoryMb: offeredMb(config),
      get models() {
        return models.hashes;
      },
    },
    onBeat: safely(lookForModels, faultOf(log)),
    transport,
    ...(config.artifacts.bucket === null ? { folder: () => readMarker(config.dataDir) } : {}),
    local,
  });
  log.info({ engine: name, device, models: short() }, 'engine takes jobs');
  const looks: Look[] = [
    { name: 'engine', needed: true, look: watch.look },
    { name: 'redis', needed: true, look: served.look },
  ];
  return { name, device, looks, stop: served.stop };
}

const hostName = (): string =>
  hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40) || 'engine';
