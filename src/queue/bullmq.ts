/**
 * The queue over Redis: one BullMQ queue an engine, and this side decides which engine gets what. Invariants: at most
 * one delivery of a job counts, and one job of a session is out at a time; an answer is taken once and only from the delivery
 * that counts; what Redis forgets is delivered again. It goes by looking, once a second and whenever an engine says
 * so: a lost word costs a second, never a job. The contract is in contract.ts; the words in wire.ts; the other end in serve.ts.
 */
import { createHash, randomInt } from 'node:crypto';
import { Queue } from 'bullmq';
import { passes } from '../artifacts/patience.js';
import { AcclaimError, type ErrorCode, fromPlain, toPlain } from '../errors.js';
import { aboutJob, type Log } from '../log.js';
import type { Held, JobQueue, JobRequest } from './contract.js';
import { cancelled, deferred } from './deferred.js';
import { Envelopes } from './envelope.js';
import { Errands } from './errands.js';
import { type JobKind, type JobProgress, type JobResult, jobSchemas } from './jobs.js';
import { awayBucket, Lack } from './lack.js';
import type { BotPlaces } from './places.js';
import type { PredictMb } from './predict.js';
import { connect, type RedisSettings } from './redis.js';
import { Roll } from './roll.js';
import { choose, lacking } from './routing.js';
import {
  type Answer,
  answerSchema,
  type Beat,
  deliveryId,
  type Flight,
  FORGOTTEN_AT_ONCE,
  flightSchema,
  keys,
  madeSchema,
  type Need,
  queueName,
  saidSchema,
} from './wire.js';

export interface BullQueueOptions {
  redis: RedisSettings;
  prefix: string;
  /** Shared with the engines; null = nothing is signed. */
  key: string | null;
  places: BotPlaces;
  /** Megabytes that a job takes of its engine's memory; a job goes to no engine that has less. */
  predictMb?: PredictMb;
  /** Engines that a job may outlive before it fails `engine-lost`. */
  attempts?: number;
  log: Log;
  /** Time between two looks when nobody says anything. */
  lookMs?: number;
  /** Silence after which an engine's job is given to another; the engines' own. */
  lostMs?: number;
  /** Told when jobs begin to wait that no engine can do (true), and when none does any more (false). */
  onStarved?: (starved: boolean) => void;
  /** How long nobody must be able to do a job before whoever waits is told: engines come and go. */
  graceMs?: number;
}

interface Entry {
  id: string;
  kind: JobKind;
  payload: Record<string, unknown>;
  session: string;
  digest: string;
  /** The delivery that counts; null while it waits. */
  flight: Flight | null;
  /** Whether Redis has been asked for a delivery of an earlier life of this process. */
  claimed: boolean;
  lost: number;
  cancelled: boolean;
  /** Whether engines can reach what it reads. */
  prepared: boolean;
  /** Of all that decides what it writes; null where it writes nothing. */
  identity: string | null;
  listeners: ((p: JobProgress) => void)[];
  watchers: ((why: Held | null) => void)[];
  /** What it needs, once it was told; and the engines that have refused it. */
  need: Need | null;
  short: Set<string>;
  /** Why nobody can do it. */
  lack: Lack;
  /** What holds up what it reads or what was made of it, on its way. */
  held: Held | null;
  outcome: Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: AcclaimError) => void;
}

/** Answers stay in Redis for so long when nobody takes them, s. */
const KEPT_S = 86_400;
/** Deliveries are drawn below this: no two of a job are alike, and no counter in Redis is needed for it. */
const DELIVERIES = 2 ** 47;
/** Time that engines get to say that they are there, ms. */
const GRACE_MS = 5000;
const LOST_MS = 15_000;
/** What went wrong is put right by sending it again, and by doing it again. */
const again: ReadonlySet<ErrorCode> = new Set(['artifact-missing', 'artifact-corrupt']);

export class BullQueue implements JobQueue {
  private readonly envelopes: Envelopes;
  private readonly keys: ReturnType<typeof keys>;
  private readonly redis: ReturnType<typeof connect>;
  private readonly ears: ReturnType<typeof connect>;
  private readonly queues = new Map<string, Queue>();
  private readonly entries = new Map<string, Entry>();
  private readonly roll: Roll;
  private readonly errands: Errands;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;
  private again = false;
  private starved = false;
  private closed = false;
  private troubled = false;

