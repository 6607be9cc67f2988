/**
 * One delivery of a job, from the envelope in which it comes to the answer in which its outcome goes: what it
 * reads is fetched, the engine's own queue runs it, what it wrote is sent. It is run only while the bot's
 * record names it.
 */
import { setMaxListeners } from 'node:events';
import { UnrecoverableError } from 'bullmq';
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import type { JobQueue } from '../contract.js';
import { cancelled } from '../deferred.js';
import type { Envelopes } from '../envelope.js';
import type { JobPayload, JobResult } from '../jobs.js';
import { errorOnWire } from '../messages.js';
import { otherFolder } from '../transport/folder-mark.js';
import type { EngineTransport } from '../transport/transport.js';
import type { Line } from './connection.js';
import type { Heartbeat } from './heartbeat.js';
import { ProgressReports } from './progress-reports.js';
import { awayBucket } from './unschedulable.js';
import { type Answer, type Delivered, deliveredSchema, deliveryId, type keys, leaseSchema } from './wire.js';

export interface DeliveriesOptions {
  redis: Line;
  keys: ReturnType<typeof keys>;
  envelopes: Envelopes;
  engine: string;
  transport: EngineTransport;
  /** Runs one job at a time. */
  local: JobQueue;
  heartbeat: Heartbeat;
  /** Tells the bot's side. */
  say: (words: object) => Promise<unknown>;
  log: Log;
}

/** The delivery under way. */
export interface Running {
  job: string;
  delivery: number;
  /** Ends the fetching of what it reads, or the sending of what it wrote. */
  carrying: AbortController;
  /** Whether what it reads is here. */
  begun: boolean;
}

/** How a delivery came out, and what of its work lies here. */
interface Ended {
  outcome: Answer['outcome'];
  /** As unpacked; null where it was not. */
  payload: Record<string, unknown> | null;
  /** What was made is noted beside it, so that it counts though its answer gets lost. */
  noted: boolean;
}

/** The deliveries that come to this engine, one at a time. */
export class Deliveries {
  running: Running | null = null;
  /** Deliveries that have had their answer: one that comes again is somebody's copy. */
  readonly #answered = new Set<string>();

  constructor(private readonly options: DeliveriesOptions) {}

  /**
   * `data` as BullMQ hands it over; the answer, sealed. Throws `UnrecoverableError` where the delivery does
   * not count.
   */
  async process(data: unknown): Promise<string> {
    const { envelopes, engine, log, say, transport } = this.options;
    const sealed = (data as { sealed?: unknown }).sealed;
    const delivered = envelopes.open('job', sealed, deliveredSchema);
    const { job, delivery } = delivered;
    const id = deliveryId(job, delivery);
    const superseded = () => new UnrecoverableError(`delivery ${id} does not count any more`);
    if (delivered.engine !== engine)
      throw new UnrecoverableError(`delivery ${id} is for ${delivered.engine}`);
    if (this.#answered.has(id) || !(await this.#counts(delivered))) throw superseded();
    this.#answered.add(id);
    const reports = new ProgressReports({ job, delivery, send: say, log });
    const { outcome, payload, noted } = await this.#run(delivered, reports);
    await reports.settled();
    if (!(await this.#counts(delivered))) {
      // Whole and noted, it may be all that is left of it: the bot finds it, or clears it away with the rest.
      if (payload && !noted) transport.discard(delivered.kind, payload);
      throw superseded();
    }
    try {
      return envelopes.close('answer', { job, delivery, engine, outcome });
    } catch (error) {
      // Another engine would have as much to say.
      const failed: Answer['outcome'] = { type: 'failed', error: errorOnWire(toPlain(error)) };
      return envelopes.close('answer', { job, delivery, engine, outcome: failed });
    }
  }

  /** Lets go of the delivery under way where the bot's record names it no longer. */
  async check(): Promise<void> {
    const held = this.running;
    if (held && !(await this.#counts(held)) && this.running === held) await this.letGo(held);
  }

  /** Ends what is on its way for the job, and the job itself between two steps. */
  async letGo({ job, delivery, carrying }: Running): Promise<void> {
    carrying.abort(cancelled(job));
    await this.options.local.cancel(deliveryId(job, delivery));
  }

  /** Whether the bot's record still names this delivery. */
  async #counts({ job, delivery }: { job: string; delivery: number }): Promise<boolean> {
    const { redis, keys: names, envelopes, engine } = this.options;
    const text = await redis.hget(names.leases, job);
    if (text === null) return false;
    const lease = envelopes.open('flight', text, leaseSchema);
    return lease.job === job && lease.engine === engine && lease.delivery === delivery;
  }

  async #run(delivered: Delivered, reports: ProgressReports): Promise<Ended> {
    const { transport, heartbeat } = this.options;
    const { job, delivery, kind } = delivered;
    const carrying = new AbortController();
    const { signal } = carrying;
    // Each file on its way listens to it.
    setMaxListeners(0, signal);
    const now: Running = { job, delivery, carrying, begun: false };
    this.running = now;
    const onWait = (error: unknown) => reports.tell({ type: 'held', why: awayBucket(error) });
    let payload: Record<string, unknown> | null = null;
    try {
      await this.#mustShareFolder(delivered);
      payload = await transport.unpack(kind, delivered.payload, signal, onWait);
      signal.throwIfAborted();
      now.begun = true;
      const request = { id: deliveryId(job, delivery), kind, payload: payload as JobPayload<typeof kind> };
      const result = await this.options.local.run(request, (progress) => reports.progress(progress));
      heartbeat.used(modelsOf(delivered.payload));
      const artifact = await transport.deliver(kind, payload, signal, onWait);
      const noted = await this.#note(delivered, { payload, artifact, result }, signal);
      return { outcome: { type: 'done', result, artifact }, payload, noted };
    } catch (error) {
      const plain = toPlain(error);
      if (payload) transport.discard(kind, payload);
      const handedBack = heartbeat.draining && plain.code === 'cancelled';
      const outcome: Answer['outcome'] = handedBack
        ? { type: 'handed-back' }
        : { type: 'failed', error: errorOnWire(plain) };
      return { outcome, payload, noted: false };
    } finally {
      this.running = null;
    }
  }

  /** Throws `data-mismatch`. */
  async #mustShareFolder({ folder }: Delivered): Promise<void> {
    if (folder === null) return;
    const { folder: mine = null, unread } = await this.options.heartbeat.marked();
    if (mine !== folder) throw otherFolder(mine, unread);
  }

  /** False: without a note the job is computed again where the answer gets lost, and nothing else. */
  async #note(
    { kind, identity, job, delivery }: Delivered,
    made: Made,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { envelopes, transport, log } = this.options;
    const { payload, artifact, result } = made;
    if (identity === null || artifact === null) return false;
    const text = envelopes.close('made', { identity, delivery, artifact, result });
    try {
      await transport.note(kind, payload, identity, text, signal);
      return true;
    } catch (fault) {
      log.debug({ ...aboutJob(job), ...toPlain(fault) }, 'no note of what was made');
      return false;
    }
  }
}

interface Made {
  payload: Record<string, unknown>;
  artifact: string | null;
  result: JobResult<Delivered['kind']>;
}

const modelsOf = (payload: Record<string, unknown>): string[] =>
  Object.values(payload).flatMap((v) =>
    typeof v === 'string' && /^model:[0-9a-f]{64}$/.test(v) ? [v.slice(6)] : [],
  );
