/**
 * The queue over Redis, at the bot: a job goes into BullMQ's queue of what it needs, and engines pull. BullMQ
 * carries the lock, the stalled check, progress and events. Its own here is what BullMQ has nothing for: one
 * job of a session at a time (it has groups only in its paid edition), a word to cancel what runs elsewhere,
 * why nobody takes a job, and that a Redis which has forgotten a job is given it again: each job is asked
 * after every few seconds, and whenever the line comes back. The contract is in contract.ts; one job's course
 * in course.ts; the words in wire.ts; the other end in serve.ts.
 */
import { once } from 'node:events';
import { AcclaimError, fromPlain, toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { safely } from '../../machine/safely.js';
import { within } from '../../machine/within.js';
import { refuses } from '../../redis/faults.js';
import { Trouble } from '../../redis/trouble.js';
import type { Held, JobQueue, JobRequest } from '../contract.js';
import { cancelled } from '../deferred.js';
import { type JobKind, type JobProgress, type JobResult, jobSchemas } from '../jobs.js';
import { FORGOTTEN_AT_ONCE } from '../limits.js';
import type { Beat } from '../matching/ability.js';
import { Aside, type SetAside } from '../matching/aside.js';
import { awayRedis, refusingRedis } from '../matching/unschedulable.js';
import type { BotTransport } from '../transport/transport.js';
import { Course, type CourseParts } from './course.js';
import { End, type EndOptions } from './end.js';
import { EnginesThere } from './engines-there.js';
import { Entry } from './entry.js';
import { type JobEvent, NeedQueues } from './need-queues.js';
import { saidSchema } from './wire.js';

/** Time that engines get to say that they are there, ms. */
const GRACE_MS = 5000;
const LOST_MS = 15_000;
/** What Redis may take, ms, to end with this side; to tell engines what to forget. */
const CLOSE_MS = 2000;
const FORGET_MS = 2000;

export interface BullQueueOptions
  extends EndOptions,
    Partial<Pick<CourseParts, 'aside' | 'folder' | 'predictMb' | 'attempts'>> {
  transport: BotTransport;
  /** Time between two looks when nobody says anything. */
  lookMs?: number;
  /** Silence after which an engine's job is given to another; the engines' own. */
  lostMs?: number;
  /** How long nobody must be able to do a job before whoever waits is told: engines come and go. */
  graceMs?: number;
  /** Told when jobs begin to wait that no engine can do (true), and when none does any more (false). */
  onStarved?: (starved: boolean) => void;
}

/** The bot's end of the queue over Redis. */
export class BullQueue implements JobQueue {
  private readonly end: End;
  private readonly course: Course;
  private readonly queues: NeedQueues;
  private readonly there: EnginesThere;
  private readonly entries = new Map<string, Entry>();
  /** Session -> resolves when all its jobs so far are over. */
  private readonly turns = new Map<string, Promise<unknown>>();
  /** Jobs wait that no engine can do. */
  private starved = false;
  private readonly troubles: Trouble;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: BullQueueOptions) {
    const { log, folder = null, lostMs = LOST_MS, attempts = 3, aside = new Aside(log) } = options;
    const away = (error: unknown) => this.away(error);
    const end = new End(options, away);
    this.end = end;
    this.troubles = new Trouble({ ...options, url: options.redis.url, meaning: '; jobs wait, votes go on' });
    const parts = { ...options, end, aside, folder, lostMs, attempts };
    const there = new EnginesThere(parts);
    this.there = there;
    const queues = new NeedQueues({
      end,
      trouble: away,
      fault: (error) => log.debug(toPlain(error), 'a word not taken'),
      heard: (event, job, data) => this.hear(event, job, data),
    });
    this.queues = queues;
    this.course = new Course({ ...parts, queues, there, away, closed: () => this.closed });
    const begin = () => {
      this.there.tellFolder();
      return this.look();
    };
    end.redis.on('ready', safely(begin, away));
    const every = options.lookMs ?? Math.max(50, Math.floor(lostMs / 3));
    this.timer = setInterval(
      safely(() => this.look(), away),
      every,
    );
  }

  run<K extends JobKind>(
    job: JobRequest<K>,
    onProgress?: (p: JobProgress) => void,
    onHeld?: (why: Held | null) => void,
  ): Promise<JobResult<K>> {
    if (this.closed) return Promise.reject(cancelled(job.id));
    const known = this.entries.get(job.id);
    if (known?.unschedulable.known) onHeld?.(known.unschedulable.known);
    const entry = known ?? this.newEntry(job);
    if (entry instanceof AcclaimError) return Promise.reject(entry);
    if (onProgress) entry.listeners.push(onProgress);
    if (onHeld) entry.watchers.push(onHeld);
    return entry.outcome as Promise<JobResult<K>>;
  }

  async cancel(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.cancel();
    await entry.outcome.catch(() => {});
  }

  /**
   * Engines go on with what they run: the next life of this process asks for it again and takes their answer.
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    const courses = Promise.all([...this.turns.values()]);
    for (const entry of this.entries.values()) {
      entry.reject(cancelled(entry.id));
      entry.cancel();
    }
    this.entries.clear();
    // A Redis that is away would hold it up for ever.
    await within(
      CLOSE_MS,
      courses.then(() => this.queues.closeAll()),
    );
    this.end.redis.cut();
  }

  /** Engines that are there, as they describe themselves. */
  engines(): Promise<Beat[]> {
    return this.there.list();
  }

  /** Engines that get no jobs, and why. */
  setAside(): Promise<SetAside[]> {
    return this.there.setAside();
  }

  /** Artifacts, by hash, that engines need not keep. Engines that are away keep them until they age out. */
  async forget(artifacts: readonly string[]): Promise<void> {
    if (artifacts.length === 0 || this.end.redis.status !== 'ready') return;
    const tell = async () => {
      for (let from = 0; from < artifacts.length; from += FORGOTTEN_AT_ONCE)
        await this.end.say({ type: 'forget', artifacts: artifacts.slice(from, from + FORGOTTEN_AT_ONCE) });
    };
    await within(FORGET_MS, tell());
  }

  /** Asks who is there, and has each job asked after. */
  look(): Promise<void> {
    this.looking ??= this.lookAll().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async lookAll(): Promise<void> {
    if (this.closed) return;
    if (this.entries.size > 0) await this.there.list();
    else if (this.troubles.told) await this.end.redis.ping();
    this.troubles.over();
    const queues = new Set<string>();
    for (const entry of this.entries.values()) {
      if (entry.out) queues.add(entry.out.queue);
      if (entry.held) entry.unschedulable.mark(entry.held);
      entry.wake();
    }
    await this.queues.sweep(queues);
  }

  private newEntry({ id, kind, payload }: JobRequest): Entry | AcclaimError {
    const parsed = jobSchemas[kind].payload.safeParse(payload);
    if (!parsed.success) return new AcclaimError('job-invalid', `job ${id}: ${parsed.error.message}`);
    const { graceMs = GRACE_MS } = this.options;
    const entry = new Entry(id, kind, parsed.data, { graceMs, tell: (why) => this.tell(entry, why) });
    this.entries.set(id, entry);
    const turn = this.turns.get(entry.session) ?? Promise.resolve();
    const course = Promise.all([turn, this.begin(entry, turn)]).then(() => {
      if (this.turns.get(entry.session) === course) this.turns.delete(entry.session);
    });
    this.turns.set(entry.session, course);
    return entry;
  }

  /** Never rejects. */
  private async begin(entry: Entry, turn: Promise<unknown>): Promise<void> {
    try {
      const called = once(entry.abort.signal, 'abort');
      await Promise.race([turn, called]);
      const first = this.there.list().catch((error) => this.away(error));
      await Promise.race([first, called]);
      entry.resolve(await this.course.run(entry));
    } catch (error) {
      entry.reject(fromPlain(toPlain(error)));
    } finally {
      if (this.entries.get(entry.id) === entry) this.entries.delete(entry.id);
      this.weigh();
    }
  }

  private hear(event: JobEvent, job: string, data: unknown): void {
    const entry = this.entries.get(job);
    if (!entry) return;
    if (event === 'progress') this.take(entry, data);
    else if (event === 'active') {
      entry.active = true;
      entry.unschedulable.mark(entry.held);
    } else if (event === 'returned') {
      entry.active = false;
      entry.stale.add(entry.delivery);
      this.back(entry, 'its engine lets go of it');
    } else if (event === 'stalled') {
      entry.lost += 1;
      this.back(entry, 'its engine fell silent');
    } else {
      entry.ended = true;
      entry.wake();
    }
  }

  private back({ id, lost }: Entry, why: string): void {
    this.options.log.warn({ ...aboutJob(id), why, lost }, 'job comes back');
  }

  private take(entry: Entry, data: unknown): void {
    const sealed = (data as { sealed?: unknown }).sealed;
    const { nonce, delivery, said } = this.end.envelopes.open('word', sealed, saidSchema);
    if (nonce !== entry.out?.nonce || entry.stale.has(delivery)) return;
    entry.delivery = delivery;
    if (said.type === 'held') entry.hold(said.why);
    else for (const listener of entry.listeners) listener(said.progress);
  }

  /** Why nobody can do a job, or that somebody can again. */
  private tell({ id, watchers }: Entry, why: Held | null): void {
    const { log } = this.options;
    if (why) log.warn({ ...aboutJob(id), ...why }, `job waits: ${why.message}`);
    else log.info(aboutJob(id), 'what waited goes on');
    for (const watcher of watchers) watcher(why);
    this.weigh();
  }

  private weigh(): void {
    const starved = [...this.entries.values()].some((entry) => entry.unschedulable.known !== null);
    if (starved !== this.starved) this.options.onStarved?.(starved);
    this.starved = starved;
  }

  /** Nothing can be asked of Redis, or it does nothing of what it is asked: what waits is told so. */
  private away(error: unknown): void {
    if (this.closed) return;
    this.troubles.tell(error);
    const why = refuses(error) ? refusingRedis : awayRedis;
    for (const entry of this.entries.values()) if (!entry.active) entry.unschedulable.mark(why);
  }
}
