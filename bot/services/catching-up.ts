/**
 * Reading what a platform did not tell: after every gap, and until it was read. A reading that meets a
 * platform that gives no answer is begun again, later and later; one that is asked for meanwhile is the same.
 */
import type { PlatformName } from '../../src/chat/port.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import type { Patience } from '../effects/patience.js';

export interface CatchingUpParts {
  log: Log;
  patience: Patience;
}

/** Whoever knows what there is to read: made later than those who ask for it. */
export interface ReadsMissed {
  /** Throws where something could not be read. */
  readMissed(platform: PlatformName): Promise<void>;
}

/** Readings that are due, one a platform. */
export class CatchingUp {
  private readonly running = new Map<PlatformName, Promise<void>>();
  /** Asked for again while it runs. */
  private readonly again = new Set<PlatformName>();
  private readonly timers = new Map<PlatformName, NodeJS.Timeout>();
  private stopped = false;
  private reader: ReadsMissed | null = null;

  constructor(private readonly parts: CatchingUpParts) {}

  /** Call it before anything is asked for. */
  readBy(reader: ReadsMissed): void {
    this.reader = reader;
  }

  /** Resolves when it was read once, or could not be: then it is tried again beside everything else. */
  ask(platform: PlatformName): Promise<void> {
    const known = this.running.get(platform);
    if (known) {
      this.again.add(platform);
      return known;
    }
    const { retryMs } = this.parts.patience;
    const run = this.read(platform, retryMs).finally(() => this.running.delete(platform));
    this.running.set(platform, run);
    return run;
  }

  /** The same, and nobody waits for it. */
  soon(platform: PlatformName): void {
    this.ask(platform).catch((error) => this.fault(platform, error));
  }

  /** What is being read is not waited for: it may be the very thing that gets no answer. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private async read(platform: PlatformName, wait: number): Promise<void> {
    clearTimeout(this.timers.get(platform));
    this.timers.delete(platform);
    do {
      this.again.delete(platform);
      if (this.stopped) return;
      try {
        await this.reader?.readMissed(platform);
      } catch (error) {
        this.fault(platform, error);
        if (!this.stopped) this.later(platform, wait);
        return;
      }
    } while (this.again.has(platform));
  }

  private fault(platform: PlatformName, error: unknown): void {
    this.parts.log.warn({ platform, error: String(error) }, 'what was missed is not read yet');
  }

  private later(platform: PlatformName, wait: number): void {
    const { mostMs } = this.parts.patience;
    const next = safely(
      () => {
        const run = this.read(platform, Math.min(wait * 2, mostMs)).finally(() =>
          this.running.delete(platform),
        );
        this.running.set(platform, run);
        return run;
      },
      (error) => this.fault(platform, error),
    );
    this.timers.set(platform, setTimeout(next, wait));
  }
}
