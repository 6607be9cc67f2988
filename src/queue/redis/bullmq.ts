/**
 * The queue over Redis: one BullMQ queue an engine, and this side decides which engine gets what. Invariants:
 * at most one delivery of a job counts, and one job of a session is out at a time; an answer is taken once
 * and only from the delivery that counts; what Redis forgets is delivered again. It goes by looking, once a
 * second and whenever an engine says so: a lost word costs a second, never a job. The contract is in
 * contract.ts; the words in wire.ts; the other end in serve.ts.
 */
import { AcclaimError, fromPlain, toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { safely } from '../../machine/safely.js';
import type { Held, JobQueue, JobRequest } from '../contract.js';
import { cancelled } from '../deferred.js';
import { Envelopes } from '../envelope.js';
import { type JobKind, type JobProgress, type JobResult, jobSchemas } from '../jobs.js';
import { again, classifyAnswer, lost, openAnswer } from './answers.js';
import { Aside, type SetAside } from './aside.js';
import { connectBoth, type Line } from './connection.js';
import { DeliveryQueues } from './delivery-queues.js';
import { Dispatcher } from './dispatcher.js';
import { EngineRegistry } from './engine-registry.js';
import { EnginesThere } from './engines-there.js';
import { type Entry, newEntry } from './entry.js';
import { Leases } from './leases.js';
import type { BullQueueOptions } from './options.js';
import { refuses } from './redis-faults.js';
import { Transfers } from './transfers.js';
import { Trouble } from './trouble.js';
import { awayBucket, awayRedis, refusingRedis } from './unschedulable.js';
import { hold, WaitingJobs } from './waiting-jobs.js';
import { type Answer, type Beat, keys, type Lease, saidSchema } from './wire.js';
import { within } from './within.js';

/** Time that engines get to say that they are there, ms. */
const GRACE_MS = 5000;
const LOST_MS = 15_000;
/** What Redis may take, ms, to end with this side. */
const CLOSE_MS = 2000;

/** The bot's end of the queue over Redis. */
export class BullQueue implements JobQueue {
  private readonly envelopes: Envelopes;
  private readonly keys: ReturnType<typeof keys>;
  private readonly redis: Line;
  private readonly subscriber: Line;
  private readonly deliveryQueues: DeliveryQueues;
  private readonly leases: Leases;
  private readonly dispatcher: Dispatcher;
  private readonly entries = new Map<string, Entry>();
  private readonly waitingJobs: WaitingJobs;
  private readonly registry: EngineRegistry;
  private readonly transfers: Transfers;
  private readonly aside: Aside;
  private readonly there: EnginesThere;
  private readonly troubles: Trouble;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;
  private again = false;
  private closed = false;

  constructor(private readonly options: BullQueueOptions) {
    this.envelopes = new Envelopes(options.key);
    this.keys = keys(options.prefix);
    this.transfers = new Transfers(options.log, () => this.look());
    this.waitingJobs = new WaitingJobs(this.entries, options);
    this.troubles = new Trouble({ ...options, url: options.redis.url, meaning: '; jobs wait, votes go on' });
    this.aside = options.aside ?? new Aside(options.log);
    const { redis: asks, subscriber } = connectBoth(options.redis, (error) => this.away(error));
    this.redis = asks;
    this.subscriber = subscriber;
    const { redis, keys: names, envelopes } = this;
    this.registry = new EngineRegistry({
      redis,
      keys: names,
      envelopes,
      lostMs: options.lostMs ?? LOST_MS,
      log: options.log,
    });
    const { registry, aside } = this;
    this.there = new EnginesThere({
      redis,
      keys: names,
      envelopes,
      registry,
      aside,
      folder: options.folder ?? null,
    });
    const trouble = (error: unknown) => this.trouble(error);
    this.deliveryQueues = new DeliveryQueues({ redis, keys: names, prefix: options.prefix, trouble });
    this.leases = new Leases({ redis, keys: names, envelopes, log: options.log });
    this.dispatcher = new Dispatcher({
      ...options,
      envelopes,
      transfers: this.transfers,
      leases: this.leases,
      deliveryQueues: this.deliveryQueues,
      aside: this.aside,
      closed: () => this.closed,
      settle: (...ended) => this.settle(...ended),
    });
    const begin = () => {
      this.there.tellFolder();
      this.look();
    };
    this.redis.on('ready', safely(begin, trouble));
    this.subscriber.on(
      'message',
      safely(
        (_channel: string, text: string) => this.hear(text),
        (error) => options.log.debug(toPlain(error), 'a word not taken'),
      ),
    );
    void this.subscriber.subscribe(this.keys.said).catch(() => {});
    this.timer = setInterval(
      safely(() => this.look(), trouble),
      options.lookMs ?? 1000,
    );
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
      if (known.unschedulable.known) onHeld?.(known.unschedulable.known);
      return known.outcome as Promise<JobResult<K>>;
    }
    const parsed = jobSchemas[job.kind].payload.safeParse(job.payload);
    if (!parsed.success)
      return Promise.reject(new AcclaimError('job-invalid', `job ${job.id}: ${parsed.error.message}`));
    const { id, kind } = job;
    const { graceMs = GRACE_MS } = this.options;
    const entry = newEntry({ id, kind, payload: parsed.data }, { graceMs, tell: this.waitingJobs.tell });
    if (onProgress) entry.listeners.push(onProgress);
    if (onHeld) entry.watchers.push(onHeld);
    this.entries.set(job.id, entry);
    this.look();
    return entry.outcome as Promise<JobResult<K>>;
  }

  async cancel(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.cancelled = true;
    this.transfers.abort(id);
    if (entry.claimed && !entry.lease) await this.settle(entry, cancelled(id));
    else this.look();
    await entry.outcome.catch(() => {});
  }

  /**
   * Engines go on with what they run: the next life of this process asks for it again and takes their answer.
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    for (const entry of this.entries.values()) entry.reject(cancelled(entry.id));
    this.entries.clear();
    const quiet = async () => {
      await this.transfers.close();
      await this.looking;
      await this.deliveryQueues.close();
    };
    // A Redis that is away would hold it up for ever.
    await within(CLOSE_MS, quiet());
    this.subscriber.cut();
    this.redis.cut();
  }

  /** Engines that are there, as they describe themselves. */
  engines(): Promise<Beat[]> {
    return this.there.list();
  }

  /** Engines that get no jobs, and why. */
  setAside(): Promise<SetAside[]> {
    return this.there.setAside();
  }

  /** Artifacts, by hash, that engines need not keep. */
  forget(artifacts: readonly string[]): Promise<void> {
    return this.there.forget(artifacts);
  }

  private look(): void {
    if (this.closed) return;
    if (this.looking) {
      this.again = true;
      return;
    }
    this.looking = this.lookAll()
      .then(() => this.troubles.over())
      .catch((error) => (refuses(error) ? this.away(error) : this.trouble(error)))
      .finally(() => {
        this.looking = null;
        if (!this.again) return;
        this.again = false;
        this.look();
      });
  }

  private async lookAll(): Promise<void> {
    if (this.entries.size === 0) {
      if (this.troubles.told) await this.redis.ping();
      return;
    }
    const { there, gone } = await this.registry.call();
    const engines = new Map(there.map((beat) => [beat.engine, beat]));
    for (const entry of [...this.entries.values()]) {
      if (entry.held) entry.unschedulable.mark(entry.held);
      if (!entry.claimed) await this.leases.claim(entry);
      if (entry.lease) await this.follow(entry, entry.lease, engines);
      else if (entry.cancelled) await this.settle(entry, cancelled(entry.id));
    }
    for (const engine of gone) await this.deliveryQueues.forget(engine);
    await this.dispatcher.dispatch(this.entries, engines);
  }

  private async follow(entry: Entry, lease: Lease, engines: ReadonlyMap<string, Beat>): Promise<void> {
    if (this.transfers.has(entry.id)) return;
    // The state first: what is read after it is not older than it.
    const state = await this.deliveryQueues.state(lease);
    if (state === 'completed') {
      const job = await this.deliveryQueues.job(lease);
      const drop = async () => void (await job?.remove().catch(() => {}));
      await this.take(entry, lease, job?.returnvalue, drop);
    } else if (state === 'failed') {
      // It lost its lock, or could not be read there: the words are in the engine's log.
      const job = await this.deliveryQueues.job(lease);
      await this.redeliver(entry, lease, job?.failedReason ?? 'it failed', true);
    } else if (state === 'unknown') {
      await this.redeliver(entry, lease, 'Redis has forgotten it', false);
    } else if (!engines.has(lease.engine)) {
      await this.redeliver(entry, lease, 'its engine fell silent', state === 'active');
    } else if (entry.cancelled) {
      const told = { type: 'cancel', job: entry.id, delivery: lease.delivery };
      await this.redis.publish(this.keys.to(lease.engine), this.envelopes.close('word', told));
    }
  }

  /** `drop` takes the answer out of Redis, once it is not needed any more. */
  private async take(entry: Entry, lease: Lease, text: unknown, drop: () => Promise<void>): Promise<void> {
    let answer: Answer;
    try {
      answer = openAnswer(this.envelopes, lease, text);
    } catch (error) {
      await this.redeliver(entry, lease, toPlain(error).message, true);
      return drop();
    }
    // Words that were said before the answer are heard before it: one connection carries them in order.
    await this.subscriber.ping();
    const verdict = classifyAnswer(entry, answer);
    if (verdict.type === 'again') {
      if (verdict.tooSmall) entry.short.add(lease.engine);
      if (verdict.error?.code === 'data-mismatch') this.aside.put(lease.engine, verdict.why);
      await this.redeliver(entry, lease, verdict.why, verdict.counts, verdict.error);
      return drop();
    }
    if (verdict.type === 'failed') {
      await this.settle(entry, verdict.error);
      return drop();
    }
    const { transport } = this.options;
    const { value, artifact } = verdict;
    const made = { delivery: lease.delivery, artifact };
    this.transfers.begin(
      entry.id,
      (signal) => transport.keep(entry.kind, entry.payload, made, signal),
      async (fault) => {
        // The next life of this process finds the answer there.
        if (this.closed) return;
        const error = fault === null ? null : fromPlain(toPlain(fault));
        if (!error) this.aside.forgive(lease.engine);
        else if (error.code === 'data-mismatch') this.aside.put(lease.engine, error.message);
        if (error && again.has(error.code)) await this.redeliver(entry, lease, error.message, true, error);
        else await this.settle(entry, error, value);
        await drop();
      },
      (error) => hold(entry, awayBucket(error)),
    );
  }

  /** This delivery counts no more; the job waits again, at its old place among the others. */
  private async redeliver(
    entry: Entry,
    { engine, delivery }: Lease,
    why: string,
    counts: boolean,
    error?: AcclaimError,
  ): Promise<void> {
    entry.lease = null;
    entry.held = null;
    // What it reads may be what was lost.
    entry.prepared = false;
    if (counts) {
      entry.lost += 1;
      entry.failed.add(engine);
    }
    await this.leases.remove(entry.id);
    const about = { ...aboutJob(entry.id), engine, delivery, why, lost: entry.lost };
    this.options.log.warn(about, 'job comes back');
    if (entry.cancelled) await this.settle(entry, cancelled(entry.id));
    else if (entry.lost >= (this.options.attempts ?? 3))
      await this.settle(entry, error ?? lost(entry.id, why));
  }

  /** Nothing can be asked of Redis, or it does nothing of what it is asked: what waits is told so. */
  private away(error: unknown): void {
    this.trouble(error);
    if (this.closed) return;
    const why = refuses(error) ? refusingRedis : awayRedis;
    for (const entry of this.entries.values()) if (!entry.lease) entry.unschedulable.mark(why);
  }

  private hear(text: string): void {
    const said = this.envelopes.open('word', text, saidSchema);
    if (said.type === 'look') {
      this.look();
      return;
    }
    const entry = this.entries.get(said.job);
    if (entry?.lease?.delivery !== said.delivery) return;
    if (said.type === 'held') {
      hold(entry, said.why);
      return;
    }
    for (const listener of entry.listeners) listener(said.progress);
  }

  private trouble(error: unknown): void {
    if (!this.closed) this.troubles.tell(error);
  }

  private async settle(entry: Entry, error: AcclaimError | null, result?: unknown): Promise<void> {
    if (this.entries.get(entry.id) !== entry) return;
    await this.leases.remove(entry.id);
    this.entries.delete(entry.id);
    this.waitingJobs.weigh();
    if (error) entry.reject(error);
    else entry.resolve(result);
    this.look();
  }
}
