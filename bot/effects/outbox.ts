/**
 * Carries out the effects that were committed with a decision. Invariants: an effect leaves only when a
 * decision says that it is done; effects of one ordering key run one at a time, in the order they came. What
 * fails for want of an answer waits as long as it takes, and what has its ordering key behind it; what is
 * refused for good is given up; a fault of ours is tried some times beside the others. The same key added
 * again while it waits or runs makes one more run with the newest content, so a burst of edits costs one
 * edit; effects of a session that is held wait until it is released.
 */
import type { Clock } from '../../src/clock.js';
import type { Effect } from '../../src/domain/state/effects.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import { isDiskFull } from '../../src/store/faults.js';
import { aboutEffect } from '../monitoring/watch.js';

/** waits: it passes. final: trying again cannot help. fault: neither is known, so it is tried some times. */
export type FailureKind = 'waits' | 'final' | 'fault';

/** What the outbox asks of whoever carries effects out: the bot's EffectRunner; tests have others. */
export interface EffectWork {
  /** Carries one effect out; must be safe to repeat. */
  run(effect: Effect): Promise<void>;
  failureKind(effect: Effect, error: unknown): FailureKind;
  /** Called when trying again will not help any more; must make a decision that ends the effect. */
  giveUp(effect: Effect): Promise<void>;
  /** Effects of the same key never overlap, and keep their order; null = no order needed. */
  orderingKey(effect: Effect): string | null;
  /** Least time between two runs of one effect's key, ms: platforms limit edits. */
  spacing(effect: Effect): number;
  /** Told of each run that failed. */
  failed?(effect: Effect): void;
  /** Told of each run after which the effect waits. */
  waits?(effect: Effect, error: unknown): void;
  /** It waits no more: it was carried out, given up, or is not wanted. */
  goesOn?(effect: Effect): void;
}

/** Who does the work, and how long it is tried. */
export interface OutboxOptions {
  work: EffectWork;
  clock: Clock;
  log: Log;
  /** First wait after a fault, ms; doubles up to the most. */
  retryMs?: number;
  mostMs?: number;
  /** Tries of what is neither known to pass nor to be final. */
  attempts?: number;
}

interface Entry {
  effect: Effect;
  attempts: number;
  running: boolean;
  /** Asked for again while running. */
  again: boolean;
  lastRun: number;
  timer: NodeJS.Timeout | null;
  /** It failed, and passes. */
  waiting: boolean;
  /** Ends the rest before its next run. */
  wake: (() => void) | null;
  /** Made for the first who waits for its end. */
  end: { promise: Promise<void>; reached: () => void } | null;
}

/** Effects that wait or run, by key. */
export class Outbox {
  private readonly entries = new Map<string, Entry>();
  /** By ordering key: the end of what was entered last. */
  private readonly queues = new Map<string, Promise<void>>();
  private readonly lastRuns = new Map<string, number>();
  private readonly held = new Set<string>();
  private stopped = false;

  constructor(private readonly options: OutboxOptions) {}

  hold(session: string): void {
    this.held.add(session);
  }

  release(session: string): void {
    if (!this.held.delete(session)) return;
    for (const entry of this.entries.values()) if (entry.effect.session === session) this.schedule(entry, 0);
  }

  add(effects: readonly Effect[]): void {
    for (const effect of effects) {
      const known = this.entries.get(effect.key);
      if (known) {
        known.effect = effect;
        known.attempts = 0;
        if (known.running) known.again = true;
        continue;
      }
      const lastRun = this.lastRuns.get(effect.key) ?? 0;
      const idle = {
        attempts: 0,
        running: false,
        again: false,
        timer: null,
        waiting: false,
        wake: null,
        end: null,
      };
      const entry: Entry = { effect, lastRun, ...idle };
      this.entries.set(effect.key, entry);
      this.schedule(entry, 0);
    }
  }

  /** The effect is carried out or no longer wanted; one that was asked for again meanwhile stays. */
  done(key: string): void {
    const entry = this.entries.get(key);
    if (!entry || (entry.again && entry.running)) return;
    this.remove(entry);
  }

  /** The session is gone, and with it whatever was to be done for it. */
  drop(session: string): void {
    for (const entry of this.entries.values()) if (entry.effect.session === session) this.remove(entry);
  }

  /** What waits is tried now. */
  wake(test: (effect: Effect) => boolean): void {
    for (const { effect, wake } of this.entries.values()) if (wake && test(effect)) wake();
  }

  /** Those that were asked for after this one. */
  *after(key: string): Iterable<Effect> {
    let found = false;
    for (const { effect } of this.entries.values()) {
      if (found) yield effect;
      found ||= effect.key === key;
    }
  }

  /** True when a newer version of this effect waits: its run must not be reported as the last. */
  superseded(key: string): boolean {
    return this.entries.get(key)?.again ?? false;
  }

