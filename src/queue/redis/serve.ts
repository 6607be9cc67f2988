/**
 * The engine's end of the queue over Redis: takes jobs from BullMQ's queues of what it can do, has them run
 * by the queue it is handed (an engine as a child process), and answers. Invariants: it tells of itself while
 * it is well; one job at a time; leaving, it ends the running step, hands the job back and is gone.
 */
import { toPlain } from '../../errors.js';
import { safely } from '../../machine/safely.js';
import { within } from '../../machine/within.js';
import { Deliveries, type DeliveryOptions } from './delivery.js';
import { End, type EndOptions } from './end.js';
import { type EngineAbout, Heartbeat } from './heartbeat.js';
import { Pull, type PullOptions } from './pull.js';
import { wordSchema } from './wire.js';

export type ServeOptions = EndOptions & EngineAbout & DeliveryOptions & PullOptions;

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
  readonly #end: End;
  readonly #heartbeat: Heartbeat;
  readonly #pull: Pull;
  readonly #deliveries: Deliveries;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(private readonly options: ServeOptions) {
    const end = new End(options, '');
    this.#end = end;
    this.#heartbeat = new Heartbeat(end, options);
    this.#deliveries = new Deliveries(end, options, this.#heartbeat);
    this.#pull = new Pull(end, options, this.#deliveries.process, () => this.#wake());
  }

  async start(): Promise<void> {
    const { redis, keys, log, fault } = this.#end;
    const deaf = (error: unknown) => log.warn(toPlain(error), 'a word not taken');
    const subscriber = redis.duplicate();
    await subscriber.subscribe(keys.words);
    subscriber.on(
      'message',
      safely((_channel: string, text: string) => this.#hear(text), deaf),
    );
    await this.#beat();
    this.#timer = setInterval(
      safely(() => this.#beat(), fault),
      Math.max(50, Math.floor(this.options.lostMs / 4)),
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

  /** One at a time: while Redis is away they would only pile up. */
  #beat(): Promise<void> {
    this.#beating ??= this.#heartbeat.beat().finally(() => {
      this.#beating = null;
    });
    return this.#beating;
  }

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
        const run = last && (await this.#pull.next(last));
        await (run ? run() : within(LOOK_MS, woken));
      } catch (error) {
        this.#end.fault(error);
        await within(LOOK_MS, new Promise(() => {}));
      }
    }
  }

  async #stop(): Promise<void> {
    const { redis, fault } = this.#end;
    const letGo = safely(() => this.#pull.letGo(), fault);
    // It beats on: as long as it has a job to hand back it is not lost, only leaving.
    this.#heartbeat.draining = true;
    this.#wake();
    const from = performance.now();
    if (this.#deliveries.running?.begun === false) letGo();
    const sending = setTimeout(letGo, SENDING_MS);
    await within(ASKED_MS, this.#heartbeat.beat().catch(fault));
    await this.options.local.close();
    await within(HANDED_BACK_MS - (performance.now() - from), this.#loop);
    clearTimeout(sending);
    clearInterval(this.#timer);
    await within(FAREWELL_MS, this.#leave());
    redis.cut();
  }

  async #leave(): Promise<void> {
    await this.#pull.close();
    await this.#heartbeat.leave();
    // What was handed back is there for others.
    await this.#end.say({ type: 'look' });
  }
}
