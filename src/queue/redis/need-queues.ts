/**
 * BullMQ's queues, one a need, as the bot uses them: jobs go in, events come out. Engines find them by the
 * list of needs, which BullMQ does not keep. A queue that nobody has used for a while is taken away with all
 * that it holds; BullMQ itself keeps its stream of events for ever.
 */
import { type Job, Queue, QueueEvents } from 'bullmq';
import { toPlain } from '../../errors.js';
import { safely } from '../../machine/safely.js';
import type { Need } from '../matching/ability.js';
import type { End } from './end.js';
import { queueName } from './wire.js';

/** Answers stay in Redis for so long when nobody takes them. */
const kept = { age: 86_400 };
/** Events of a queue, at most; some hold a preview. */
const EVENTS = 50;
const UNUSED_MS = 600_000;

/** BullMQ's events of a job. `waiting`: it has lost its engine (then `stalled` follows), or was let go. */
const heard = ['active', 'waiting', 'stalled', 'progress', 'completed', 'failed'] as const;
export type JobEvent = (typeof heard)[number];

export interface NeedQueuesOptions {
  /** Hears of each event of a job; what it throws is logged. */
  hear: (event: JobEvent, job: string, data: unknown) => void;
  unusedMs?: number;
}

interface Opened {
  queue: Queue;
  events: QueueEvents;
}

/** BullMQ's queues, opened when they are first needed. */
export class NeedQueues {
  /** `used`: when one of its jobs was last out, ms of this process. */
  private readonly opened = new Map<string, { opening: Promise<Opened>; used: number }>();

  constructor(
    private readonly end: End,
    private readonly options: NeedQueuesOptions,
  ) {}

  async of(name: string): Promise<Queue> {
    const known = this.opened.get(name) ?? { opening: this.open(name), used: performance.now() };
    this.opened.set(name, known);
    try {
      return (await known.opening).queue;
    } catch (error) {
      this.opened.delete(name);
      throw error;
    }
  }

  /** Puts the job where engines look for it; a job of that id that is there already stays as it is. */
  async add(need: Need, id: string, kind: string, sealed: string): Promise<void> {
    const { redis, keys, envelopes } = this.end;
    const name = queueName(need);
    const queue = await this.of(name);
    await redis.hset(keys.needs, name, envelopes.close('need', need));
    const { attempts } = need;
    await queue.add(kind, { sealed }, { jobId: id, attempts, removeOnComplete: kept, removeOnFail: kept });
  }

  /** Where the job lies, whoever has put it there. */
  async find(id: string): Promise<{ name: string; job: Job } | null> {
    for (const name of await this.end.redis.hkeys(this.end.keys.needs)) {
      const job = await (await this.of(name)).getJob(id);
      if (job) return { name, job };
    }
    return null;
  }

  /**
   * Takes away what nobody uses; `inUse` are those of jobs that are out. A Redis that has forgotten how many
   * events it keeps would keep ten thousand.
   */
  async sweep(inUse: ReadonlySet<string>): Promise<void> {
    const { unusedMs = UNUSED_MS } = this.options;
    for (const [name, one] of this.opened) {
      const { queue } = await one.opening;
      if (inUse.has(name)) {
        one.used = performance.now();
        await queue.trimEvents(EVENTS);
      } else if (performance.now() - one.used > unusedMs) {
        await this.end.redis.hdel(this.end.keys.needs, name);
        await queue.obliterate({ force: true });
        await this.close(name);
      }
    }
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.opened.keys()].map((name) => this.close(name)));
  }

  private async close(name: string): Promise<void> {
    const opened = await this.opened.get(name)?.opening;
    this.opened.delete(name);
    await opened?.events.close();
    await opened?.queue.close();
  }

  private async open(name: string): Promise<Opened> {
    const { redis: connection, prefix, log, fault } = this.end;
    const common = { connection, prefix, skipVersionCheck: true };
    const queue = new Queue(name, { ...common, streams: { events: { maxLen: EVENTS } } });
    queue.on('error', safely(fault, fault));
    // What is said from now on, not from when the first question arrives.
    const [newest] = await connection.xrevrange(queue.toKey('events'), '+', '-', 'COUNT', 1);
    const events = new QueueEvents(name, { ...common, lastEventId: newest?.[0] ?? '0-0' });
    events.on('error', safely(fault, fault));
    const deaf = (error: unknown) => log.debug(toPlain(error), 'a word not taken');
    for (const event of heard) {
      const hear = safely((of: { jobId: string; prev?: string; data?: unknown }) => {
        // A job that is new waits too.
        if (event !== 'waiting' || of.prev === 'active') this.options.hear(event, of.jobId, of.data);
      }, deaf);
      events.on(event, hear);
    }
    return { queue, events };
  }
}
