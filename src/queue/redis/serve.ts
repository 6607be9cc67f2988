/**
 * The engine's end of the queue over Redis: takes what lies in this engine's own BullMQ queue, has it run by the queue
 * it is handed (an engine as a child process), and answers. Invariants: it beats while it is well; it runs a delivery
 * only while the bot's record names it, and lets go of one that the record no longer names; every delivery that it ends has
 * one answer; leaving, it ends the running step, hands the job back and is gone.
 */
import { setMaxListeners } from 'node:events';
import { UnrecoverableError, Worker } from 'bullmq';
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import { safely } from '../../machine/safely.js';
import type { JobQueue } from '../contract.js';
import { cancelled } from '../deferred.js';
import { Envelopes } from '../envelope.js';
import type { JobPayload } from '../jobs.js';
import { MODELS_NAMED } from '../limits.js';
import { folderSchema, otherFolder } from '../transport/marker.js';
import type { EnginePlaces } from '../transport/places.js';
import { connectBoth, type RedisSettings } from './connection.js';
import { awayBucket } from './lack.js';
import { Telling } from './telling.js';
import { Trouble } from './trouble.js';
import {
  type Answer,
  type Beat,
  deliveredSchema,
  deliveryId,
  flightSchema,
  keys,
  queueName,
  toldSchema,
} from './wire.js';
import { within } from './within.js';

export interface ServeOptions {
  redis: RedisSettings;
  prefix: string;
  key: string | null;
  /** Lower case, digits and dashes; no other engine's. */
  engine: string;
  /** What it can do. */
  ability: Pick<Beat, 'device' | 'memoryMb' | 'models'>;
  /** Called with each sign of life: models that came or went are in those that follow. */
  onBeat?: () => void;
  places: EnginePlaces;
  /** Mark of its data folder as it is now; missing where it shares none. */
  folder?: () => Promise<string | null>;
  /** Runs one job at a time; ends with this. */
  local: JobQueue;
  /** Silence after which the bot gives this engine's job to another. */
  lostMs: number;
  log: Log;
}

interface Running {
  job: string;
  delivery: number;
  /** Ends the fetching of what it reads, or the sending of what it wrote. */
  carrying: AbortController;
  /** Whether what it reads is here. */
  begun: boolean;
}

/**
 * An engine leaves in 7.5 s: what it may take until it sends no more (its running step has 6 s, src/engines/serving.ts), and until its
 * queue has taken what it hands back. The rest is for a Redis that is slow, or away.
 */
const SENDING_MS = 6000;
const HANDED_BACK_MS = 7200;
const ASKED_MS = 500;
const FAREWELL_MS = 300;
/** Models named as warm, at most: what an engine keeps compiled is bounded by its memory. */
const WARM = 3;

