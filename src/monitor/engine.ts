/**
 * What is measured of an engine, from the words that pass between it and its queue: so the same figures come from an engine beside
 * the bot and from one of its own. The engine's own counters begin anew with each process; what is told here goes on.
 */
import type { EngineEnd, EngineLauncher } from '../queue/local/engine-link.js';
import type { FromEngine } from '../queue/messages.js';
import type { Meter } from './meter.js';

type Alive = Extract<FromEngine, { type: 'alive' }>;

export interface EngineWatch {
  launcher(launch: EngineLauncher): EngineLauncher;
  /** Null = an engine is there and takes jobs. */
  look(): string | null;
}

export function watchEngine(meter: Meter): EngineWatch {
  const up = meter.gauge('acclaim_engine_up', '1 while the engine process of this machine takes jobs.');
  const device = meter.gauge('acclaim_engine_device_info', 'Always 1; what the engine computes on.', [
    'device',
  ]);
  const rss = meter.gauge('acclaim_engine_resident_memory_bytes', 'Memory that the engine process holds.');
  const lag = meter.gauge(
    'acclaim_engine_event_loop_lag_seconds',
    "How late the engine's last beat was: it computes in its own thread, so seconds are usual during a step.",
  );
  const executors = meter.gauge('acclaim_engine_executors', 'Compiled graphs that the engine holds.');
  const models = meter.gauge('acclaim_engine_models', 'Models that the engine has open.');
  const asked = meter.counter(
    'acclaim_engine_executor_requests_total',
    'Compiled graphs asked of the cache: hit = it was there, compiled = it had to be made.',
    { result: ['hit', 'compiled'] },
  );
  const released = meter.counter(
    'acclaim_engine_executors_released_total',
    'Compiled graphs that the cache let go, for memory or number.',
  );
  const ends = meter.counter('acclaim_engine_ends_total', 'Engine processes that ended, by how.', {
    how: ['told', 'fault', 'not-started', 'hung', ...endSignals, 'other-signal'],
  });
  const jobs = meter.histogram(
    'acclaim_engine_job_seconds',
    'Seconds of a job in the engine, from the job to its answer.',
    'job',
    ['kind', 'outcome'],
  );
  const stages = meter.histogram(
    'acclaim_engine_stage_seconds',
    'Seconds of a stage of a job: load, sample, decode, check, embed, train, score, write.',
    'job',
    ['kind', 'stage'],
  );
  up.set(0);
  let running = 0;

  const launcher = (launch: EngineLauncher): EngineLauncher => {
    return (listener) => {
      let ready = false;
      let job: { id: string; kind: string; began: number; stage: string | null; at: number } | null = null;
      let before = { hits: 0, compiled: 0, released: 0 };
      const endStage = (now: number) => {
        if (job?.stage) stages.observe({ kind: job.kind, stage: job.stage }, (now - job.at) / 1000);
      };
      const alive = ({ rss: bytes, lag: late, cache }: Alive) => {
        rss.set(bytes);
        if (late !== undefined) lag.set(late);
        if (!cache) return;
        executors.set(cache.executors);
        models.set(cache.models);
        asked.inc({ result: 'hit' }, cache.hits - before.hits);
        asked.inc({ result: 'compiled' }, cache.compiled - before.compiled);
        released.inc(cache.released - before.released);
        before = cache;
      };
      const message = (said: FromEngine) => {
        const now = performance.now();
        if (said.type === 'ready') {
          ready = true;
          up.set(++running);
          device.set({ device: said.device ?? 'cpu' }, 1);
        } else if (said.type === 'alive') alive(said);
        else if (said.type === 'ahead') return;
        else if (job?.id === said.id && said.type === 'progress') {
          const { stage } = said.progress;
          if (stage !== job.stage) {
            endStage(now);
            job.stage = stage;
            job.at = now;
          }
        } else if (job?.id === said.id) {
          endStage(now);
          jobs.observe({ kind: job.kind, outcome: outcomeOf(said) }, (now - job.began) / 1000);
          job = null;
        }
      };
      const link = launch({
        // Whatever is wrong with the figures, the queue hears of the answer.
        message: (said) => {
          try {
            message(said);
          } finally {
            listener.message(said);
          }
        },
        ended: (end) => {
          if (ready) up.set(--running);
          ready = false;
          if (job) jobs.observe({ kind: job.kind, outcome: 'lost' }, (performance.now() - job.began) / 1000);
          job = null;
          ends.inc({ how: howEnded(end) });
          listener.ended(end);
        },
      });
      return {
        ...link,
        send: (said) => {
          if (said.type === 'job') {
            const now = performance.now();
            job = { id: said.id, kind: said.kind, began: now, stage: null, at: now };
          }
          link.send(said);
        },
      };
    };
  };
  return { launcher, look: () => (running > 0 ? null : 'the engine process is not up') };
}

/** Signals by which engines end: by memory, by a crash of a driver or of the run time, by whoever stops them. */
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
