/**
 * That nobody can do a job: told once for each reason, and only when it has lasted, since engines come and
 * go. BullMQ lets a job wait without a word.
 */
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
