/**
 * Runs the jobs that arrive over a port, one at a time, by a table of handlers. Invariants: payloads and
 * results are checked against their schemas; a cancel or a stop takes effect at the handler's next look at
 * `signal`; every job gets exactly one answer.
 */
import { AcclaimError, toPlain } from '../src/errors.js';
import { type Log, silentLog } from '../src/log.js';
import { safely } from '../src/machine/safely.js';
import {
  type JobKind,
  type JobPayload,
  type JobProgress,
  type JobResult,
  jobSchemas,
} from '../src/queue/jobs.js';
import { type FromEngine, progressSchema, type ToEngine, toEngineSchema } from '../src/queue/messages.js';

export interface WorkerContext {
  signal: AbortSignal;
  progress: (p: JobProgress) => void;
  /** Told of what fails beside the work, for the log. */
  fault?: (error: unknown) => void;
}

export type Handlers = {
  [K in JobKind]: (payload: JobPayload<K>, context: WorkerContext) => Promise<JobResult<K>>;
};

export interface WorkerPort {
  send(message: FromEngine): void;
}

const SPARE_AFTER_MS = 400;

/** Runs one job at a time, in order; between jobs it does what can be done ahead. */
export class Worker {
  private running: { id: string; abort: AbortController; about: object } | null = null;
  private readonly waiting: Extract<ToEngine, { type: 'job' }>[] = [];
  private stopping = false;
  private idle: (() => void)[] = [];
  /** The job of which progress was dropped last: said once. */
  private muted: string | null = null;
  /** What is done meanwhile, and how it is ended. */
  private meanwhile: { done: Promise<void>; abort: AbortController } | null = null;
  private soon: NodeJS.Timeout | undefined;

  constructor(
    private readonly handlers: Handlers,
    private readonly port: WorkerPort,
    private readonly log: Log = silentLog,
    /** Work for when there is no job; it ends at the signal, and is asked again after the next job. */
    private readonly spare: (signal: AbortSignal) => Promise<void> = async () => {},
  ) {}

  /** What every line of the log that concerns the running job carries; empty when none runs. */
  get about(): object {
    return this.running?.about ?? {};
  }

  receive(raw: unknown): void {
    const message = toEngineSchema.parse(raw);
    if (message.type === 'job') {
      this.waiting.push(message);
      this.drain().catch((error) => this.log.error(toPlain(error), 'the worker fails'));
    } else if (message.type === 'cancel') {
      if (this.running?.id === message.id) this.running.abort.abort(cancelled(message.id));
    } else {
      this.stop().catch((error) => this.log.error(toPlain(error), 'the worker fails'));
    }
  }

  /** Ends the running job between two steps; resolves when nothing runs. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.running?.abort.abort(cancelled(this.running.id));
    await this.giveWay();
    if (this.running) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** Once nothing was asked for a moment: who asks for many jobs in a row shall not wait between them. */
  private fillIn(): void {
    if (this.stopping) return;
    const failed = (error: unknown) => this.log.warn(toPlain(error), 'work ahead of the votes was given up');
    this.soon = setTimeout(
      safely(() => {
        const abort = new AbortController();
        const done = this.spare(abort.signal)
          .catch(failed)
          .finally(() => {
            this.meanwhile = null;
          });
        this.meanwhile = { abort, done };
      }, failed),
      SPARE_AFTER_MS,
    ).unref();
  }

  private async giveWay(): Promise<void> {
    clearTimeout(this.soon);
    this.meanwhile?.abort.abort();
    await this.meanwhile?.done;
  }

  private async drain(): Promise<void> {
    if (this.running) return;
    for (let job = this.waiting.shift(); job; job = this.waiting.shift()) {
      const abort = new AbortController();
      const about = aboutOf(job);
      this.running = { id: job.id, abort, about };
      if (this.stopping) abort.abort(cancelled(job.id));
      await this.giveWay();
      this.log.info(about, 'job begins');
      const began = performance.now();
      const answer = await this.answer(job, abort.signal);
      const seconds = Math.round(performance.now() - began) / 1000;
      if (answer.type === 'done') this.log.info({ ...about, seconds }, 'job done');
      else if (answer.type === 'failed')
        this.log[answer.error.code === 'cancelled' ? 'info' : 'warn'](
          { ...about, seconds, code: answer.error.code, error: answer.error.message },
          'job failed',
        );
      this.port.send(answer);
      this.running = null;
    }
    for (const resolve of this.idle.splice(0)) resolve();
    this.fillIn();
  }

  /** Whatever is wrong with what is told, the work goes on. */
  private tell(job: Extract<ToEngine, { type: 'job' }>, progress: JobProgress): void {
    try {
      this.port.send({ type: 'progress', id: job.id, progress: progressSchema.parse(progress) });
    } catch (error) {
      this.drop(job, error);
    }
  }

  private drop(job: Extract<ToEngine, { type: 'job' }>, error: unknown): void {
    if (this.muted !== job.id) this.log.warn({ ...aboutOf(job), ...toPlain(error) }, 'progress is dropped');
    this.muted = job.id;
  }

  private async answer(job: Extract<ToEngine, { type: 'job' }>, signal: AbortSignal): Promise<FromEngine> {
    try {
      if (!(job.kind in jobSchemas))
        throw new AcclaimError('job-invalid', `unknown kind of job: ${job.kind}`);
      const kind = job.kind as JobKind;
      const payload = jobSchemas[kind].payload.safeParse(job.payload);
      if (!payload.success) throw new AcclaimError('job-invalid', `job ${job.id}: ${payload.error.message}`);
      signal.throwIfAborted();
      // The table is total by kind, so handler and payload belong together; TypeScript cannot follow the
      // pair.
      const handler = this.handlers[kind] as (p: unknown, c: WorkerContext) => Promise<unknown>;
      const result = await handler(payload.data, {
        signal,
        progress: (progress) => this.tell(job, progress),
        fault: (error) => this.drop(job, error),
      });
      const checked = jobSchemas[kind].result.safeParse(result);
      if (!checked.success)
        throw new AcclaimError('job-invalid', `result of ${job.id}: ${checked.error.message}`);
      return { type: 'done', id: job.id, result: checked.data };
    } catch (error) {
      return { type: 'failed', id: job.id, error: toPlain(signal.aborted ? cancelled(job.id) : error) };
    }
  }
}

function aboutOf({ id, kind, payload }: Extract<ToEngine, { type: 'job' }>): object {
  const { session, round } = (payload ?? {}) as { session?: unknown; round?: unknown };
  return { job: id, kind, session, round };
}

function cancelled(id: string): AcclaimError {
  return new AcclaimError('cancelled', `job ${id} was cancelled`);
}
