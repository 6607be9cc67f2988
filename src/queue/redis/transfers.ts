/**
 * What is carried for a job before it goes to an engine and after it comes back: beside the queue's look, one
 * transfer a job, waiting for a bucket that is away. Aborting ends it at the next opportunity; what has
 * arrived by then has arrived.
 */
import { setMaxListeners } from 'node:events';
import { patiently } from '../../artifacts/patience.js';
import { toPlain } from '../../errors.js';
import type { Log } from '../../log.js';

interface Transfer {
  abort: AbortController;
  done: Promise<void>;
}

/** Transfers under way, one a job; each is tried again until it succeeds, fails for good or is called off. */
export class Transfers {
  private readonly under = new Map<string, Transfer>();
  private away = false;

  constructor(
    private readonly log: Log,
    /** Told after each transfer, and free to begin the next. */
    private readonly onEnd: () => void,
  ) {}

  has(job: string): boolean {
    return this.under.has(job);
  }

  /** `after` hears of the end: null, or the fault (`cancelled` where it was aborted). */
  begin(
    job: string,
    work: (signal: AbortSignal) => Promise<void>,
    after: (fault: unknown) => Promise<void>,
    /** Told of a bucket that is away, and (null) that it is back. */
    onWait: (error: unknown) => void,
  ): void {
    if (this.under.has(job)) return;
    const abort = new AbortController();
    const { signal } = abort;
    // Each file on its way listens to it.
    setMaxListeners(0, signal);
    const told = (error: unknown) => {
      this.waitingJobs(error);
      onWait(error);
    };
    const done = patiently(() => work(signal), { signal, onWait: told })
      .then(
        () => after(null),
        (fault) => after(fault),
      )
      .catch((error) => this.log.warn({ job, ...toPlain(error) }, 'errand failed'))
      .finally(() => {
        this.under.delete(job);
        this.onEnd();
      });
    this.under.set(job, { abort, done });
  }

  abort(job: string): void {
    this.under.get(job)?.abort.abort();
  }

  async close(): Promise<void> {
    const all = [...this.under.values()];
    for (const { abort } of all) abort.abort();
    await Promise.all(all.map(({ done }) => done));
  }

  private waitingJobs(error: unknown): void {
    const away = error !== null;
    if (away === this.away) return;
    this.away = away;
    if (away) this.log.warn(toPlain(error), 'the bucket is away: jobs wait, votes go on');
    else this.log.info('the bucket is back');
  }
}