  constructor(private readonly options: BullQueueOptions) {
    this.envelopes = new Envelopes(options.key);
    this.keys = keys(options.prefix);
    this.errands = new Errands(options.log, () => this.look());
    this.redis = connect(options.redis, (error) => this.away(error));
    this.ears = connect(options.redis, (error) => this.trouble(error));
    const { redis, keys: names, envelopes } = this;
    this.roll = new Roll({
      redis,
      keys: names,
      envelopes,
      lostMs: options.lostMs ?? LOST_MS,
      log: options.log,
    });
    this.redis.on('ready', () => {
      if (this.troubled) options.log.info('Redis is back');
      this.troubled = false;
      this.look();
    });
    this.ears.on('message', (_channel: string, text: string) => this.hear(text));
    void this.ears.subscribe(this.keys.said).catch(() => {});
    this.timer = setInterval(() => this.look(), options.lookMs ?? 1000);
  }

  run<K extends JobKind>(
    job: JobRequest<K>,
    onProgress?: (p: JobProgress) => void,
    onHeld?: (why: Held | null) => void,
  ): Promise<JobResult<K>> {
    if (this.closed) return Promise.reject(cancelled(job.id));
    const known = this.entries.get(job.id);
    if (known) {
      if (onProgress) known.listeners.push(onProgress);
      if (onHeld) known.watchers.push(onHeld);
      if (known.lack.known) onHeld?.(known.lack.known);
      return known.outcome as Promise<JobResult<K>>;
    }
    const parsed = jobSchemas[job.kind].payload.safeParse(job.payload);
    if (!parsed.success)
      return Promise.reject(new AcclaimError('job-invalid', `job ${job.id}: ${parsed.error.message}`));
    const entry: Entry = {
      id: job.id,
      kind: job.kind,
      payload: parsed.data as Record<string, unknown>,
      session: parsed.data.session,
      digest: createHash('sha256').update(JSON.stringify(parsed.data)).digest('hex'),
      flight: null,
      claimed: false,
      lost: 0,
      cancelled: false,
      prepared: false,
      identity: null,
      listeners: onProgress ? [onProgress] : [],
      watchers: onHeld ? [onHeld] : [],
      need: null,
      short: new Set(),
      held: null,
      lack: new Lack(this.options.graceMs ?? GRACE_MS, (why) => this.tell(entry, why)),
      ...deferred(),
    };
    this.entries.set(job.id, entry);
    this.look();
    return entry.outcome as Promise<JobResult<K>>;
  }

  async cancel(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.cancelled = true;
    this.errands.abort(id);
    if (entry.claimed && !entry.flight) await this.settle(entry, cancelled(id));
    else this.look();
    await entry.outcome.catch(() => {});
  }

  /** Engines go on with what they run: the next life of this process asks for it again and takes their answer. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    for (const entry of this.entries.values()) entry.reject(cancelled(entry.id));
    this.entries.clear();
    await this.errands.close();
    // A Redis that is away would hold the look up for ever.
    if (this.redis.status === 'ready') await this.looking;
    this.ears.disconnect();
    for (const queue of this.queues.values()) await queue.close().catch(() => {});
    this.redis.disconnect();
  }

  /** Engines that are there, as they describe themselves. */
  async engines(): Promise<Beat[]> {
    return (await this.roll.call()).there;
  }

  /** Engines that are away keep them until they age out. */
  async forget(artifacts: readonly string[]): Promise<void> {
    if (artifacts.length === 0 || this.redis.status !== 'ready') return;
    for (const { engine } of await this.engines())
      for (let from = 0; from < artifacts.length; from += FORGOTTEN_AT_ONCE) {
        const told = { type: 'forget', artifacts: artifacts.slice(from, from + FORGOTTEN_AT_ONCE) };
        await this.redis.publish(this.keys.to(engine), this.envelopes.close('word', told));
      }
  }

  private look(): void {
    if (this.closed) return;
    if (this.looking) {
      this.again = true;
      return;
    }
    this.looking = this.lookAll()
      .catch((error) => this.trouble(error))
      .finally(() => {
        this.looking = null;
        if (!this.again) return;
        this.again = false;
        this.look();
      });
  }

  private async lookAll(): Promise<void> {
    if (this.entries.size === 0) return;
    const { there, gone } = await this.roll.call();
    const engines = new Map(there.map((beat) => [beat.engine, beat]));
    for (const entry of [...this.entries.values()]) {
      if (entry.held) entry.lack.mark(entry.held);
      if (!entry.claimed) await this.claim(entry);
      if (entry.flight) await this.follow(entry, entry.flight, engines);
      else if (entry.cancelled) await this.settle(entry, cancelled(entry.id));
    }
    for (const engine of gone) await this.forgetEngine(engine);
    await this.dispatch(engines);
  }

