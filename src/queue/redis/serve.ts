/**
 * The engine's end of the queue over Redis: takes jobs from BullMQ's queues of what it can do, has them run
 * by the queue it is handed (an engine as a child process), and answers. Invariants: it tells of itself while
 * it is well; one job at a time; leaving, it ends the running step, hands the job back and is gone.
 */
import { toPlain } from '../../errors.js';
import { safely } from '../../machine/safely.js';
import { within } from '../../machine/within.js';
import type { Line } from '../../redis/connection.js';
import { Trouble } from '../../redis/trouble.js';
import type { JobQueue } from '../contract.js';
import type { EngineTransport } from '../transport/transport.js';
import { Deliveries } from './delivery.js';
import { End, type EndOptions } from './end.js';
import { type EngineAbout, Heartbeat } from './heartbeat.js';
import { Pull } from './pull.js';
import { wordSchema } from './wire.js';

export interface ServeOptions extends EndOptions, EngineAbout {
  transport: EngineTransport;
  /** Runs one job at a time; ends with this. */
  local: JobQueue;
  /** How long it lets others go first that hold a job's model loaded, ms. */
  hesitationMs?: number;
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
  readonly #troubles: Trouble;
  readonly #end: End;
  readonly #subscriber: ReturnType<Line['duplicate']>;
  readonly #heartbeat: Heartbeat;
  readonly #pull: Pull;
  readonly #deliveries: Deliveries;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | null = null;

  constructor(private readonly options: ServeOptions) {
    this.#troubles = new Trouble({ ...options, url: options.redis.url, meaning: '' });
    const trouble = this.#trouble;
    const end = new End(options, trouble);
    this.#end = end;
    this.#subscriber = end.redis.duplicate();
    const heartbeat = new Heartbeat({ ...options, end, troubles: this.#troubles });
    this.#heartbeat = heartbeat;
    this.#deliveries = new Deliveries({ ...options, end, heartbeat });
    const { process } = this.#deliveries;
    this.#pull = new Pull({ ...options, end, process, trouble, wake: () => this.#wake() });
  }

  async start(): Promise<void> {
    const { lostMs, log } = this.options;
    await this.#subscriber.subscribe(this.#end.keys.words);
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
    const word = this.#end.envelopes.open('word', text, wordSchema);
    if (word.type === 'look') this.#wake();
    else if (word.type === 'forget') await this.options.transport.forget(word.artifacts);
    else if (this.#deliveries.running?.delivered.nonce === word.nonce) this.#pull.letGo();
  }

  /** Until it leaves. Never rejects. */
  async #takeJobs(): Promise<void> {
    while (!this.#heartbeat.draining) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        const { last } = this.#heartbeat;
        const taken = last && (await this.#pull.next(last));
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
    if (this.#deliveries.running?.begun === false) this.#pull.letGo();
    const sending = setTimeout(
      safely(() => this.#pull.letGo(), this.#trouble),
      SENDING_MS,
    );
    await within(ASKED_MS, this.#heartbeat.beatAgain(this.#trouble));
    await this.options.local.close();
    await within(HANDED_BACK_MS - (performance.now() - from), this.#loop);
    clearTimeout(sending);
    clearInterval(this.#timer);
    await within(FAREWELL_MS, this.#leave());
    this.#end.redis.cut();
  }

  async #leave(): Promise<void> {
    await this.#pull.close();
    await this.#heartbeat.leave();
    // What was handed back is there for others.
    await this.#end.say({ type: 'look' });
  }
}
