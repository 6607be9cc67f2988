/**
 * What BullMQ's worker does with one job: its envelope is opened, what it reads is fetched, the engine's own
 * queue runs it, what it wrote is sent. The answer is the job's return value, or the reason why it failed.
 * BullMQ has no word for a copy of a job: an engine begins no envelope twice.
 */
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { safely } from '../../machine/safely.js';
import type { JobQueue } from '../contract.js';
import { cancelled } from '../deferred.js';
import type { JobPayload } from '../jobs.js';
import { awayBucket } from '../matching/unschedulable.js';
import { otherFolder } from '../transport/folder-mark.js';
import { type EngineTransport, underDelivery } from '../transport/transport.js';
import { reasonWith } from './answers.js';
import type { End } from './end.js';
import type { Heartbeat } from './heartbeat.js';
import type { Taken } from './pull.js';
import { Reports } from './reports.js';
import { type Answer, type Delivered, deliveredSchema, type Said } from './wire.js';

/** Runs are drawn below this: no two of a job are alike, and no counter in Redis is needed for it. */
const DELIVERIES = 2 ** 47;

export interface DeliveriesOptions {
  end: End;
  engine: string;
  transport: EngineTransport;
  /** Runs one job at a time. */
  local: JobQueue;
  heartbeat: Heartbeat;
}

/** How a run came out: an answer's outcome, or that the engine leaves. */
type Outcome = Answer['outcome'] | { type: 'leaves' };

/** The run under way. */
class Running {
  readonly delivery = randomInt(1, DELIVERIES);
  /** Whether what it reads is here. */
  begun = false;
  /** As unpacked; null where there is nothing to discard. */
  payload: Record<string, unknown> | null = null;
  /** What was made is noted beside it, so that it counts though its answer gets lost. */
  noted = false;
  readonly reports: Reports;

  /** `signal`: ends the run, and what is carried for it. */
  constructor(
    readonly delivered: Delivered,
    readonly signal: AbortSignal,
    job: Job,
    { envelopes, log }: End,
  ) {
    // Each file on its way listens to it.
    setMaxListeners(0, signal);
    const { nonce } = delivered;
    const send = (said: Said) => {
      const sealed = envelopes.close('word', { nonce, delivery: this.delivery, said });
      // Operators read what is beside the envelope; nobody goes by it.
      const { stage, done, total } =
        said.type === 'progress' ? said.progress : { stage: 'held', done: 0, total: 0 };
      return job.updateProgress({ stage, done, total, sealed });
    };
    this.reports = new Reports({ job: delivered.job, send, log });
  }

  get id(): string {
    return `${this.delivered.job}.${this.delivery}`;
  }
}

/** The jobs that come to this engine, one at a time. */
export class Deliveries {
  running: Running | null = null;
  /** Nonces of what was begun: what comes again is somebody's copy, or was lost to this very engine. */
  readonly #begun = new Set<string>();

  constructor(private readonly options: DeliveriesOptions) {}

  /** Has BullMQ run what was taken. Never rejects. */
  async run({ job, run }: Taken): Promise<void> {
    await run();
    const { running } = this;
    this.running = null;
    if (!running?.payload || job.finishedOn) return;
    // Whole and noted, it may be all that is left of it: the bot finds it, or clears it away with the rest.
    if (!running.noted) this.options.transport.discard(running.delivered.kind, running.payload);
  }

  /** BullMQ's processor: resolves with the answer in its envelope, or throws with it in the reason. */
  readonly process = async (job: Job, token?: string, signal?: AbortSignal): Promise<string> => {
    const running = new Running(this.#opened(job), signal as AbortSignal, job, this.options.end);
    this.running = running;
    const outcome = await this.#outcome(running);
    await running.reports.settled();
    if (outcome.type === 'leaves') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const sealed = this.#sealed(running, outcome);
    if (outcome.type === 'done') return sealed;
    const why =
      outcome.type === 'failed'
        ? `${outcome.error.code}: ${outcome.error.message}`
        : 'it was begun here before';
    throw unrecoverable(reasonWith(why, sealed), why);
  };

  #opened({ id = '', data }: Job): Delivered {
    const { envelopes, log } = this.options.end;
    try {
      return envelopes.open('job', data.sealed, deliveredSchema);
    } catch (error) {
      const plain = toPlain(error);
      log.warn({ ...aboutJob(id), ...plain }, 'job dropped');
      throw unrecoverable(plain.message, plain.message);
    }
  }

  async #outcome(running: Running): Promise<Outcome> {
    const { transport, heartbeat, local, end } = this.options;
    const { delivered, reports, signal } = running;
    const { nonce, kind } = delivered;
    if (this.#begun.has(nonce)) return { type: 'handed-back' };
    this.#begun.add(nonce);
    const fault = (error: unknown) => end.log.warn({ ...aboutJob(delivered.job), ...toPlain(error) });
    signal.addEventListener(
      'abort',
      safely(() => local.cancel(running.id), fault),
    );
    const onWait = (error: unknown) => reports.tell({ type: 'held', why: awayBucket(error) });
    try {
      await this.#mustShareFolder(delivered);
      const own = underDelivery(kind, delivered.payload, running.delivery);
      const payload = await transport.unpack(kind, own, signal, onWait);
      running.payload = payload;
      signal.throwIfAborted();
      running.begun = true;
      const request = { id: running.id, kind, payload: payload as JobPayload<typeof kind> };
      const result = await local.run(request, (progress) => reports.tell({ type: 'progress', progress }));
      const artifact = await transport.deliver(kind, payload, signal, onWait);
      await this.#note(running, artifact, result);
      return { type: 'done', result, artifact };
    } catch (error) {
      const plain = toPlain(signal.aborted ? cancelled(delivered.job) : error);
      if (running.payload) transport.discard(kind, running.payload);
      running.payload = null;
      if (heartbeat.draining && plain.code === 'cancelled') return { type: 'leaves' };
      return { type: 'failed', error: plain };
    }
  }

  #sealed({ delivered: { job, nonce }, delivery }: Running, outcome: Answer['outcome']): string {
    const { end, engine } = this.options;
    const close = (said: Answer['outcome']) =>
      end.envelopes.close('answer', { job, nonce, delivery, engine, outcome: said });
    try {
      return close(outcome);
    } catch (error) {
      // Another engine would have as much to say.
      return close({ type: 'failed', error: toPlain(error) });
    }
  }

  /** Throws `data-mismatch`. */
  async #mustShareFolder({ folder }: Delivered): Promise<void> {
    if (folder === null) return;
    const { folder: mine = null, unread } = await this.options.heartbeat.marked();
    if (mine !== folder) throw otherFolder(mine, unread);
  }

  /** Without a note the job is computed again where the answer gets lost, and nothing else. */
  async #note(running: Running, artifact: string | null, result: unknown): Promise<void> {
    const { end, transport } = this.options;
    const { delivered, delivery, payload, signal } = running;
    const { job, kind, identity } = delivered;
    if (identity === null || artifact === null || payload === null) return;
    const text = end.envelopes.close('made', { identity, delivery, artifact, result });
    try {
      await transport.note(kind, payload, identity, text, signal);
      running.noted = true;
    } catch (fault) {
      end.log.debug({ ...aboutJob(job), ...toPlain(fault) }, 'no note of what was made');
    }
  }
}

/** `why`: what operators read of it in BullMQ, in place of a stack. */
function unrecoverable(reason: string, why: string): UnrecoverableError {
  return Object.assign(new UnrecoverableError(reason), { stack: why });
}
