/**
 * Tells an engine process that hangs, or is stopped, from one that computes for long. The process beats while
 * its event loop is free, says beforehand how long it will be gone for (a run that takes minutes, a network
 * that is compiled), and tells of its progress with the time that is left. What takes many times as long as
 * was foretold, and longer than a floor, is hung.
 */
import { safely } from '../../machine/safely.js';
import type { FromEngine } from '../messages.js';

export interface Patience {
  /** Times what was foretold. */
  factor: number;
  /** At the least, ms. */
  floorMs: number;
}

/** Until a process is ready nothing is foretold: drivers are loaded, and devices compared with the CPU. */
const STARTS = 5;

/** Kills an engine that says nothing for longer than its work can take. */
export class Watchdog {
  private timer: NodeJS.Timeout | null = null;
  /** Ms of this process: when a word is due, and (with a step that was foretold) progress. */
  private word = Number.POSITIVE_INFINITY;
  private step = Number.POSITIVE_INFINITY;

  constructor(
    private readonly patience: Patience,
    /** Told once, why; then it rests. */
    private readonly hung: (why: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A process is being started. */
  starts(): void {
    this.expect(STARTS * this.patience.floorMs, Number.POSITIVE_INFINITY);
  }

  /** It has got a job. */
  begins(): void {
    this.expect(this.patience.floorMs, Number.POSITIVE_INFINITY);
  }

  /** It has said something about the job. */
  heard(message: FromEngine): void {
    if (message.type === 'ahead') {
      const ms = this.allowed(message.seconds);
      this.expect(ms, Math.max(this.step, this.now() + ms) - this.now());
      return;
    }
    const now = this.now();
    // A beat may have been on its way before what was foretold began: it shortens nothing.
    if (message.type !== 'progress') {
      this.expect(Math.max(this.patience.floorMs, this.word - now), this.step - now);
      return;
    }
    const { done, total, secondsLeft } = message.progress;
    const steps = total - done;
    const known = secondsLeft !== null && steps > 0;
    const step = known ? this.allowed(secondsLeft / steps) : Number.POSITIVE_INFINITY;
    this.expect(this.patience.floorMs, step);
  }

  rests(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.word = Number.POSITIVE_INFINITY;
    this.step = Number.POSITIVE_INFINITY;
  }

  private allowed(seconds: number): number {
    return Math.max(this.patience.floorMs, this.patience.factor * seconds * 1000);
  }

  /** Ms from now. */
  private expect(word: number, step: number): void {
    const now = this.now();
    this.word = now + word;
    this.step = now + step;
    this.wind();
  }

  private wind(): void {
    if (this.timer) clearTimeout(this.timer);
    const due = Math.min(this.word, this.step);
    const ms = Math.min(Math.max(0, due - this.now()), 2 ** 31 - 1);
    this.timer = setTimeout(
      safely(
        () => this.look(due),
        () => {},
      ),
      ms,
    ).unref();
  }

  private look(due: number): void {
    const late = this.now() - due;
    if (late < 0) {
      this.wind();
      return;
    }
    // This process slept as well: what was said meanwhile is heard first.
    if (late > this.patience.floorMs / 4) {
      this.expect(this.patience.floorMs, Number.POSITIVE_INFINITY);
      return;
    }
    const silent = this.word <= this.step;
    this.rests();
    this.hung(
      silent
        ? 'it said nothing for many times as long as it had foretold: it is stopped, or it hangs'
        : 'its step took many times as long as it had foretold: it hangs',
    );
  }
}
