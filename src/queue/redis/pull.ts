/**
 * What an engine takes next: of the queues whose need it meets, those of a model that it holds warm come
 * first, and one that was not asked for long before them. BullMQ's workers wait at one queue each and would
 * each take a job, so they are asked one after the other (`getNextJob`); at a word of the bot, and every
 * second. An engine that would have to load the model lets the others go first for a moment.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createRedisBackend, isNotConnectionError, type Processor, Worker } from 'bullmq';
import { toPlain } from '../../errors.js';
import { safely } from '../../machine/safely.js';
import { refuses } from '../../redis/faults.js';
import { type Beat, type Need, needSchema } from '../matching/ability.js';
import { able, inOrder } from '../matching/routing.js';
import type { End } from './end.js';
import { locks, queueName } from './wire.js';

/** How long those go first that hold the model warm, ms. */
const HESITATION_MS = 250;
/** Jobs whose models are held warm, at most: what an engine keeps compiled is bounded by its memory. */
const WARM = 3;

export interface PullOptions {
  engine: string;
  lostMs: number;
  /** How long it lets others go first that hold a job's model loaded, ms. */
  hesitationMs?: number;
}

/** A queue that the bot has listed. */
interface Listed {
  /** Null: its envelope is not ours. */
  need: Need | null;
  /** When it was last asked, or listed; ms of this process. */
  asked: number;
  worker: QueueWorker | null;
}

class QueueWorker extends Worker {
  /** Runs a job that was taken by hand as its own loop would, and renews its lock. */
  async take(): Promise<(() => Promise<unknown>) | null> {
    const token = randomUUID();
    const job = await this.getNextJob(token, { block: false });
    if (!job) return null;
    return () => {
      this.lockManager.start();
      return this.processJob(job, token, () => false);
    };
  }
}

/** BullMQ's workers of one engine, one a queue. */
export class Pull {
  /** Models of the last jobs, the newest first. */
  #warm: (readonly string[])[] = [];
  /** By the envelope of the need. */
  readonly #listed = new Map<string, Listed>();

  /** `process` runs a job; `wake` is told when a job has lost its engine, and is there to be taken. */
  constructor(
    private readonly end: End,
    private readonly options: PullOptions,
    private readonly process: Processor,
    private readonly wake: () => void,
  ) {}

  /** Runs the next job of an engine that tells this of itself, once it is called; null = there is none. */
  async next(beat: Beat): Promise<(() => Promise<unknown>) | null> {
    await this.#list();
    const queues = new Map<Need, Listed>();
    for (const one of this.#listed.values()) if (one.need && able(beat, one.need)) queues.set(one.need, one);
    const now = performance.now();
    const since = (need: Need) => now - (queues.get(need)?.asked ?? now);
    let waited = false;
    for (const { need, rank } of inOrder([...queues.keys()], since, this.#warm.flat())) {
      if (rank === 'cold' && !waited) await wait(this.options.hesitationMs ?? HESITATION_MS);
      waited ||= rank === 'cold';
      const queue = queues.get(need) as Listed;
      const worker = queue.worker ?? (await this.#worker(queue, need));
      const run = await worker.take();
      queue.asked = performance.now();
      if (!run) continue;
      const others = this.#warm.filter((models) => String(models) !== String(need.models));
      this.#warm = [need.models, ...others].slice(0, WARM);
      return run;
    }
    return null;
  }

  /** Ends the run under way between two steps: its processor's signal says so. */
  letGo(): void {
    for (const { worker } of this.#listed.values()) worker?.cancelAllJobs();
  }

  async close(): Promise<void> {
    for (const { worker } of this.#listed.values()) await worker?.close(true);
  }

  /** The needs that the bot has signed; workers of those that are there no more are closed. */
  async #list(): Promise<void> {
    const { redis, keys } = this.end;
    const texts = new Set(await redis.hvals(keys.needs));
    for (const text of texts)
      if (!this.#listed.has(text))
        this.#listed.set(text, { need: this.#opened(text), asked: performance.now(), worker: null });
    for (const [text, { worker }] of this.#listed) {
      if (texts.has(text)) continue;
      this.#listed.delete(text);
      await worker?.close(true);
    }
  }

  #opened(text: string): Need | null {
    const { envelopes, log } = this.end;
    try {
      return envelopes.open('need', text, needSchema);
    } catch (error) {
      log.warn(toPlain(error), 'a queue is passed over: what it needs is not signed for this engine');
      return null;
    }
  }

  /** It looks for jobs that have lost their engine, too. */
  async #worker(queue: Listed, need: Need): Promise<QueueWorker> {
    const { redis: connection, prefix, log, fault } = this.end;
    const { engine, lostMs } = this.options;
    const common = { connection, prefix, name: engine, autorun: false, skipVersionCheck: true };
    const options = { ...common, ...locks(lostMs), maxStalledCount: need.attempts - 1 };
    // Nobody blocks: no line of its own for that.
    const worker = new QueueWorker(queueName(need), this.process, options, (name, of) =>
      createRedisBackend(name, of),
    );
    queue.worker = worker;
    const failed = (error: Error) => {
      if (refuses(error) || !isNotConnectionError(error)) fault(error);
      else log.warn(toPlain(error), 'a job is taken from this engine, or not its own any more');
    };
    worker.on('error', safely(failed, fault));
    worker.on('stalled', safely(this.wake, fault));
    worker.on(
      'lockRenewalFailed',
      safely(() => this.letGo(), fault),
    );
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    return worker;
  }
}
