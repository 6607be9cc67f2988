/**
 * Two brakes. `Spaced`: jobs of a lane one after the other, a least time from the start of one to the next.
 * `Latest`: the same, but a job that waits is replaced by a newer one, and whoever asked for the older is
 * answered with it.
 */

export class Spaced {
  private readonly lanes = new Map<string, Promise<void>>();

  constructor(
    /** ms */
    private readonly gap: number,
  ) {}

  run<T>(lane: string, job: () => Promise<T>): Promise<T> {
    const turn = this.lanes.get(lane) ?? Promise.resolve();
    const done = turn.then(job);
    const next = turn.then(() => Promise.allSettled([done, sleep(this.gap)])).then(() => {});
    this.lanes.set(lane, next);
    void next.then(() => {
      if (this.lanes.get(lane) === next) this.lanes.delete(lane);
    });
    return done;
  }
}

interface Waiting {
  job: () => Promise<void>;
  promise: Promise<void>;
  settle: (job: Promise<void>) => void;
}

/** Does at most one thing a key in each `gap`, and of those asked for meanwhile only the newest. */
export class Latest {
  private readonly waiting = new Map<string, Waiting>();
  private readonly busy = new Set<string>();

  constructor(
    /** ms */
    private readonly gap: number,
  ) {}

  run(lane: string, job: () => Promise<void>): Promise<void> {
    const known = this.waiting.get(lane);
    if (known) {
      known.job = job;
      return known.promise;
    }
    let settle!: Waiting['settle'];
    const promise = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.waiting.set(lane, { job, promise, settle });
    if (!this.busy.has(lane)) this.drain(lane).catch(() => {});
    return promise;
  }

  private async drain(lane: string): Promise<void> {
    this.busy.add(lane);
    for (let entry = this.waiting.get(lane); entry; entry = this.waiting.get(lane)) {
      this.waiting.delete(lane);
      const done = (async () => entry.job())();
      entry.settle(done);
      await Promise.allSettled([done, sleep(this.gap)]);
    }
    this.busy.delete(lane);
  }
}

/** Never keeps the process alive. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