  /** Is there such an effect among those that wait or run? */
  some(test: (effect: Effect) => boolean): boolean {
    for (const { effect } of this.entries.values()) if (test(effect)) return true;
    return false;
  }

  /**
   * Resolves once one of such effects is over, or nothing is carried out any more; null where there is none.
   */
  nextEnd(test: (effect: Effect) => boolean): Promise<void> | null {
    if (this.stopped) return null;
    const ends = [...this.entries.values()].filter(({ effect }) => test(effect)).map(endOf);
    return ends.length === 0 ? null : Promise.race(ends);
  }

  /** How many of each kind there are. */
  kinds(): Map<Effect['kind'], number> {
    const counts = new Map<Effect['kind'], number>();
    for (const { effect } of this.entries.values())
      counts.set(effect.kind, (counts.get(effect.kind) ?? 0) + 1);
    return counts;
  }

  get size(): number {
    return this.entries.size;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { timer, wake, end } of this.entries.values()) {
      if (timer) clearTimeout(timer);
      wake?.();
      end?.reached();
    }
    await Promise.allSettled(this.queues.values());
  }

  private schedule(entry: Entry, wait: number): void {
    if (this.stopped || this.held.has(entry.effect.session)) return;
    const { clock, work, log } = this.options;
    const now = clock.now();
    const due = Math.max(now + wait, entry.effect.notBefore, entry.lastRun + work.spacing(entry.effect));
    const fault = (error: unknown) =>
      log.error({ ...aboutEffect(entry.effect), ...toPlain(error) }, 'outbox');
    const enter = () => {
      entry.timer = null;
      const key = work.orderingKey(entry.effect);
      if (key === null) {
        this.attempt(entry).catch(fault);
        return;
      }
      const run = (this.queues.get(key) ?? Promise.resolve()).then(() => this.attempt(entry)).catch(fault);
      this.queues.set(key, run);
    };
    // Nothing to wait for: enter its queue now, so that effects keep the order in which they were decided.
    if (due <= now) enter();
    else entry.timer = setTimeout(safely(enter, fault), Math.min(due - now, 2 ** 31 - 1));
  }

  private remove(entry: Entry): void {
    if (entry.timer) clearTimeout(entry.timer);
    this.entries.delete(entry.effect.key);
    this.waited(entry);
    entry.wake?.();
    entry.end?.reached();
  }

  private waited(entry: Entry): void {
    if (!entry.waiting) return;
    entry.waiting = false;
    this.options.work.goesOn?.(entry.effect);
  }

  private lives(entry: Entry): boolean {
    return !this.stopped && this.entries.get(entry.effect.key) === entry;
  }

  /** In its queue: while it waits, nothing goes before it. */
  private async attempt(entry: Entry): Promise<void> {
    while (this.lives(entry)) {
      if (entry.effect.notBefore > this.options.clock.now()) {
        this.schedule(entry, 0);
        return;
      }
      const wait = await this.run(entry);
      if (wait === null) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        entry.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      entry.wake = null;
    }
  }

  /** Ms to rest before the next run; null = this was the last, or the next is entered anew. */
  private async run(entry: Entry): Promise<number | null> {
    entry.running = true;
    entry.again = false;
    entry.lastRun = this.options.clock.now();
    const { effect } = entry;
    if (this.options.work.spacing(effect) > 0) this.lastRuns.set(effect.key, entry.lastRun);
    try {
      await this.options.work.run(effect);
    } catch (error) {
      return this.failed(entry, effect, error).finally(() => {
        entry.running = false;
      });
    }
    entry.running = false;
    this.waited(entry);
    if (entry.again && this.lives(entry)) this.schedule(entry, 0);
    return null;
  }

  private async failed(entry: Entry, effect: Effect, error: unknown): Promise<number | null> {
    const { work, log, retryMs = 500, mostMs = 60_000, attempts = 8 } = this.options;
    entry.attempts += 1;
    work.failed?.(effect);
    if (this.stopped) return null;
    const wait = Math.min(retryMs * 2 ** (entry.attempts - 1), isDiskFull(error) ? 5000 : mostMs);
    const kind = work.failureKind(effect, error);
    if (kind === 'waits') {
      if (!this.lives(entry)) return null;
      entry.waiting = true;
      work.waits?.(effect, error);
      return wait;
    }
    log.warn({ ...aboutEffect(effect), attempt: entry.attempts, error: String(error) }, 'effect failed');
    this.waited(entry);
    if (kind === 'final' || entry.attempts >= attempts) await work.giveUp(effect).catch(() => {});
    if (this.lives(entry)) this.schedule(entry, wait);
    return null;
  }
}

function endOf(entry: Entry): Promise<void> {
  if (!entry.end) {
    let reached = () => {};
    const promise = new Promise<void>((resolve) => {
      reached = resolve;
    });
    entry.end = { promise, reached };
  }
  return entry.end.promise;
}
