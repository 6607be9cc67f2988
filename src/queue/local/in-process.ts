/**
 * The queue without Redis: waiting jobs in memory, engines behind links that this process starts and
 * restarts. Nothing here is durable by itself: the round's state machine re-issues what is unfinished after a
 * restart. The contract is in contract.ts; tests/contracts/queue.ts holds this to it.
 */
import { AcclaimError } from '../../errors.js';
import { safely } from '../../machine/safely.js';
import { Asked, cancelled } from '../asked.js';
import type { JobQueue, JobRequest } from '../contract.js';
import type { JobKind, JobProgress, JobResult } from '../jobs.js';
import type { FromEngine } from '../messages.js';
import { memoryShort, type PredictMb } from '../predict.js';
import { describeEnd, type EngineEnd, type EngineLauncher, type EngineLink } from './engine-link.js';
import { type Patience, Watchdog } from './watchdog.js';

export interface InProcessOptions {
  launch: EngineLauncher;
  /** How many engines to keep; jobs of one session never run side by side whatever this is. */
  engines?: number;
  /** Engines that a job may outlive before it fails `engine-lost`. */
  attempts?: number;
  /** Wait before an engine that died is started again; doubles with each death in a row, up to 30 s. */
  backoffMs?: number;
  /** An engine process that is gone for longer than it foretold, times this, is taken for hung and killed. */
  patience?: Patience;
  /** Megabytes that a job takes, and those that an engine may use: what does not fit is refused. */
  predictMb?: PredictMb;
  offerMb?: number;
  /** How long `close` waits for the running step before it kills the engine. */
  closeGraceMs?: number;
  /** Told when it has waited so long, for the log. */
  onKill?: () => void;
  /** Told whenever an engine takes jobs, for the log. */
  onReady?: (ready: Extract<FromEngine, { type: 'ready' }>) => void;
  /** Told of every death of an engine, and of the job that it had, for the log. */
  onEnd?: (end: EngineEnd, job: string | null) => void;
  /** Told of what fails in whoever is told, for the log: no job ends for it. */
  onFault?: (error: unknown) => void;
}

class Entry extends Asked {
  /** Engines it has been given to. */
  attempts = 0;
  cancelled = false;
}

interface Slot {
  link: EngineLink | null;
  ready: boolean;
  job: Entry | null;
  /** Deaths in a row without a job done in between. */
  deaths: number;
  watchdog: Watchdog;
  restart: NodeJS.Timeout | null;
}

const LONGEST_BACKOFF_MS = 30_000;
/** As config/default.yaml has it. */
const PATIENCE: Patience = { factor: 10, floorMs: 120_000 };

/** The queue without Redis. The contract is in contract.ts. */
export class InProcessQueue implements JobQueue {
  private readonly slots: Slot[];
  private readonly entries = new Map<string, Entry>();
  private waiting: Entry[] = [];
  private closed = false;
  private closing: (() => void) | null = null;
  private readonly fault = (error: unknown): void => this.options.onFault?.(error);

  constructor(private readonly options: InProcessOptions) {
    this.slots = Array.from({ length: options.engines ?? 1 }, () => {
      const watchdog = new Watchdog(options.patience ?? PATIENCE, (why) => slot.link?.kill(why));
      const slot: Slot = { link: null, ready: false, job: null, deaths: 0, watchdog, restart: null };
      return slot;
    });
    // Started before the first job: loading the run time takes a second that people would otherwise wait for.
    for (const slot of this.slots) this.start(slot);
  }

  async run<K extends JobKind>(job: JobRequest<K>, onProgress?: (p: JobProgress) => void) {
    if (this.closed) throw cancelled(job.id);
    const known = this.entries.get(job.id);
    const entry = known ?? new Entry(job);
    if (onProgress) entry.listeners.push(onProgress);
    if (!known) this.add(entry);
    return (await entry.outcome) as JobResult<K>;
  }

  private add(entry: Entry): void {
    const { predictMb, offerMb = Number.POSITIVE_INFINITY } = this.options;
    const need = predictMb?.(entry.kind, entry.payload) ?? 0;
    if (need > offerMb) throw memoryShort(entry.id, need, offerMb);
    this.entries.set(entry.id, entry);
    this.waiting.push(entry);
    for (const slot of this.slots) if (!slot.link && !slot.restart) this.start(slot);
    this.dispatch();
  }