  /** A delivery of an earlier life of this process still counts, where it is of the same payload. */
  private async claim(entry: Entry): Promise<void> {
    const text = await this.redis.hget(this.keys.flights, entry.id);
    entry.claimed = true;
    if (text === null) return;
    try {
      const flight = this.envelopes.open('flight', text, flightSchema);
      if (flight.job === entry.id && flight.digest === entry.digest) entry.flight = flight;
    } catch (error) {
      this.options.log.warn({ ...aboutJob(entry.id), ...toPlain(error) }, 'delivery not taken up');
    }
  }

  private async follow(entry: Entry, flight: Flight, engines: ReadonlyMap<string, Beat>): Promise<void> {
    if (this.errands.has(entry.id)) return;
    const queue = this.queue(flight.engine);
    const id = deliveryId(entry.id, flight.delivery);
    // The state first: what is read after it is not older than it.
    const state = await queue.getJobState(id);
    if (state === 'completed') {
      const job = await queue.getJob(id);
      const drop = async () => void (await job?.remove().catch(() => {}));
      await this.take(entry, flight, job?.returnvalue, drop);
    } else if (state === 'failed') {
      // It lost its lock, or could not be read there: the words are in the engine's log.
      const job = await queue.getJob(id);
      await this.redeliver(entry, flight, job?.failedReason ?? 'it failed', true);
    } else if (state === 'unknown') {
      await this.redeliver(entry, flight, 'Redis has forgotten it', false);
    } else if (!engines.has(flight.engine)) {
      await this.redeliver(entry, flight, 'its engine fell silent', state === 'active');
    } else if (entry.cancelled) {
      const told = { type: 'cancel', job: entry.id, delivery: flight.delivery };
      await this.redis.publish(this.keys.to(flight.engine), this.envelopes.close('word', told));
    }
  }

  /** `drop` takes the answer out of Redis, once it is not needed any more. */
  private async take(entry: Entry, flight: Flight, text: unknown, drop: () => Promise<void>): Promise<void> {
    const result = await this.open(entry, flight, text);
    if (!result) return drop();
    const { places } = this.options;
    const made = { delivery: flight.delivery, artifact: result.artifact };
    this.errands.begin(
      entry.id,
      (signal) => places.keep(entry.kind, entry.payload, made, signal),
      async (fault) => {
        // The next life of this process finds the answer there.
        if (this.closed) return;
        const error = fault === null ? null : fromPlain(toPlain(fault));
        if (error && again.has(error.code)) await this.redeliver(entry, flight, error.message, true, error);
        else await this.settle(entry, error, result.value);
        await drop();
      },
      (error) => this.hold(entry, awayBucket(error)),
    );
  }

  /** What the answer says, where it is a result; everything else is dealt with here. */
  private async open(
    entry: Entry,
    flight: Flight,
    text: unknown,
  ): Promise<{ value: unknown; artifact: string | null } | null> {
    let answer: Answer;
    try {
      answer = this.envelopes.open('answer', text, answerSchema);
      if (answer.job !== entry.id || answer.delivery !== flight.delivery || answer.engine !== flight.engine)
        throw new AcclaimError('job-invalid', 'it answers something else');
    } catch (error) {
      return over(this.redeliver(entry, flight, toPlain(error).message, true));
    }
    // Words that were said before the answer are heard before it: one connection carries them in order.
    await this.ears.ping();
    const { outcome } = answer;
    if (outcome.type === 'handed-back')
      return over(this.redeliver(entry, flight, 'its engine leaves', false));
    if (outcome.type === 'failed') {
      const { code, message, mend } = outcome.error;
      const error = fromPlain({ code: code as ErrorCode, message, mend });
      if (code === 'engine-lost' || again.has(error.code))
        return over(this.redeliver(entry, flight, message, true, error));
      if (code === 'memory-short') {
        entry.short.add(flight.engine);
        return over(this.redeliver(entry, flight, message, false));
      }
      if (code === 'cancelled' && !entry.cancelled)
        return over(this.redeliver(entry, flight, 'it was let go', false));
      return over(this.settle(entry, error));
    }
    const parsed = jobSchemas[entry.kind].result.safeParse(outcome.result);
    if (!parsed.success) {
      const why = `result of job ${entry.id}: ${parsed.error.message}`;
      return over(this.settle(entry, new AcclaimError('job-invalid', why)));
    }
    return { value: parsed.data, artifact: outcome.artifact };
  }

