/**
 * What is measured of an engine, from the words that pass between it and its queue: so the same figures come
 * from an engine beside the bot and from one of its own. The engine's own counters begin anew with each
 * process; what is told here goes on.
 */
import type { EngineEnd, EngineLauncher, EngineLink, EngineListener } from '../queue/local/engine-link.js';
import type { FromEngine, ToEngine } from '../queue/messages.js';
import type { Meter } from './meter.js';

type Alive = Extract<FromEngine, { type: 'alive' }>;

export interface EngineWatch {
  /** Starts what `launch` starts, and counts what passes. */
  launcher(launch: EngineLauncher): EngineLauncher;
  /** Null = an engine is there and takes jobs. */
  look(): string | null;
}

/** Figures of the engine processes of this machine. */
export function watchEngine(meter: Meter): EngineWatch {
  const figures = engineFigures(meter);
  figures.up.set(0);
  const running = { engines: 0 };
  return {
    launcher: (launch) => (listener) => new WatchedEngine(figures, running, launch, listener),
    look: () => (running.engines > 0 ? null : 'the engine process is not up'),
  };
}

const engineFigures = (meter: Meter) => ({
  up: meter.gauge('acclaim_engine_up', '1 while the engine process of this machine takes jobs.'),
  device: meter.gauge('acclaim_engine_device_info', 'Always 1; what the engine computes on.', ['device']),
  rss: meter.gauge('acclaim_engine_resident_memory_bytes', 'Memory that the engine process holds.'),
  lag: meter.gauge(
    'acclaim_engine_event_loop_lag_seconds',
    "How late the engine's last beat was: it computes in its own thread, so seconds are usual during a step.",
  ),
  executors: meter.gauge('acclaim_engine_executors', 'Compiled graphs that the engine holds.'),
  models: meter.gauge('acclaim_engine_models', 'Models that the engine has open.'),
  asked: meter.counter(
    'acclaim_engine_executor_requests_total',
    'Compiled graphs asked of the cache: hit = it was there, compiled = it had to be made.',
    { result: ['hit', 'compiled'] },
  ),
  released: meter.counter(
    'acclaim_engine_executors_released_total',
    'Compiled graphs that the cache let go, for memory or number.',
  ),
  ends: meter.counter('acclaim_engine_ends_total', 'Engine processes that ended, by how.', {
    how: ['told', 'fault', 'not-started', 'hung', ...endSignals, 'other-signal'],
  }),
  jobs: meter.histogram(
    'acclaim_engine_job_seconds',
    'Seconds of a job in the engine, from the job to its answer.',
    'job',
    ['kind', 'outcome'],
  ),
  stages: meter.histogram(
    'acclaim_engine_stage_seconds',
    'Seconds of a stage of a job: load, sample, decode, check, embed, train, score, write.',
    'job',
    ['kind', 'stage'],
  ),
});

/** The job that an engine works on; times on the clock of `performance`, ms. */
interface Job {
  id: string;
  kind: string;
  began: number;
  stage: string | null;
  /** Since when it is in that stage. */
  at: number;
}

/** One engine process: hands every word on, both ways, and counts it. */
class WatchedEngine implements EngineLink {
  readonly #link: EngineLink;
  #ready = false;
  #job: Job | null = null;
  #before = { hits: 0, compiled: 0, released: 0 };

  constructor(
    private readonly figures: ReturnType<typeof engineFigures>,
    private readonly running: { engines: number },
    launch: EngineLauncher,
    listener: EngineListener,
  ) {
    this.#link = launch({
      // Whatever is wrong with the figures, the queue hears of the answer.
      message: (said) => {
        try {
          this.#message(said);
        } finally {
          listener.message(said);
        }
      },
      ended: (end) => {
        this.#ended(end);
        listener.ended(end);
      },
    });
  }

  send(said: ToEngine): void {
    if (said.type === 'job') {
      const now = performance.now();
      this.#job = { id: said.id, kind: said.kind, began: now, stage: null, at: now };
    }
    this.#link.send(said);
  }

  kill(hung?: string): void {
    this.#link.kill(hung);
  }

  #message(said: FromEngine): void {
    const now = performance.now();
    if (said.type === 'ahead') return;
    if (said.type === 'ready') {
      this.#ready = true;
      this.figures.up.set(++this.running.engines);
      this.figures.device.set({ device: said.device ?? 'cpu' }, 1);
      return;
    }
    if (said.type === 'alive') {
      this.#alive(said);
      return;
    }
    const job = this.#job;
    if (job?.id !== said.id) return;
    if (said.type === 'progress') {
      const { stage } = said.progress;
      if (stage === job.stage) return;
      this.#endStage(job, now);
      job.stage = stage;
      job.at = now;
      return;
    }
    this.#endStage(job, now);
    this.figures.jobs.observe({ kind: job.kind, outcome: outcomeOf(said) }, (now - job.began) / 1000);
    this.#job = null;
  }

  #alive({ rss, lag, cache }: Alive): void {
    this.figures.rss.set(rss);
    if (lag !== undefined) this.figures.lag.set(lag);
    if (!cache) return;
    const { executors, models, asked, released } = this.figures;
    executors.set(cache.executors);
    models.set(cache.models);
    asked.inc({ result: 'hit' }, cache.hits - this.#before.hits);
    asked.inc({ result: 'compiled' }, cache.compiled - this.#before.compiled);
    released.inc(cache.released - this.#before.released);
    this.#before = cache;
  }

  #endStage({ kind, stage, at }: Job, now: number): void {
    if (stage) this.figures.stages.observe({ kind, stage }, (now - at) / 1000);
  }

  #ended(end: EngineEnd): void {
    if (this.#ready) this.figures.up.set(--this.running.engines);
    this.#ready = false;
    const job = this.#job;
    if (job)
      this.figures.jobs.observe({ kind: job.kind, outcome: 'lost' }, (performance.now() - job.began) / 1000);
    this.#job = null;
    this.figures.ends.inc({ how: howEnded(end) });
  }
}

/**
 * Signals by which engines end: by memory, by a crash of a driver or of the run time, by whoever stops them.
 */
const endSignals = ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTERM', 'SIGINT'];

function howEnded({ error, signal, code, hung }: EngineEnd): string {
  if (error) return 'not-started';
  if (hung !== undefined) return 'hung';
  if (signal !== null) return endSignals.includes(signal) ? signal : 'other-signal';
  return code === 0 ? 'told' : 'fault';
}

function outcomeOf(said: FromEngine): string {
  if (said.type !== 'failed') return 'done';
  return said.error.code === 'cancelled' ? 'cancelled' : 'failed';
}
