/**
 * The time, handed in wherever it matters, so that tests and simulations have their own. What counts on it
 * (deadlines, the order of votes) must not suffer when somebody sets the machine's clock: SteadyClock says
 * how.
 */
import { uptime } from 'node:os';

export interface Clock {
  /** Epoch ms. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export interface TimeSources {
  /** Epoch ms, as the machine believes; may be set at any time. */
  wall(): number;
  /** Ms since some moment; never set, stands still while the machine sleeps. */
  running(): number;
  /** Ms since some moment; never set, goes on while the machine sleeps. */
  passing(): number;
}

const machine: TimeSources = {
  wall: () => Date.now(),
  running: () => performance.now(),
  passing: () => uptime() * 1000,
};

/** Differences up to this are the clock being kept right: followed forward, waited for backward. */
const DRIFT_MS = 2000;

/**
 * Starts with the machine's clock and goes on by what has really passed. It never goes back: behind a machine
 * whose clock was set back it runs ahead until that has caught up. A clock that was set forward is followed
 * only when `follow` is called, so that whoever counts on times can move them along first.
 */
export class SteadyClock implements Clock {
  private offset: number;
  private asleep: number;

  constructor(private readonly sources: TimeSources = machine) {
    this.offset = sources.wall() - sources.running();
    this.asleep = sources.passing() - sources.running();
  }

  now(): number {
    return Math.floor(this.sources.running() + this.offset);
  }

  /** What is known to have happened has happened: of times that were written down, the newest. */
  notBefore(time: number): void {
    this.offset = Math.max(this.offset, time - this.sources.running());
  }

  /**
   * Ms by which the machine's clock was set forward; negative where it runs behind; 0 within what is drift.
   * Ask often.
   */
  ahead(): number {
    const { wall, running, passing } = this.sources;
    const slept = passing() - running() - this.asleep;
    if (slept > DRIFT_MS) {
      this.asleep += slept;
      this.offset += slept;
    }
    const by = wall() - (running() + this.offset);
    if (by > 0 && by <= DRIFT_MS) this.offset += by;
    return Math.abs(by) <= DRIFT_MS ? 0 : by;
  }

  /** Goes forward by what `ahead` said. */
  follow(by: number): void {
    this.offset += Math.max(0, by);
  }
}
