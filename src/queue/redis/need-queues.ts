/**
 * BullMQ's queues, one a need, as the bot uses them: jobs go in, events come out. Engines find them by the
 * list of needs, which BullMQ does not keep. A queue that nobody has used for a while is taken away with all
 * that it holds; BullMQ itself keeps its stream of events for ever.
 */
import { type Job, Queue, QueueEvents } from 'bullmq';
import { safely } from '../../machine/safely.js';
import type { Need } from '../matching/ability.js';
import type { End } from './end.js';
import { queueName } from './wire.js';

/** Answers stay in Redis for so long when nobody takes them, s. */
const KEPT_S = 86_400;
/** Events of a queue, at most; some hold a preview. */
const EVENTS = 50;
const UNUSED_MS = 600_000;

/** `returned`: its engine has let go of it, or has fallen silent (then `stalled` follows). */
export type JobEvent = 'active' | 'returned' | 'stalled' | 'ended' | 'progress';

export interface NeedQueuesParts {
  end: End;
  trouble: (error: unknown) => void;
  unusedMs?: number;
  /** Hears of what is wrong with an event. */
  fault: (error: unknown) => void;
  /** Hears of each event of a job. */
  heard: (event: JobEvent, job: string, data?: unknown) => void;
}

/** What BullMQ tells with an event. */
interface Of {
  jobId: string;
  prev?: string;
  data?: unknown;
}

interface Opened {
  queue: Queue;
  events: QueueEvents;
}

/** BullMQ's queues, opened when they are first needed. */
export class NeedQueues {
  /** `used`: when one of its jobs was last out, ms of this process. */
  private readonly opened = new Map<string, { opening: Promise<Opened>; used: number }>();

  constructor(private readonly parts: NeedQueuesParts) {}

  async of(name: string): Promise<Queue> {
    const known = this.opened.get(name);
    if (known) return (await known.opening).queue;
    const opening = this.open(name);
    this.opened.set(name, { opening, used: performance.now() });
    opening.catch(() => this.opened.delete(name));
    return (await opening).queue;
  }

  /** Puts the job where engines look for it; a job of that id that is there already stays as it is. */
  async add(need: Need, id: string, kind: string, sealed: string): Promise<string> {
    const { redis, keys: names, envelopes } = this.parts.end;
    const name = queueName(need);
    const queue = await this.of(name);
    await redis.hset(names.needs, name, envelopes.close('need', need));
    const kept = { removeOnComplete: { age: KEPT_S }, removeOnFail: { age: KEPT_S } };
    await queue.add(kind, { sealed }, { jobId: id, attempts: need.attempts, ...kept });
    return name;
  }

  /** Where the job lies, whoever has put it there. */
  async find(id: string): Promise<{ name: string; job: Job } | null> {
    const { redis, keys: names } = this.parts.end;
    for (const name of await redis.hkeys(names.needs)) {
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
    const { redis, keys: names } = this.parts.end;
    for (const [name, one] of this.opened) {
      const { queue } = await one.opening;
      if (inUse.has(name)) {
        one.used = performance.now();
        await queue.trimEvents(EVENTS);
      } else if (performance.now() - one.used > (this.parts.unusedMs ?? UNUSED_MS)) {
        await redis.hdel(names.needs, name);
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
    const { end, trouble, fault, heard } = this.parts;
    const { redis: connection, prefix } = end;
    const common = { connection, prefix, skipVersionCheck: true };
    const queue = new Queue(name, { ...common, streams: { events: { maxLen: EVENTS } } });
    queue.on('error', safely(trouble, trouble));
    // What is said from now on, not from when the first question arrives.
    const [newest] = await connection.xrevrange(queue.toKey('events'), '+', '-', 'COUNT', 1);
    const events = new QueueEvents(name, { ...common, lastEventId: newest?.[0] ?? '0-0' });
    events.on('error', safely(trouble, trouble));
    const active = safely(({ jobId }: Of) => heard('active', jobId), fault);
    const stalled = safely(({ jobId }: Of) => heard('stalled', jobId), fault);
    const ended = safely(({ jobId }: Of) => heard('ended', jobId), fault);
    const progress = safely(({ jobId, data }: Of) => heard('progress', jobId, data), fault);
    const returned = safely(({ jobId, prev }: Of) => prev === 'active' && heard('returned', jobId), fault);
    events.on('active', active);
    events.on('waiting', returned);
    events.on('stalled', stalled);
    events.on('completed', ended);
    events.on('failed', ended);
    events.on('progress', progress);
    return { queue, events };
  }
}
