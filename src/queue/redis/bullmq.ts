/**
 * The queue over Redis, at the bot: a job goes into BullMQ's queue of what it needs, and engines pull. BullMQ
 * carries the lock, the stalled check, progress and events. Its own here is what BullMQ has nothing for: one
 * job of a session at a time (it has groups only in its paid edition), a word to cancel what runs elsewhere,
 * why nobody takes a job, and that a Redis which has forgotten a job is given it again: each job is asked
 * after every few seconds, and whenever the line comes back. The contract is in contract.ts; one job's course
 * in course.ts; the words in wire.ts; the other end in serve.ts.
 */
import { aboutJob } from '../../log.js';
import { safely } from '../../machine/safely.js';
import { within } from '../../machine/within.js';
import { refuses } from '../../redis/faults.js';
import { cancelled } from '../asked.js';
import type { Held, JobQueue, JobRequest } from '../contract.js';
import type { JobKind, JobProgress, JobResult } from '../jobs.js';
import { FORGOTTEN_AT_ONCE } from '../limits.js';
import type { Beat } from '../matching/ability.js';
import { Aside, type SetAside } from '../matching/aside.js';
import { awayRedis, refusingRedis } from '../matching/unschedulable.js';
import type { BotTransport } from '../transport/transport.js';
import { Course, type CourseOptions, type CourseParts } from './course.js';
import { End, type EndOptions } from './end.js';
import { EnginesThere } from './engines-there.js';
import { NeedQueues } from './need-queues.js';

/** Time that engines get to say that they are there, ms. */
const GRACE_MS = 5000;
const LOST_MS = 15_000;
/** What Redis may take, ms, to end with this side; to tell engines what to forget. */
const CLOSE_MS = 2000;
const FORGET_MS = 2000;

export interface BullQueueOptions extends EndOptions, Partial<Omit<CourseOptions, 'transport'>> {
  transport: BotTransport;
  /** Time between two looks when nobody says anything. */
  lookMs?: number;
  /** Silence after which an engine's job is given to another; the engines' own. */
  lostMs?: number;
  /** Told when jobs begin to wait that no engine can do (true), and when none does any more (false). */
  onStarved?: (starved: boolean) => void;
}

/** The bot's end of the queue over Redis. */
export class BullQueue implements JobQueue {
  private readonly end: End;
  private readonly parts: CourseParts;
  /** By id, until they are over. */
  private readonly courses = new Map<string, Course>();
  /** Jobs wait that no engine can do. */
  private starved = false;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;

  constructor(private readonly options: BullQueueOptions) {
    const { log, lostMs = LOST_MS, lookMs = Math.max(50, Math.floor(lostMs / 3)) } = options;
    const end = new End(options, '; jobs wait, votes go on', (error) => this.away(error));
    this.end = end;
    const given = { aside: new Aside(log), folder: null, attempts: 3, graceMs: GRACE_MS, ...options };
    const there = new EnginesThere(end, { ...given, lostMs });
    const queues = new NeedQueues(end, {
      hear: (event, job, data) => this.courses.get(job)?.hear(event, data),
    });
    this.parts = { ...given, end, there, queues };
    const begin = () => {
      there.tellFolder();
      return this.look();
    };
    end.redis.on('ready', safely(begin, end.fault));
    this.timer = setInterval(
      safely(() => this.look(), end.fault),
      lookMs,
    );
  }

  async run<K extends JobKind>(
    job: JobRequest<K>,
    onProgress?: (p: JobProgress) => void,
    onHeld?: (why: Held | null) => void,
  ): Promise<JobResult<K>> {
    if (this.end.closing) throw cancelled(job.id);
    const course = this.courses.get(job.id) ?? this.begin(job);
    const { known } = course.unschedulable;
    if (known) onHeld?.(known);
    if (onProgress) course.listeners.push(onProgress);
    if (onHeld) course.watchers.push(onHeld);
    return (await course.outcome) as JobResult<K>;
  }

  async cancel(id: string): Promise<void> {
    const course = this.courses.get(id);
    course?.cancel();
    await course?.outcome.catch(() => {});
  }

  /** Engines go on with what they run: the next life of this process asks again, and takes their answer. */
  async close(): Promise<void> {
    if (this.end.closing) return;
    this.end.closing = true;
    clearInterval(this.timer);
    const courses = [...this.courses.values()];
    for (const course of courses) course.leave();
    // A Redis that is away would hold it up for ever.
    const over = Promise.all(courses.map((course) => course.over));
    await within(
      CLOSE_MS,
      over.then(() => this.parts.queues.closeAll()),
    );
    this.end.redis.cut();
  }

  /** Engines that are there, as they describe themselves. */
  engines(): Promise<Beat[]> {
    return this.parts.there.list();
  }

  /** Engines that get no jobs, and why. */
  setAside(): Promise<SetAside[]> {
    return this.parts.there.setAside();
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
    if (this.end.closing) return;
    const { troubles, redis } = this.end;
    if (this.courses.size > 0) await this.parts.there.list();
    else if (troubles.told) await redis.ping();
    troubles.over();
    const courses = [...this.courses.values()];
    for (const course of courses) course.wake();
    await this.parts.queues.sweep(new Set(courses.flatMap(({ out }) => out?.queue ?? [])));
  }

  /** One job of a session at a time, in their order. */
  private begin(job: JobRequest): Course {
    const course: Course = new Course(job, this.parts, (why) => this.tell(course, why));
    const before = [...this.courses.values()].filter(({ session }) => session === course.session);
    this.courses.set(course.id, course);
    course.over = course.run(Promise.all(before.map(({ over }) => over))).then(() => {
      this.courses.delete(course.id);
      this.weigh();
    });
    return course;
  }

  /** Why nobody can do a job, or that somebody can again. */
  private tell({ id, watchers }: Course, why: Held | null): void {
    const { log } = this.options;
    if (why) log.warn({ ...aboutJob(id), ...why }, `job waits: ${why.message}`);
    else log.info(aboutJob(id), 'what waited goes on');
    for (const watcher of watchers) watcher(why);
    this.weigh();
  }

  private weigh(): void {
    const starved = [...this.courses.values()].some(({ unschedulable }) => unschedulable.known !== null);
    if (starved !== this.starved) this.options.onStarved?.(starved);
    this.starved = starved;
  }

  /** Nothing can be asked of Redis, or it does nothing of what it is asked: what waits is told so. */
  private away(error: unknown): void {
    const why = refuses(error) ? refusingRedis : awayRedis;
    for (const { active, unschedulable } of this.courses.values()) if (!active) unschedulable.mark(why);
  }
}
