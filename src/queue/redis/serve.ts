/**
 * The engine's end of the queue over Redis: takes what lies in this engine's own BullMQ queue, has it run by
 * the queue it is handed (an engine as a child process), and answers. Invariants: it beats while it is well;
 * it runs a delivery only while the bot's record names it, and lets go of one that the record no longer
 * names; every delivery that it ends has one answer; leaving, it ends the running step, hands the job back
 * and is gone.
 */
import { Worker } from 'bullmq';
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import { safely } from '../../machine/safely.js';
import type { JobQueue } from '../contract.js';
import { cancelled } from '../deferred.js';
import { Envelopes } from '../envelope.js';
import type { EngineTransport } from '../transport/transport.js';
import { connectBoth, type Line, type RedisSettings } from './connection.js';
import { Deliveries } from './delivery.js';
import { Heartbeat } from './heartbeat.js';
import { Trouble } from './trouble.js';
import { type Beat, keys, queueName, toldSchema } from './wire.js';
import { within } from './within.js';

export interface ServeOptions {
  redis: RedisSettings;
  prefix: string;
  key: string | null;
  /** Lower case, digits and dashes; no other engine's. */
  engine: string;
  /** What it can do. */
  ability: Pick<Beat, 'device' | 'memoryMb' | 'models'>;
  /** Called with each sign of life: models that came or went are in those that follow. */
  onBeat?: () => void;
  transport: EngineTransport;
  /** Mark of its data folder as it is now; missing where it shares none. */
  folder?: () => Promise<string | null>;
  /** Runs one job at a time; ends with this. */
  local: JobQueue;
  /** Silence after which the bot gives this engine's job to another. */
  lostMs: number;
  log: Log;
}

/**
 * An engine leaves in 7.5 s: what it may take until it sends no more (its running step has 6 s,
 * src/engines/serving.ts), and until its queue has taken what it hands back. The rest is for a Redis that is
 * slow, or away.
 */
const SENDING_MS = 6000;
const HANDED_BACK_MS = 7200;
const ASKED_MS = 500;
const FAREWELL_MS = 300;

export interface Served {
  stop(): Promise<void>;
  /** Null = the bot knows of this engine and gives it jobs; else why not. */
  look(): string | null;
}

/** Resolves when the engine has told that it is there, and takes jobs. */
export async function serveEngine(options: ServeOptions): Promise<Served> {
  const server = new EngineServer(options);
  await server.start();
  return { look: () => server.look(), stop: () => server.stop() };
}

class EngineServer {
  readonly #envelopes: Envelopes;
  readonly #keys: ReturnType<typeof keys>;
  readonly #troubles: Trouble;
  readonly #redis: Line;
  readonly #subscriber: Line;
  readonly #heartbeat: Heartbeat;
  readonly #deliveries: Deliveries;
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | null = null;

  constructor(private readonly options: ServeOptions) {
    const { prefix, log } = options;
    this.#envelopes = new Envelopes(options.key);
    this.#keys = keys(prefix);
    this.#troubles = new Trouble({ prefix, log, url: options.redis.url, meaning: '' });
    const { redis, subscriber } = connectBoth(options.redis, this.#trouble);
    this.#redis = redis;
    this.#subscriber = subscriber;
    const line = { ...options, redis, keys: this.#keys, envelopes: this.#envelopes };
    this.#heartbeat = new Heartbeat({
      ...line,
      troubles: this.#troubles,
      onTold: () => this.#deliveries.check(),
    });
    this.#deliveries = new Deliveries({
      ...line,
      heartbeat: this.#heartbeat,
      say: (words) => this.#say(words),
    });
  }

  async start(): Promise<void> {
    const { engine, lostMs, log } = this.options;
    await this.#subscriber.subscribe(this.#keys.to(engine));
    this.#subscriber.on(
      'message',
      safely(
        (_channel: string, text: string) => this.#hear(text),
        (error) => log.warn(toPlain(error), 'a word not taken'),
      ),
    );
    this.#worker = this.#takeJobs();
    await this.#worker.waitUntilReady();
    await this.#heartbeat.beat();
    this.#askToLook();
    this.#timer = setInterval(
      safely(() => this.#heartbeat.beat(), this.#trouble),
      Math.max(50, Math.floor(lostMs / 4)),
    );
  }

  look(): string | null {
    if (this.#heartbeat.draining) return 'the engine leaves';
    if (this.#heartbeat.misplaced) return 'its data folder is not the one of the bot';
    return this.#heartbeat.heard ? null : 'Redis does not answer';
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  readonly #trouble = (error: unknown): void => this.#troubles.tell(error);

  readonly #askToLook = safely(() => this.#say({ type: 'look' }), this.#trouble);

  #say(words: object): Promise<unknown> {
    return this.#redis.publish(this.#keys.said, this.#envelopes.close('word', words));
  }

  async #hear(text: string): Promise<void> {
    const told = this.#envelopes.open('word', text, toldSchema);
    const { running } = this.#deliveries;
    if (told.type === 'forget') await this.options.transport.forget(told.artifacts);
    else if (running?.job === told.job && running.delivery === told.delivery)
      await this.#deliveries.letGo(running);
  }

  #takeJobs(): Worker {
    const { prefix, engine, lostMs, log } = this.options;
    const worker = new Worker(queueName(engine), (job) => this.#deliveries.process(job.data), {
      connection: this.#redis,
      prefix,
      concurrency: 1,
      lockDuration: lostMs,
      stalledInterval: lostMs,
      // What stalls here has stalled with this whole engine: the bot gives it to another.
      maxStalledCount: 0,
      skipVersionCheck: true,
    });
    const dropped = (job: { id?: string } | undefined, error: Error) => {
      log.warn({ ...aboutJob(job?.id ?? ''), error: error.message }, 'job dropped');
      this.#askToLook();
    };
    worker.on(
      'completed',
      safely(() => this.#say({ type: 'look' }), this.#trouble),
    );
    worker.on('failed', safely(dropped, this.#trouble));
    worker.on('error', safely(this.#trouble, this.#trouble));
    return worker;
  }

  async #stop(): Promise<void> {
    // It beats on: as long as it has a job to hand back it is not lost, only leaving.
    this.#heartbeat.draining = true;
    const from = performance.now();
    const leaving = () => {
      const { running } = this.#deliveries;
      running?.carrying.abort(cancelled(running.job));
    };
    if (this.#deliveries.running?.begun === false) leaving();
    const dispatcher = setTimeout(safely(leaving, this.#trouble), SENDING_MS);
    const told = await within(ASKED_MS, this.#heartbeat.beatAgain(this.#trouble));
    await this.options.local.close();
    // BullMQ waits for a Redis that is away as long as that takes, unless it is forced.
    const there = told && this.#redis.status === 'ready';
    const closed = this.#worker?.close(!there) ?? Promise.resolve();
    await within(HANDED_BACK_MS - (performance.now() - from), closed);
    clearTimeout(dispatcher);
    clearInterval(this.#timer);
    if (there) await within(FAREWELL_MS, this.#leave());
    this.#subscriber.cut();
    this.#redis.cut();
  }

  async #leave(): Promise<void> {
    await this.#heartbeat.leave();
    await this.#say({ type: 'look' });
  }
}
