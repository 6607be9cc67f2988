/**
 * What a store does while its disk is full: nothing is refused and nothing acknowledged; what was asked for
 * waits, in its order, and is tried again until there is room or it has taken too long. Whoever runs the
 * process is told once.
 */
import { isDiskFull } from './faults.js';

export interface PatienceOptions {
  /** Told when the disk is found full (true), and when there is room again (false). */
  onFull(full: boolean): void;
  /** Between two tries, ms. */
  everyMs?: number;
  /** Tries before what waits is refused as `disk-full` after all: ten minutes. */
  most?: number;
}

/** Waits for room on a full disk. */
export class Patience {
  #full = false;
  private wake: (() => void) | null = null;
  private over = false;

  constructor(
    private readonly file: string,
    private readonly options: PatienceOptions,
  ) {}

  /** Something waits. */
  get full(): boolean {
    return this.#full;
  }

  /** For a Writer. */
  async wait(error: unknown, tries: number): Promise<boolean> {
    const { everyMs = 1000, most = 600 } = this.options;
    if (!isDiskFull(error, this.file)) return false;
    // Once is enough: what waited together is not made to wait again one by one.
    this.over ||= tries >= most;
    if (this.over) return false;
    if (!this.#full) this.options.onFull(true);
    this.#full = true;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, everyMs);
    });
    return !this.over;
  }

  /** Something was written. */
  written(): void {
    if (!this.#full) return;
    this.#full = false;
    this.options.onFull(false);
  }

  /** Waits no more: what is not written by now is refused. */
  end(): void {
    this.over = true;
    this.wake?.();
  }
}
