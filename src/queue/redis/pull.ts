/**
 * What an engine takes next: of the queues whose need it meets, those of a model that it holds warm come
 * first, and one that was not asked for long before them. BullMQ's workers wait at one queue each and would
 * each take a job, so they are asked one after the other (`getNextJob`); at a word of the bot, and every
 * second. An engine that would have to load the model lets the others go first for a moment.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createRedisBackend, isNotConnectionError, type Job, type Processor, Worker } from 'bullmq';
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

export interface PullParts {
  end: End;
  engine: string;
  lostMs: number;
  hesitationMs?: number;
  /** Runs a job. */
  process: Processor;
  trouble: (error: unknown) => void;
  /** Told when a job has lost its engine, and is there to be taken. */
  wake: () => void;
}

/** A job that is locked for this engine, and what has BullMQ run it to its end. */
export interface Taken {
  job: Job;
  run(): Promise<unknown>;
}

/** A worker that runs a job which was taken by hand as its own loop would, and renews its lock. */
class QueueWorker extends Worker {
  runTaken(job: Job, token: string): Promise<unknown> {
    this.lockManager.start();
    return this.processJob(job, token, () => false);
  }
}

/** BullMQ's workers of one engine, one a queue. */
export class Pull {
  /** Models of the last jobs, the newest first. */
  #warm: (readonly string[])[] = [];
  readonly #workers = new Map<string, QueueWorker>();
  readonly #asked = new Map<string, number>();
  /** Envelopes that were opened; null: not ours. */
  readonly #needs = new Map<string, Need | null>();

  constructor(private readonly parts: PullParts) {}

  /** The next job for an engine that tells this of itself; null where there is none. */
  async next(beat: Beat): Promise<Taken | null> {
    const needs = (await this.#listed()).filter((need) => able(beat, need));
    const now = performance.now();
    for (const need of needs) if (!this.#asked.has(queueName(need))) this.#asked.set(queueName(need), now);
    const since = (need: Need) => now - (this.#asked.get(queueName(need)) ?? now);
    let waited = false;
    for (const { need, rank } of inOrder(needs, since, this.#warm.flat())) {
      if (rank === 'cold' && !waited) await wait(this.parts.hesitationMs ?? HESITATION_MS);
      waited ||= rank === 'cold';
      const name = queueName(need);
      const token = randomUUID();
      const worker = await this.#worker(name, need);
      const job = await worker.getNextJob(token, { block: false });
      this.#asked.set(name, performance.now());
      if (!job) continue;
      const others = this.#warm.filter((models) => String(models) !== String(need.models));
      this.#warm = [need.models, ...others].slice(0, WARM);
      return { job, run: () => worker.runTaken(job, token) };
    }
    return null;
  }

  /** Ends the run under way between two steps: its processor's signal says so. */
  letGo(): void {
    for (const worker of this.#workers.values()) worker.cancelAllJobs();
  }

  async close(): Promise<void> {
    for (const worker of this.#workers.values()) await worker.close(true);
  }

  /** The needs that the bot has signed; workers of those that are there no more are closed. */
  async #listed(): Promise<Need[]> {
    const { redis, keys } = this.parts.end;
    const texts = await redis.hvals(keys.needs);
    for (const text of texts) if (!this.#needs.has(text)) this.#needs.set(text, this.#opened(text));
    for (const text of this.#needs.keys()) if (!texts.includes(text)) this.#needs.delete(text);
    const needs = [...this.#needs.values()].filter((need) => need !== null);
    const listed = new Set(needs.map(queueName));
    for (const [name, worker] of this.#workers) {
      if (listed.has(name)) continue;
      this.#workers.delete(name);
      this.#asked.delete(name);
      await worker.close(true);
    }
    return needs;
  }

  #opened(text: string): Need | null {
    const { envelopes, log } = this.parts.end;
    try {
      return envelopes.open('need', text, needSchema);
    } catch (error) {
      log.warn(toPlain(error), 'a queue is passed over: what it needs is not signed for this engine');
      return null;
    }
  }

  /** It looks for jobs that have lost their engine, too. */
  async #worker(name: string, need: Need): Promise<QueueWorker> {
    const known = this.#workers.get(name);
    if (known) return known;
    const { end, engine, lostMs, process, trouble, wake } = this.parts;
    const worker = new QueueWorker(
      name,
      process,
      {
        ...{
          connection: end.redis,
          prefix: end.prefix,
          name: engine,
          autorun: false,
          skipVersionCheck: true,
        },
        ...locks(lostMs),
        maxStalledCount: need.attempts - 1,
      },
      // Nobody blocks: no line of its own for that.
      (queue, options) => createRedisBackend(queue, options),
    );
    this.#workers.set(name, worker);
    const fault = (error: Error) => {
      if (refuses(error) || !isNotConnectionError(error)) trouble(error);
      else end.log.warn(toPlain(error), 'a job is taken from this engine, or not its own any more');
    };
    worker.on('error', safely(fault, trouble));
    worker.on('stalled', safely(wake, trouble));
    worker.on(
      'lockRenewalFailed',
      safely(() => this.letGo(), trouble),
    );
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    return worker;
  }
}
