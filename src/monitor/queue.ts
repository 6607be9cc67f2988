/**
 * What is measured of the queue, whichever it is: jobs that are out, and how long each took from being asked
 * for to its answer.
 */
import { toPlain } from '../errors.js';
import type { Held, JobQueue, JobRequest } from '../queue/contract.js';
import type { JobKind, JobProgress, JobResult } from '../queue/jobs.js';
import type { SetAside } from '../queue/matching/aside.js';
import type { Meter } from './meter.js';

export interface WatchedQueue extends JobQueue {
  /** Jobs asked for and not answered. */
  readonly size: number;
  /** Of these, jobs that no engine has begun. */
  readonly waiting: number;
}

/** Tells whether jobs wait that no engine can do. */
export function watchStarved(meter: Meter, starved: () => boolean): void {
  meter.gauge('acclaim_queue_starved', '1 while jobs wait that no engine can do.', [], (gauge) =>
    gauge.set(Number(starved())),
  );
}

/** `aside`: engines that get no jobs though they are there. */
export function watchAside(meter: Meter, aside: () => Promise<readonly SetAside[]>): void {
  meter.gauge(
    'acclaim_engines_aside',
    'Engines that get no jobs, because their data folder is not the one of the bot.',
    [],
    async (gauge) => gauge.set((await aside()).length),
  );
  meter.gauge(
    'acclaim_engine_aside_info',
    'Always 1; names the engines that are set aside.',
    ['engine'],
    async (gauge) => {
      gauge.reset();
      for (const { engine } of await aside()) gauge.set({ engine }, 1);
    },
  );
}

/** The queue, with counts of what waits and runs. */
export function watchQueue(queue: JobQueue, meter: Meter): WatchedQueue {
  /** Job -> whether an engine has begun it. */
  const out = new Map<string, boolean>();
  const waiting = () => [...out.values()].filter((begun) => !begun).length;
  meter.gauge(
    'acclaim_queue_jobs',
    'Jobs that are out: waiting = no engine has begun it, running = one tells of its progress.',
    ['state'],
    (gauge) => {
      gauge.set({ state: 'running' }, out.size - waiting());
      gauge.set({ state: 'waiting' }, waiting());
    },
  );
  const seconds = meter.histogram(
    'acclaim_job_seconds',
    'Seconds of a job from being asked for to its answer, waiting included.',
    'job',
    ['kind', 'outcome'],
  );

  async function run<K extends JobKind>(
    job: JobRequest<K>,
    onProgress?: (p: JobProgress) => void,
    onHeld?: (why: Held | null) => void,
  ): Promise<JobResult<K>> {
    const progress = (p: JobProgress) => {
      if (out.has(job.id)) out.set(job.id, true);
      onProgress?.(p);
    };
    // Asked for twice it is one job.
    if (out.has(job.id)) return queue.run(job, progress, onHeld);
    const began = performance.now();
    const over = (outcome: string) => {
      out.delete(job.id);
      seconds.observe({ kind: job.kind, outcome }, (performance.now() - began) / 1000);
    };
    out.set(job.id, false);
    try {
      const result = await queue.run(job, progress, onHeld);
      over('done');
      return result;
    } catch (error) {
      over(toPlain(error).code === 'cancelled' ? 'cancelled' : 'failed');
      throw error;
    }
  }
  return {
    run,
    cancel: (id) => queue.cancel(id),
    close: () => queue.close(),
    forget: async (artifacts) => queue.forget?.(artifacts),
    get size() {
      return out.size;
    },
    get waiting() {
      return waiting();
    },
  };
}
