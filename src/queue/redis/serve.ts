/**
 * The engine's end of the queue over Redis: takes jobs from BullMQ's queues of what it can do, has them run
 * by the queue it is handed (an engine as a child process), and answers. Invariants: it tells of itself while
 * it is well; one job at a time; leaving, it ends the running step, hands the job back and is gone.
 */
import { toPlain } from '../../errors.js';
import type { Log } from '../../log.js';
import { safely } from '../../machine/safely.js';
import { within } from '../../machine/within.js';
import { connect, type Line, type RedisSettings } from '../../redis/connection.js';
import { Trouble } from '../../redis/trouble.js';
import type { JobQueue } from '../contract.js';
import { cancelled } from '../deferred.js';
import { Envelopes } from '../envelope.js';
import type { EngineTransport } from '../transport/transport.js';
import { Deliveries } from './delivery.js';
import { Heartbeat } from './heartbeat.js';
import { Pull } from './pull.js';
import { type Beat, keys, wordSchema } from './wire.js';

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
  /** How long it lets others go first that hold a job's model loaded, ms. */
  hesitationMs?: number;
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
/** Between two looks when nobody says anything, ms. */
const LOOK_MS = 1000;

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
  readonly #subscriber: ReturnType<Line['duplicate']>;
  readonly #heartbeat: Heartbeat;
  readonly #pull: Pull;
  readonly #deliveries: Deliveries;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | null = null;

  constructor(private readonly options: ServeOptions) {
    const { prefix, log } = options;
    this.#envelopes = new Envelopes(options.key);
    this.#keys = keys(prefix);
    const troubles = new Trouble({ prefix, log, url: options.redis.url, meaning: '' });
    this.#troubles = troubles;
    this.#redis = connect(options.redis, this.#trouble);
    this.#subscriber = this.#redis.duplicate();
    const parts = { ...options, redis: this.#redis, keys: this.#keys, envelopes: this.#envelopes };
    this.#heartbeat = new Heartbeat({ ...parts, troubles });
    this.#pull = new Pull({ ...parts, trouble: this.#trouble, wake: () => this.#wake() });
    this.#deliveries = new Deliveries({
      ...parts,
      heartbeat: this.#heartbeat,
      pull: this.#pull,
      trouble: this.#trouble,
    });
  }

  async start(): Promise<void> {
    const { lostMs, log } = this.options;
    await this.#subscriber.subscribe(this.#keys.words);
    this.#subscriber.on(
      'message',
      safely(
        (_channel: string, text: string) => this.#hear(text),
        (error) => log.warn(toPlain(error), 'a word not taken'),
      ),
    );
    await this.#heartbeat.beat();
    this.#timer = setInterval(
      safely(() => this.#heartbeat.beat(), this.#trouble),
      Math.max(50, Math.floor(lostMs / 4)),
    );
    this.#loop = this.#takeJobs();
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

  async #hear(text: string): Promise<void> {
    const word = this.#envelopes.open('word', text, wordSchema);
    const { running } = this.#deliveries;
    if (word.type === 'look') this.#wake();
    else if (word.type === 'forget') await this.options.transport.forget(word.artifacts);
    else if (running?.delivered.nonce === word.nonce) await this.#deliveries.letGo(running);
  }

  /** Until it leaves. Never rejects. */
  async #takeJobs(): Promise<void> {
    while (!this.#heartbeat.draining) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        const { last } = this.#heartbeat;
        const taken = last && !this.#heartbeat.misplaced ? await this.#pull.next(last) : null;
        if (taken) await this.#deliveries.run(taken);
        else await within(LOOK_MS, woken);
      } catch (error) {
        this.#trouble(error);
        await within(LOOK_MS, new Promise(() => {}));
      }
    }
  }

  async #stop(): Promise<void> {
    // It beats on: as long as it has a job to hand back it is not lost, only leaving.
    this.#heartbeat.draining = true;
    this.#wake();
    const from = performance.now();
    const leaving = () => {
      const { running } = this.#deliveries;
      running?.carrying.abort(cancelled(running.delivered.job));
    };
    if (this.#deliveries.running?.begun === false) leaving();
    const sending = setTimeout(safely(leaving, this.#trouble), SENDING_MS);
    await within(ASKED_MS, this.#heartbeat.beatAgain(this.#trouble));
    await this.options.local.close();
    await within(HANDED_BACK_MS - (performance.now() - from), this.#loop);
    clearTimeout(sending);
    clearInterval(this.#timer);
    await within(FAREWELL_MS, this.#leave());
    this.#redis.cut();
  }

  async #leave(): Promise<void> {
    await this.#pull.close();
    await this.#heartbeat.leave();
    // What was handed back is there for others.
    await this.#redis.publish(this.#keys.words, this.#envelopes.close('word', { type: 'look' }));
  }
}