  /** This delivery counts no more; the job waits again, at its old place among the others. */
  private async redeliver(
    entry: Entry,
    { engine, delivery }: Flight,
    why: string,
    counts: boolean,
    error?: AcclaimError,
  ): Promise<void> {
    entry.flight = null;
    entry.held = null;
    // What it reads may be what was lost.
    entry.prepared = false;
    if (counts) entry.lost += 1;
    await this.redis.hdel(this.keys.flights, entry.id);
    const about = { ...aboutJob(entry.id), engine, delivery, why, lost: entry.lost };
    this.options.log.warn(about, 'job comes back');
    if (entry.cancelled) await this.settle(entry, cancelled(entry.id));
    else if (entry.lost >= (this.options.attempts ?? 3))
      await this.settle(entry, error ?? lost(entry.id, why));
  }

  /** The oldest waiting job of each session that has none out, to engines that are free. */
  private async dispatch(engines: ReadonlyMap<string, Beat>): Promise<void> {
    const busy = new Set<string>();
    const taken = new Set<string>();
    for (const { flight, session } of this.entries.values()) {
      if (!flight) continue;
      busy.add(flight.engine);
      taken.add(session);
    }
    for (const entry of [...this.entries.values()]) {
      if (entry.flight || entry.cancelled || taken.has(entry.session) || this.closed) continue;
      taken.add(entry.session);
      if (!this.prepare(entry)) continue;
      entry.need ??= await this.need(entry);
      if (!entry.need) continue;
      const need = { ...entry.need, short: entry.short };
      const engine = choose(engines.values(), busy, need);
      entry.lack.mark(engine ? null : lacking(engines.values(), need));
      if (!engine) continue;
      busy.add(engine.engine);
      await this.deliver(entry, engine.engine);
    }
  }

  private tell({ id, need, watchers }: Entry, why: Held | null): void {
    const job = aboutJob(id);
    if (why) this.options.log.warn({ ...job, ...why, need: need?.memoryMb }, `job waits: ${why.message}`);
    else this.options.log.info(job, 'an engine can do what waited');
    for (const watcher of watchers) watcher(why);
    this.weigh();
  }

  /** Whether any job waits that nobody can do. */
  private weigh(): void {
    const starved = [...this.entries.values()].some((entry) => entry.lack.known !== null);
    if (starved !== this.starved) this.options.onStarved?.(starved);
    this.starved = starved;
  }

  /** Nothing can be asked of Redis: what waits is told so. */
  private away(error: unknown): void {
    this.trouble(error);
    if (this.closed) return;
    for (const entry of this.entries.values())
      if (!entry.flight) entry.lack.mark({ code: 'no-redis', message: 'the queue (Redis) does not answer' });
  }

  /** Told at once where it was told before, else by a look once it has lasted. */
  private hold(entry: Entry, why: Held | null): void {
    entry.held = why;
    entry.lack.mark(why);
  }

  /** True once engines can reach what it reads, and nothing that was made of it stands. */
  private prepare(entry: Entry): boolean {
    if (entry.prepared) return true;
    const { places } = this.options;
    let found: { value: unknown } | null = null;
    this.errands.begin(
      entry.id,
      async (signal) => {
        await places.prepare(entry.kind, entry.payload, signal);
        entry.identity = await places.identity(entry.kind, entry.payload);
        found = await this.standing(entry, signal);
      },
      async (fault) => {
        if (this.closed) return;
        if (fault !== null) await this.settle(entry, fromPlain(toPlain(fault)));
        else if (found) await this.settle(entry, null, found.value);
        else entry.prepared = true;
      },
      (error) => this.hold(entry, awayBucket(error)),
    );
    return false;
  }

