/**
 * What an engine takes next: of the queues whose need it meets, those of a model that it holds warm come
 * first, and one that was not asked for long before them. BullMQ's workers wait at one queue each, so they
 * are asked one after the other (`getNextJob`); at a word of the bot, and every second. An engine that would
 * have to load the model lets the others go first for a moment.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createRedisBackend, type Job, Worker } from 'bullmq';
import { toPlain } from '../../errors.js';
import type { Log } from '../../log.js';
import { safely } from '../../machine/safely.js';
import type { Line } from '../../redis/connection.js';
import type { Envelopes } from '../envelope.js';
import { able } from './routing.js';
import { type Beat, type keys, locks, type Need, needSchema, queueName } from './wire.js';

/** An engine that has not asked a queue for so long asks it first, ms. */
const PATIENCE_MS = 20_000;
/** How long those go first that hold the model warm, ms. */
const HESITATION_MS = 250;
/** Models held warm, at most: what an engine keeps compiled is bounded by its memory. */
const WARM = 3;

export interface PullParts {
  redis: Line;
  keys: ReturnType<typeof keys>;
  prefix: string;
  envelopes: Envelopes;
  engine: string;
  lostMs: number;
  hesitationMs?: number;
  trouble: (error: unknown) => void;
  log: Log;
  /** Told when a job has lost its engine, and is there to be taken. */
  wake: () => void;
}

/** A job, and the token of its lock. */
export interface Taken {
  job: Job;
  token: string;
}

/** BullMQ's workers of one engine, one a queue. */
export class Pull {
  #warm: string[] = [];
  readonly #workers = new Map<string, Worker>();
  readonly #asked = new Map<string, number>();
  /** Envelopes that were opened; null: not ours. */
  readonly #needs = new Map<string, Need | null>();

  constructor(private readonly parts: PullParts) {}

  /** Hashes of models that a job has just used. */
  used(models: readonly string[]): void {
    this.#warm = [...new Set([...models, ...this.#warm])].slice(0, WARM);
  }

  /** The next job for an engine that tells this of itself; null where there is none. */
  async next(beat: Beat): Promise<Taken | null> {
    const needs = (await this.#listed()).filter((need) => able(beat, need));
    const now = performance.now();
    for (const need of needs) if (!this.#asked.has(queueName(need))) this.#asked.set(queueName(need), now);
    const since = (need: Need) => now - (this.#asked.get(queueName(need)) ?? now);
    const cold = (need: Need) => !need.models.every((model) => this.#warm.includes(model));
    const rank = (need: Need) => (since(need) > PATIENCE_MS ? 0 : cold(need) ? 2 : 1);
    needs.sort((a, b) => rank(a) - rank(b) || since(b) - since(a));
    let waited = false;
    for (const need of needs) {
      if (rank(need) === 2 && !waited) await wait(this.parts.hesitationMs ?? HESITATION_MS);
      waited ||= rank(need) === 2;
      const name = queueName(need);
      const token = randomUUID();
      const job = await (await this.#worker(name, need)).getNextJob(token, { block: false });
      this.#asked.set(name, performance.now());
      if (job) return { job, token };
    }
    return null;
  }

  async close(): Promise<void> {
    for (const worker of this.#workers.values()) await worker.close(true);
  }

  /** The needs that the bot has signed; workers of those that are there no more are closed. */
  async #listed(): Promise<Need[]> {
    const { redis, keys: names } = this.parts;
    const texts = await redis.hvals(names.needs);
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
    try {
      return this.parts.envelopes.open('need', text, needSchema);
    } catch (error) {
      this.parts.log.warn(
        toPlain(error),
        'a queue is passed over: what it needs is not signed for this engine',
      );
      return null;
    }
  }

  /** It looks for jobs that have lost their engine, too. */
  async #worker(name: string, need: Need): Promise<Worker> {
    const known = this.#workers.get(name);
    if (known) return known;
    const { redis: connection, prefix, engine, lostMs, trouble, wake } = this.parts;
    const worker = new Worker(
      name,
      null,
      {
        ...{ connection, prefix, name: engine, autorun: false, skipVersionCheck: true },
        ...locks(lostMs),
        maxStalledCount: need.attempts - 1,
      },
      // Nobody blocks: no line of its own for that.
      (queue, options) => createRedisBackend(queue, options),
    );
    this.#workers.set(name, worker);
    worker.on('error', safely(trouble, trouble));
    worker.on('stalled', safely(wake, trouble));
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    return worker;
  }
}