export async function serveEngine(options: ServeOptions): Promise<Served> {
  const { prefix, engine, ability, places, local, lostMs, log } = options;
  const envelopes = new Envelopes(options.key);
  const name = keys(prefix);
  const troubles = new Trouble({ prefix, log, url: options.redis.url, meaning: '' });
  const trouble = (error: unknown) => troubles.tell(error);
  const { redis, ears } = connectBoth(options.redis, trouble);
  let draining = false;
  let running: Running | null = null;
  let unnamed = 0;
  let warm: string[] = [];
  /** When the bot was last told, epoch ms. */
  let beaten = Number.NEGATIVE_INFINITY;
  let beats = 0;
  let beating: Promise<void> | null = null;
  let misplaced = false;
  /** Deliveries that have had their answer: one that comes again is somebody's copy. */
  const answered = new Set<string>();

  const say = async (words: object) => redis.publish(name.said, envelopes.close('word', words));

  /** Whether the bot's record still names this delivery. */
  const counts = async ({ job, delivery }: { job: string; delivery: number }): Promise<boolean> => {
    const text = await redis.hget(name.flights, job);
    if (text === null) return false;
    const flight = envelopes.open('flight', text, flightSchema);
    return flight.job === job && flight.engine === engine && flight.delivery === delivery;
  };

  /** One at a time: while Redis is away they would only pile up. */
  function beat(): Promise<void> {
    beating ??= beatOnce().finally(() => {
      beating = null;
    });
    return beating;
  }

  /** As many as a beat may hold. */
  function namedModels(): string[] {
    const named = ability.models.slice(0, MODELS_NAMED);
    const more = ability.models.length - named.length;
    const about = { models: ability.models.length, named: named.length };
    if (more > unnamed) log.warn(about, 'too many models to name: jobs come for those named');
    unnamed = more;
    return named;
  }

  /** The mark of the data folder here, and what kept it from being read: then it is as good as none. */
  async function marked(): Promise<{ folder: string | null | undefined; unread: unknown }> {
    try {
      return { folder: await options.folder?.(), unread: null };
    } catch (unread) {
      return { folder: null, unread };
    }
  }

  async function beatOnce(): Promise<void> {
    beats += 1;
    options.onBeat?.();
    const { folder, unread } = await marked();
    const words: Beat = { engine, ...ability, models: namedModels(), warm, folder, draining, count: beats };
    // Who is named and not heard is taken for gone.
    await redis.set(name.beat(engine), envelopes.close('beat', words), 'PX', lostMs);
    await redis.sadd(name.engines, engine);
    beaten = performance.now();
    troubles.over();
    const held = running;
    if (held && !(await counts(held)) && running === held) await letGo(held);
    if (folder !== undefined) await compare(folder, unread);
  }

  /** The bot tells of its data folder; an engine with another gets no jobs, and says so. */
  async function compare(mine: string | null, unread: unknown): Promise<void> {
    const text = await redis.get(name.folder);
    const theirs = text === null ? null : envelopes.open('folder', text, folderSchema).folder;
    const elsewhere = theirs !== null && theirs !== mine;
    if (elsewhere !== misplaced && elsewhere)
      log.error(
        toPlain(otherFolder(mine, unread)),
        'no jobs are taken until the data folder is the one of the bot',
      );
    else if (elsewhere !== misplaced) log.info('the data folder is the one of the bot now');
    misplaced = elsewhere;
  }

  /** Ends what is on its way for the job, and the job itself between two steps. */
  async function letGo({ job, delivery, carrying }: Running): Promise<void> {
    carrying.abort(cancelled(job));
    await local.cancel(deliveryId(job, delivery));
  }

  async function process(data: unknown): Promise<string> {
    const { job, delivery, ...rest } = envelopes.open(
      'job',
      (data as { sealed?: unknown }).sealed,
      deliveredSchema,
    );
    const id = deliveryId(job, delivery);
    const superseded = () => new UnrecoverableError(`delivery ${id} does not count any more`);
    if (rest.engine !== engine) throw new UnrecoverableError(`delivery ${id} is for ${rest.engine}`);
    if (answered.has(id) || !(await counts({ job, delivery }))) throw superseded();
    answered.add(id);
    const carrying = new AbortController();
    const { signal } = carrying;
    // Each file on its way listens to it.
    setMaxListeners(0, signal);
    const now: Running = { job, delivery, carrying, begun: false };
    running = now;
    const telling = new Telling({ job, delivery, send: say, log });
    const onWait = (error: unknown) => telling.tell({ type: 'held', why: awayBucket(error) });
    let outcome: Answer['outcome'];
    let payload: Record<string, unknown> | null = null;
    let noted = false;
    try {
      if (rest.folder !== null) {
        const { folder: mine = null, unread } = await marked();
        if (mine !== rest.folder) throw otherFolder(mine, unread);
      }
      payload = await places.unpack(rest.kind, rest.payload, signal, onWait);
      signal.throwIfAborted();
      now.begun = true;
      const result = await local.run(
        { id, kind: rest.kind, payload: payload as JobPayload<typeof rest.kind> },
        (progress) => telling.progress(progress),
      );
      warm = [...new Set([...modelsOf(rest.payload), ...warm])].slice(0, WARM);
      const artifact = await places.deliver(rest.kind, payload, signal, onWait);
      const { identity } = rest;
      if (identity !== null && artifact !== null) {
        const text = envelopes.close('made', { identity, delivery, artifact, result });
        // Without it the job is computed again where the answer gets lost, and nothing else.
        const fault = await places.note(rest.kind, payload, identity, text, signal).catch((e) => e);
        if (fault) log.debug({ ...aboutJob(job), ...toPlain(fault) }, 'no note of what was made');
        else noted = true;
      }
      outcome = { type: 'done', result, artifact };
    } catch (error) {
      const plain = toPlain(error);
      if (payload) places.discard(rest.kind, payload);
      outcome =
        draining && plain.code === 'cancelled' ? { type: 'handed-back' } : { type: 'failed', error: plain };
    } finally {
      running = null;
    }
    await telling.settled();
    if (!(await counts({ job, delivery }))) {
      // Whole and noted, it may be all that is left of it: the bot finds it, or clears it away with the rest.
      if (payload && !noted) places.discard(rest.kind, payload);
      throw superseded();
    }
    try {
      return envelopes.close('answer', { job, delivery, engine, outcome });
    } catch (error) {
      // Another engine would have as much to say.
      const failed: Answer['outcome'] = { type: 'failed', error: toPlain(error) };
      return envelopes.close('answer', { job, delivery, engine, outcome: failed });
    }
  }

  await ears.subscribe(name.to(engine));
  const hear = async (_channel: string, text: string): Promise<void> => {
    const told = envelopes.open('word', text, toldSchema);
    if (told.type === 'forget') await places.forget(told.artifacts);
    else if (running?.job === told.job && running.delivery === told.delivery) await letGo(running);
  };
  ears.on(
    'message',
    safely(hear, (error) => log.warn(toPlain(error), 'a word not taken')),
  );
  const worker = new Worker(queueName(engine), (job) => process(job.data), {
    connection: redis,
    prefix,
    concurrency: 1,
    lockDuration: lostMs,
    stalledInterval: lostMs,
    // What stalls here has stalled with this whole engine: the bot gives it to another.
    maxStalledCount: 0,
    skipVersionCheck: true,
  });
  const look = safely(() => say({ type: 'look' }), trouble);
  const dropped = (job: { id?: string } | undefined, error: Error) => {
    log.warn({ ...aboutJob(job?.id ?? ''), error: error.message }, 'job dropped');
    look();
  };
  worker.on('completed', look);
  worker.on('failed', safely(dropped, trouble));
  worker.on('error', safely(trouble, trouble));
  await worker.waitUntilReady();
  await beat();
  look();
  const timer = setInterval(safely(beat, trouble), Math.max(50, Math.floor(lostMs / 4)));

  let stopped: Promise<void> | null = null;
  const stop = async () => {
    // It beats on: as long as it has a job to hand back it is not lost, only leaving.
    draining = true;
    const from = performance.now();
    const leaving = () => running?.carrying.abort(cancelled(running.job));
    if (running?.begun === false) leaving();
    const sending = setTimeout(safely(leaving, trouble), SENDING_MS);
    const leaves = async () => {
      await beating?.catch(trouble);
      await beat().catch(trouble);
    };
    const told = await within(ASKED_MS, leaves());
    await local.close();
    // BullMQ waits for a Redis that is away as long as that takes, unless it is forced.
    const there = told && redis.status === 'ready';
    await within(HANDED_BACK_MS - (performance.now() - from), worker.close(!there));
    clearTimeout(sending);
    clearInterval(timer);
    const leave = async () => {
      await redis.del(name.beat(engine));
      await redis.srem(name.engines, engine);
      await say({ type: 'look' });
    };
    if (there) await within(FAREWELL_MS, leave());
    ears.cut();
    redis.cut();
  };
  return {
    look: () => {
      if (draining) return 'the engine leaves';
      if (misplaced) return 'its data folder is not the one of the bot';
      return performance.now() - beaten < lostMs ? null : 'Redis does not answer';
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

export interface Served {
  stop(): Promise<void>;
  /** Null = the bot knows of this engine and gives it jobs; else why not. */
  look(): string | null;
}

const modelsOf = (payload: Record<string, unknown>): string[] =>
  Object.values(payload).flatMap((v) =>
    typeof v === 'string' && /^model:[0-9a-f]{64}$/.test(v) ? [v.slice(6)] : [],
  );
