/**
 * What BullMQ's worker does with one job: its envelope is opened, what it reads is fetched, the engine's own
 * queue runs it, what it wrote is sent. The answer is the job's return value, or the reason why it failed.
 * BullMQ has no word for a copy of a job: an engine begins no envelope twice.
 */
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type Job, type Processor, UnrecoverableError, WaitingError } from 'bullmq';
import { AcclaimError, toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { safely } from '../../machine/safely.js';
import { cancelled } from '../asked.js';
import type { JobQueue } from '../contract.js';
import type { JobPayload } from '../jobs.js';
import { awayBucket } from '../matching/unschedulable.js';
import { type EngineTransport, type Payload, underDelivery } from '../transport/transport.js';
import { reasonWith } from './answers.js';
import type { End } from './end.js';
import type { Heartbeat } from './heartbeat.js';
import { Reports } from './reports.js';
import { type Answer, type Delivered, deliveredSchema, type Said } from './wire.js';

/** Runs are drawn below this: no two of a job are alike, and no counter in Redis is needed for it. */
const DELIVERIES = 2 ** 47;

export interface DeliveryOptions {
  engine: string;
  transport: EngineTransport;
  /** Runs one job at a time; ends with the engine. */
  local: JobQueue;
}

/** The run under way. */
interface Running {
  delivered: Delivered;
  delivery: number;
  /** Ends the run, and what is carried for it. */
  signal: AbortSignal;
  reports: Reports;
  /** What it reads is here. */
  begun: boolean;
}

/** The jobs that come to this engine, one at a time. */
export class Deliveries {
  running: Running | null = null;
  /** Nonces of what was begun: what comes again is somebody's copy, or was lost to this very engine. */
  readonly #begun = new Set<string>();

  constructor(
    private readonly end: End,
    private readonly options: DeliveryOptions,
    private readonly heartbeat: Heartbeat,
  ) {}

  /** Resolves with the answer in its envelope, or throws with it in the reason. */
  readonly process: Processor = async (job, token, ended) => {
    // BullMQ hands a signal to whoever takes three parameters.
    const signal = ended as AbortSignal;
    const delivered = this.#opened(job);
    const delivery = randomInt(1, DELIVERIES);
    const send = (said: Said) => this.#tell(job, { nonce: delivered.nonce, delivery, said });
    const reports = new Reports({ job: delivered.job, send, log: this.end.log });
    const running = { delivered, delivery, signal, reports, begun: false };
    this.running = running;
    try {
      return await this.#done(running);
    } catch (fault) {
      const error = toPlain(signal.aborted ? cancelled(delivered.job) : fault);
      if (this.heartbeat.draining && error.code === 'cancelled') {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const why = `${error.code}: ${error.message}`;
      throw unrecoverable(reasonWith(why, this.#sealed(running, { type: 'failed', error })), why);
    } finally {
      this.running = null;
    }
  };

  #opened({ id = '', data }: Job): Delivered {
    const { envelopes, log } = this.end;
    try {
      return envelopes.open('job', data.sealed, deliveredSchema);
    } catch (error) {
      const plain = toPlain(error);
      log.warn({ ...aboutJob(id), ...plain }, 'job dropped');
      throw unrecoverable(plain.message, plain.message);
    }
  }

  /** Operators read what is beside the envelope; nobody goes by it. */
  #tell(job: Job, word: { nonce: string; delivery: number; said: Said }): Promise<void> {
    const sealed = this.end.envelopes.close('word', word);
    const none = { stage: 'held', done: 0, total: 0 };
    const { stage, done, total } = word.said.type === 'progress' ? word.said.progress : none;
    return job.updateProgress({ stage, done, total, sealed });
  }

  /** The answer, sealed. Nothing that it says is under way any more, however it ends. */
  async #done(running: Running): Promise<string> {
    const { delivered, delivery, signal, reports } = running;
    const { kind, nonce, payload, folder } = delivered;
    const { transport } = this.options;
    try {
      if (this.#begun.has(nonce)) throw new AcclaimError('cancelled', 'it was begun here before');
      this.#begun.add(nonce);
      // Each file on its way listens to it.
      setMaxListeners(0, signal);
      const elsewhere = folder === null ? null : await this.heartbeat.otherThan(folder);
      if (elsewhere) throw elsewhere;
      const onWait = (error: unknown) => reports.tell({ type: 'held', why: awayBucket(error) });
      const own = await transport.unpack(kind, underDelivery(kind, payload, delivery), signal, onWait);
      try {
        signal.throwIfAborted();
        running.begun = true;
        const result = await this.#run(running, own);
        const artifact = await transport.deliver(kind, own, signal, onWait);
        const answer = this.#sealed(running, { type: 'done', result, artifact });
        await this.#note(running, own, artifact, result);
        return answer;
      } catch (error) {
        transport.discard(kind, own);
        throw error;
      }
    } finally {
      await reports.settled();
    }
  }

  /** The engine's own queue runs it. */
  async #run({ delivered, delivery, signal, reports }: Running, payload: Payload): Promise<unknown> {
    const { local } = this.options;
    const { job, kind } = delivered;
    const id = `${job}.${delivery}`;
    const fault = (error: unknown) => this.end.log.warn({ ...aboutJob(job), ...toPlain(error) });
    signal.addEventListener(
      'abort',
      safely(() => local.cancel(id), fault),
    );
    return await local.run({ id, kind, payload: payload as JobPayload<typeof kind> }, (progress) =>
      reports.tell({ type: 'progress', progress }),
    );
  }

  #sealed({ delivered: { job, nonce }, delivery }: Running, outcome: Answer['outcome']): string {
    const { engine } = this.options;
    return this.end.envelopes.close('answer', { job, nonce, delivery, engine, outcome });
  }

  /** Without a note the job is computed again where the answer gets lost, and nothing else. */
  async #note(
    { delivered, delivery, signal }: Running,
    payload: Payload,
    artifact: string | null,
    result: unknown,
  ) {
    const { job, kind, identity } = delivered;
    if (identity === null || artifact === null) return;
    try {
      const text = this.end.envelopes.close('made', { identity, delivery, artifact, result });
      await this.options.transport.note(kind, payload, identity, text, signal);
    } catch (fault) {
      this.end.log.debug({ ...aboutJob(job), ...toPlain(fault) }, 'no note of what was made');
    }
  }
}

/** `why`: what operators read of it in BullMQ, in place of a stack. */
function unrecoverable(reason: string, why: string): UnrecoverableError {
  return Object.assign(new UnrecoverableError(reason), { stack: why });
}
