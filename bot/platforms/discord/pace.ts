/**
 * Two brakes. `Spaced`: jobs of a lane one after the other, a least time from the start of one to the next. `Latest`:
 * the same, but a job that waits is replaced by a newer one, and whoever asked for the older is answered with it.
 */

export class Spaced {
  private readonly lanes = new Map<string, Promise<void>>();

  constructor(private readonly gap: number) {}

  run(lane: string, job: () => Promise<void>): Promise<void> {
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
  answer: PromiseWithResolvers<void>;
}

export class Latest {
  private readonly waiting = new Map<string, Waiting>();
  private readonly busy = new Set<string>();

  constructor(private readonly gap: number) {}

  run(lane: string, job: () => Promise<void>): Promise<void> {
    const known = this.waiting.get(lane);
    if (known) {
      known.job = job;
      return known.answer.promise;
    }
    const entry = { job, answer: withResolvers<void>() };
    this.waiting.set(lane, entry);
    if (!this.busy.has(lane)) void this.drain(lane);
    return entry.answer.promise;
  }

  private async drain(lane: string): Promise<void> {
    this.busy.add(lane);
    for (let entry = this.waiting.get(lane); entry; entry = this.waiting.get(lane)) {
      this.waiting.delete(lane);
      const done = entry.job();
      done.then(entry.answer.resolve, entry.answer.reject);
      await Promise.allSettled([done, sleep(this.gap)]);
    }
    this.busy.delete(lane);
  }
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Never keeps the process alive. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
