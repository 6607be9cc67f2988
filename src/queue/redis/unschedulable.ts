/**
 * That nobody can do a job: told once for each reason, and only when it has lasted, since engines come and
 * go. BullMQ lets a job wait without a word.
 */
import { aboutJob, type Log } from '../../log.js';
import type { Held } from '../contract.js';

export const awayRedis: Held = { code: 'no-redis', message: 'the queue (Redis) does not answer' };

/** It answers and takes nothing: a replica, a full memory, missing rights. The log has its words. */
export const refusingRedis: Held = {
  code: 'no-redis',
  message: 'the queue (Redis) refuses what it is asked',
};

/** A bucket that is away, as whoever waits is told of it. */
export const awayBucket = (error: unknown): Held | null =>
  error === null
    ? null
    : { code: 'no-bucket', message: 'the bucket between bot and engines does not answer' };

/** Why one job can go to no engine, and whether whoever waits was told. */
export class Unschedulable {
  private why: Held | null = null;
  /** Ms of this process. */
  private since = 0;
  private told = false;

  /** `tell` hears of each reason, and null when somebody can again. */
  constructor(
    private readonly graceMs: number,
    private readonly tell: (why: Held | null) => void,
  ) {}

  /** What is known to whoever waits. */
  get known(): Held | null {
    return this.told ? this.why : null;
  }

  mark(why: Held | null): void {
    const before = this.why;
    this.why = why;
    if (!why) {
      const { told } = this;
      this.told = false;
      if (told) this.tell(null);
      return;
    }
    const now = performance.now();
    if (!before) this.since = now;
    this.told &&= before?.code === why.code && before.message === why.message;
    if (this.told || now - this.since < this.graceMs) return;
    this.told = true;
    this.tell(why);
  }
}

/** A job, as far as it matters here. */
export interface Waiting {
  id: string;
  watchers: readonly ((why: Held | null) => void)[];
  unschedulable: Unschedulable;
}

export interface WaitingJobsParts {
  log: Log;
  /** Told when jobs begin to wait that no engine can do (true), and when none does any more (false). */
  onStarved?: (starved: boolean) => void;
}

/** Jobs that no engine can do, together. */
export class WaitingJobs {
  private starved = false;

  constructor(
    private readonly entries: ReadonlyMap<string, Waiting>,
    private readonly parts: WaitingJobsParts,
  ) {}

  readonly tell = ({ id, watchers }: Waiting, why: Held | null): void => {
    const { log } = this.parts;
    const job = aboutJob(id);
    if (why) log.warn({ ...job, ...why }, `job waits: ${why.message}`);
    else log.info(job, 'what waited goes on');
    for (const watcher of watchers) watcher(why);
    this.weigh();
  };

  /** Call it when a job is over, too. */
  weigh(): void {
    const starved = [...this.entries.values()].some((entry) => entry.unschedulable.known !== null);
    if (starved !== this.starved) this.parts.onStarved?.(starved);
    this.starved = starved;
  }
}
