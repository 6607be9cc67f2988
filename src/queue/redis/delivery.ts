/**
 * One run of a job, from the envelope in which it comes to the end that BullMQ is told: what it reads is
 * fetched, the engine's own queue runs it, what it wrote is sent. An engine begins no envelope twice, and
 * lets go of a job whose lock it has lost. BullMQ renews locks only of jobs that its own loop runs.
 */
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { UnrecoverableError } from 'bullmq';
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import { safely } from '../../machine/safely.js';
import type { JobQueue } from '../contract.js';
import { cancelled } from '../deferred.js';
import type { Envelopes } from '../envelope.js';
import type { JobPayload } from '../jobs.js';
import { otherFolder } from '../transport/folder-mark.js';
import { type EngineTransport, underDelivery } from '../transport/transport.js';
import { reasonWith } from './answers.js';
import type { Heartbeat } from './heartbeat.js';
import type { Pull, Taken } from './pull.js';
import { Reports } from './reports.js';
import { awayBucket } from './unschedulable.js';
import { type Answer, type Delivered, deliveredSchema, locks, type Said } from './wire.js';

/** Runs are drawn below this: no two of a job are alike, and no counter in Redis is needed for it. */
const DELIVERIES = 2 ** 47;

export interface DeliveriesOptions {
  envelopes: Envelopes;
  engine: string;
  transport: EngineTransport;
  /** Runs one job at a time. */
  local: JobQueue;
  heartbeat: Heartbeat;
  pull: Pull;
  lostMs: number;
  trouble: (error: unknown) => void;
  log: Log;
}

/** How a run came out: an answer's outcome, or that the engine leaves. */
type Outcome = Answer['outcome'] | { type: 'leaves' };

/** The run under way. */
class Running {
  /** Ends the fetching of what it reads, or the sending of what it wrote. */
  readonly carrying = new AbortController();
  readonly delivery = randomInt(1, DELIVERIES);
  /** Whether what it reads is here. */
  begun = false;
  /** Another engine may have its job. */
  lost = false;
  /** As unpacked; null where it was not. */
  payload: Record<string, unknown> | null = null;
  /** What was made is noted beside it, so that it counts though its answer gets lost. */
  noted = false;
  readonly reports: Reports;

  constructor(
    readonly delivered: Delivered,
    { job }: Taken,
    { envelopes, log }: DeliveriesOptions,
  ) {
    // Each file on its way listens to it.
    setMaxListeners(0, this.carrying.signal);
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

  /** Runs what was taken, and tells BullMQ of its end. Never rejects. */
  async run(taken: Taken): Promise<void> {
    const { job, token } = taken;
    const { envelopes, log } = this.options;
    try {
      // Too many engines have lost it: BullMQ leaves its end to whoever takes it next.
      if (job.deferredFailure) throw new UnrecoverableError(job.deferredFailure);
      const delivered = envelopes.open('job', job.data.sealed, deliveredSchema);
      await this.#run(taken, new Running(delivered, taken, this.options));
    } catch (error) {
      log.warn({ ...aboutJob(job.id ?? ''), ...toPlain(error) }, 'job dropped');
      await job
        .moveToFailed(new UnrecoverableError(toPlain(error).message), token)
        .catch(this.options.trouble);
    }
  }

  /** Ends what is on its way for the job, and the job itself between two steps. */
  async letGo({ carrying, delivered, id }: Running): Promise<void> {
    carrying.abort(cancelled(delivered.job));
    await this.options.local.cancel(id);
  }

  async #run(taken: Taken, running: Running): Promise<void> {
    const { nonce, kind } = running.delivered;
    const { transport, log, trouble } = this.options;
    this.running = running;
    const { lockDuration } = locks(this.options.lostMs);
    const renew = () => this.#renew(taken, running, lockDuration);
    const renewal = setInterval(safely(renew, trouble), lockDuration / 4);
    try {
      const again = this.#begun.has(nonce);
      this.#begun.add(nonce);
      const outcome: Outcome = again ? { type: 'handed-back' } : await this.#outcome(running);
      await running.reports.settled();
      await this.#end(taken, running, outcome);
    } catch (error) {
      // Whole and noted, it may be all that is left of it: the bot finds it, or clears it away with the rest.
      if (running.payload && !running.noted) transport.discard(kind, running.payload);
      log.warn({ ...aboutJob(running.delivered.job), ...toPlain(error) }, 'an answer is not taken');
    } finally {
      clearInterval(renewal);
      this.running = null;
    }
  }

  async #renew({ job, token }: Taken, running: Running, lockDuration: number): Promise<void> {
    if (running.lost || Number(await job.extendLock(token, lockDuration)) === 1) return;
    running.lost = true;
    if (this.running === running) await this.letGo(running);
  }

  async #outcome(running: Running): Promise<Outcome> {
    const { transport, heartbeat, local, pull } = this.options;
    const { carrying, delivered, reports } = running;
    const { signal } = carrying;
    const { kind } = delivered;
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
      pull.used(modelsOf(delivered.payload));
      const artifact = await transport.deliver(kind, payload, signal, onWait);
      await this.#note(running, artifact, result);
      return { type: 'done', result, artifact };
    } catch (error) {
      const plain = toPlain(error);
      if (running.payload) transport.discard(kind, running.payload);
      running.payload = null;
      if (heartbeat.draining && plain.code === 'cancelled') return { type: 'leaves' };
      return { type: 'failed', error: plain };
    }
  }

  /** Throws where BullMQ does not take it: the lock is gone, and the job is another's, or nobody's. */
  async #end({ job, token }: Taken, { delivered, delivery }: Running, outcome: Outcome): Promise<void> {
    if (outcome.type === 'leaves') {
      await job.moveToWait(token);
      return;
    }
    const sealed = this.#sealed(delivered, delivery, outcome);
    if (outcome.type === 'done') {
      await job.moveToCompleted(sealed, token, false);
      return;
    }
    const why =
      outcome.type === 'failed'
        ? `${outcome.error.code}: ${outcome.error.message}`
        : 'it was begun here before';
    const reason = new UnrecoverableError(reasonWith(why, sealed));
    reason.stack = why;
    await job.moveToFailed(reason, token);
  }

  #sealed({ job, nonce }: Delivered, delivery: number, outcome: Answer['outcome']): string {
    const { envelopes, engine } = this.options;
    const answer = { job, nonce, delivery, engine };
    try {
      return envelopes.close('answer', { ...answer, outcome });
    } catch (error) {
      // Another engine would have as much to say.
      return envelopes.close('answer', {
        ...answer,
        outcome: { type: 'failed', error: toPlain(error) },
      });
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
    const { envelopes, transport, log } = this.options;
    const { delivered, delivery, payload, carrying } = running;
    const { job, kind, identity } = delivered;
    if (identity === null || artifact === null || payload === null) return;
    const text = envelopes.close('made', { identity, delivery, artifact, result });
    try {
      await transport.note(kind, payload, identity, text, carrying.signal);
      running.noted = true;
    } catch (fault) {
      log.debug({ ...aboutJob(job), ...toPlain(fault) }, 'no note of what was made');
    }
  }
}

const modelsOf = (payload: Record<string, unknown>): string[] =>
  Object.values(payload).flatMap((v) =>
    typeof v === 'string' && /^model:[0-9a-f]{64}$/.test(v) ? [v.slice(6)] : [],
  );