  async cancel(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.cancelled = true;
    if (this.waiting.includes(entry)) {
      this.waiting = this.waiting.filter((e) => e !== entry);
      this.fail(entry, cancelled(id));
    } else {
      this.slots.find((s) => s.job === entry)?.link?.send({ type: 'cancel', id });
    }
    await entry.outcome.catch(() => {});
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const entry of this.waiting.splice(0)) this.fail(entry, cancelled(entry.id));
    for (const slot of this.slots) {
      if (slot.restart) clearTimeout(slot.restart);
      slot.restart = null;
      slot.link?.send({ type: 'stop' });
    }
    if (!this.slots.some((s) => s.link)) return;
    const impatient = () => {
      for (const slot of this.slots) slot.link?.kill();
      this.options.onKill?.();
    };
    const kill = setTimeout(safely(impatient, this.fault), this.options.closeGraceMs ?? 10_000);
    await new Promise<void>((resolve) => {
      this.closing = resolve;
    });
    clearTimeout(kill);
  }

  /** Gives waiting jobs, oldest first, to free engines; a session that has a job running waits. */
  private dispatch(): void {
    for (const slot of this.slots) {
      if (!slot.ready || slot.job || !slot.link || this.closed) continue;
      const busy = new Set(this.slots.map((s) => s.job?.session));
      const entry = this.waiting.find((e) => !busy.has(e.session));
      if (!entry) continue;
      this.waiting = this.waiting.filter((e) => e !== entry);
      entry.attempts += 1;
      slot.job = entry;
      slot.watchdog.begins();
      slot.link.send({ type: 'job', id: entry.id, kind: entry.kind, payload: entry.payload });
    }
  }

  private start(slot: Slot): void {
    if (this.closed) return;
    slot.ready = false;
    slot.watchdog.starts();
    const ended = safely((end: EngineEnd) => this.ended(slot, end), this.fault);
    try {
      slot.link = this.options.launch({
        message: safely((message) => this.receive(slot, message), this.fault),
        ended,
      });
    } catch (error) {
      // A machine without memory or processes to spare; it may have some again.
      setImmediate(ended, { code: null, signal: null, rss: 0, error: (error as Error).message });
    }
  }

  private receive(slot: Slot, message: FromEngine): void {
    if (slot.job) slot.watchdog.heard(message);
    if (message.type === 'ready') {
      slot.ready = true;
      slot.watchdog.rests();
      this.dispatch();
      this.options.onReady?.(message);
    }
    if (message.type === 'ready' || message.type === 'alive' || message.type === 'ahead') return;
    const entry = slot.job;
    // An answer to a job that this engine no longer holds has been superseded: dropped.
    if (entry?.id !== message.id) return;
    if (message.type === 'progress') {
      for (const listener of entry.listeners) safely(listener, this.fault)(message.progress);
      return;
    }
    slot.job = null;
    slot.deaths = 0;
    slot.watchdog.rests();
    this.entries.delete(entry.id);
    try {
      entry.resolve(entry.read(message));
    } catch (error) {
      entry.reject(error as AcclaimError);
    }
    this.dispatch();
  }

  private ended(slot: Slot, end: EngineEnd): void {
    const entry = slot.job;
    slot.link = null;
    slot.ready = false;
    slot.job = null;
    slot.watchdog.rests();
    if (this.closed) {
      if (entry) this.fail(entry, cancelled(entry.id));
      if (!this.slots.some((s) => s.link)) this.closing?.();
      return;
    }
    slot.deaths += 1;
    safely(this.options.onEnd ?? (() => {}), this.fault)(end, entry?.id ?? null);
    const most = this.options.attempts ?? 3;
    if (entry) {
      if (entry.cancelled) this.fail(entry, cancelled(entry.id));
      else if (entry.attempts >= most) this.fail(entry, lost(entry.id, end));
      else this.waiting.unshift(entry);
    } else if (slot.deaths >= most && !this.slots.some((s) => s.ready)) {
      // It cannot even start: whoever waits is told, and the next job tries again.
      for (const waiting of this.waiting.splice(0)) this.fail(waiting, lost(waiting.id, end));
      slot.deaths = 0;
      return;
    }
    const wait = Math.min((this.options.backoffMs ?? 500) * 2 ** (slot.deaths - 1), LONGEST_BACKOFF_MS);
    const restart = () => {
      slot.restart = null;
      this.start(slot);
    };
    slot.restart = setTimeout(safely(restart, this.fault), wait);
    this.dispatch();
  }

  private fail(entry: Entry, error: AcclaimError): void {
    this.entries.delete(entry.id);
    entry.reject(error);
  }
}

function lost(id: string, end: EngineEnd): AcclaimError {
  const { message, hint } = describeEnd(end);
  return new AcclaimError('engine-lost', `job ${id}: ${message}`, hint);
}