  /**
   * What an engine has made of this very work, though its answer got lost: taken where the note is signed, names the same identity, and
   * what it names is there with the bytes of its hash. Else null, and it is computed.
   */
  private async standing(entry: Entry, signal: AbortSignal): Promise<{ value: unknown } | null> {
    const { places, log } = this.options;
    const { id, kind, payload, identity } = entry;
    if (identity === null) return null;
    // Computing does not wait for a bucket that is away: what is there then is not known.
    const notes = await places.noted(kind, payload, identity, signal).catch((error) => {
      if (signal.aborted) throw error;
      log.debug({ ...aboutJob(id), ...toPlain(error) }, 'no look at what stands');
      return [];
    });
    for (const text of notes) {
      try {
        const { result, ...made } = this.envelopes.open('made', text, madeSchema);
        if (made.identity !== identity) continue;
        const value = jobSchemas[kind].result.parse(result);
        await places.keep(kind, payload, made, signal);
        log.info({ ...aboutJob(id), artifact: made.artifact.slice(0, 12) }, 'what was made stands: taken');
        return { value };
      } catch (error) {
        if (signal.aborted || passes(error) || toPlain(error).code === 'disk-full') throw error;
        log.info(
          { ...aboutJob(id), ...toPlain(error) },
          'what was made cannot be taken: it is computed again',
        );
      }
    }
    return null;
  }

  /** Null where the job can go nowhere, which is then its end. */
  private async need(entry: Entry): Promise<Need | null> {
    try {
      const { models, payload } = await this.options.places.pack(entry.kind, entry.payload, 1);
      this.envelopes.close('job', payload);
      const { kind } = entry;
      return { models, memoryMb: this.options.predictMb?.(kind, entry.payload) ?? 0 };
    } catch (error) {
      await this.settle(entry, fromPlain(toPlain(error)));
      return null;
    }
  }

  private async deliver(entry: Entry, engine: string): Promise<void> {
    const delivery = 1 + randomInt(DELIVERIES);
    const { payload } = await this.options.places.pack(entry.kind, entry.payload, delivery);
    const { id: job, kind, identity } = entry;
    const words = { job, delivery, engine, kind, identity, payload };
    const sealed = this.envelopes.close('job', words);
    const flight: Flight = { job: entry.id, engine, delivery, digest: entry.digest };
    // Written first: an engine takes only what it finds here.
    await this.redis.hset(this.keys.flights, entry.id, this.envelopes.close('flight', flight));
    entry.flight = flight;
    const kept = { removeOnComplete: { age: KEPT_S }, removeOnFail: { age: KEPT_S } };
    const id = deliveryId(entry.id, delivery);
    await this.queue(engine).add(entry.kind, { sealed }, { jobId: id, attempts: 1, ...kept });
  }

  private hear(text: string): void {
    try {
      const said = this.envelopes.open('word', text, saidSchema);
      if (said.type === 'look') {
        this.look();
        return;
      }
      const entry = this.entries.get(said.job);
      if (entry?.flight?.delivery !== said.delivery) return;
      if (said.type === 'held') {
        this.hold(entry, said.why);
        return;
      }
      for (const listener of entry.listeners) listener(said.progress);
    } catch (error) {
      this.options.log.debug(toPlain(error), 'a word not taken');
    }
  }

  private queue(engine: string): Queue {
    let queue = this.queues.get(engine);
    if (!queue) {
      const { prefix } = this.options;
      queue = new Queue(queueName(engine), { connection: this.redis, prefix, skipVersionCheck: true });
      queue.on('error', (error) => this.trouble(error));
      this.queues.set(engine, queue);
    }
    return queue;
  }

  /** What is left in a silent engine's queue would be run when it wakes up: it goes, locks and all. */
  private async forgetEngine(engine: string): Promise<void> {
    const queue = this.queue(engine);
    await this.redis.srem(this.keys.engines, engine);
    await queue.obliterate({ force: true }).catch((error) => this.trouble(error));
    await queue.close().catch(() => {});
    this.queues.delete(engine);
  }

  private trouble(error: unknown): void {
    if (this.closed || this.troubled) return;
    this.troubled = true;
    this.options.log.warn({ error: String(error) }, 'Redis: trouble; jobs wait, votes go on');
  }

  private async settle(entry: Entry, error: AcclaimError | null, result?: unknown): Promise<void> {
    if (this.entries.get(entry.id) !== entry) return;
    await this.redis.hdel(this.keys.flights, entry.id);
    this.entries.delete(entry.id);
    this.weigh();
    if (error) entry.reject(error);
    else entry.resolve(result);
    this.look();
  }
}

const over = async (end: Promise<void>): Promise<null> => {
  await end;
  return null;
};

function lost(id: string, why: string): AcclaimError {
  return new AcclaimError(
    'engine-lost',
    `job ${id} outlived every engine that took it: ${why}`,
    'The logs of the engines say more; `acclaim doctor` on their machines checks the device.',
  );
}
