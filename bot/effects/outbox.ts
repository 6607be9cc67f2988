/**
 * Carries out the effects that were committed with a decision. Invariants: an effect leaves only when a decision says
 * that it is done; effects of one lane run one at a time, in the order they came. What fails for want of an answer waits as
 * long as it takes, and the rest of its lane behind it; what is refused for good is given up; a fault of ours is tried some
 * times beside the others. The same key added again while it waits or runs makes one more run with the newest content, so a
 * burst of edits costs one edit; effects of a session that is held wait until it is released.
 */
import type { Clock } from '../../src/clock.js';
import type { Effect } from '../../src/domain/state/effects.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import { isDiskFull } from '../../src/store/faults.js';
import { aboutEffect } from '../monitoring/watch.js';

/** waits: it passes. final: trying again cannot help. fault: neither is known, so it is tried some times. */
export type Verdict = 'waits' | 'final' | 'fault';

export interface OutboxOptions {
  /** Carries one effect out; must be safe to repeat. */
  carry(effect: Effect): Promise<void>;
  judge(effect: Effect, error: unknown): Verdict;
  /** Called when trying again will not help any more; must make a decision that ends the effect. */
  giveUp(effect: Effect, error: unknown): Promise<void>;
  /** Effects with the same lane never overlap; null = no order needed. */
  lane(effect: Effect): string | null;
  /** Least time between two runs of one key, ms: platforms limit edits. */
  spacing(effect: Effect): number;
  clock: Clock;
  log: Log;
  /** Told of each run that failed. */
  onFault?(effect: Effect): void;
  /** Told of each run after which the effect waits. */
  onWait?(effect: Effect, error: unknown): void;
  /** It waits no more: it was carried out, given up, or is not wanted. */
  onWaited?(effect: Effect): void;
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
}

export class Outbox {
  private readonly entries = new Map<string, Entry>();
  private readonly lanes = new Map<string, Promise<void>>();
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
      const idle = { attempts: 0, running: false, again: false, timer: null, waiting: false, wake: null };
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
    for (const { timer, wake } of this.entries.values()) {
      if (timer) clearTimeout(timer);
      wake?.();
    }
    await Promise.allSettled(this.lanes.values());
  }

  private schedule(entry: Entry, wait: number): void {
    if (this.stopped || this.held.has(entry.effect.session)) return;
    const { clock, spacing, log } = this.options;
    const now = clock.now();
    const due = Math.max(now + wait, entry.effect.notBefore, entry.lastRun + spacing(entry.effect));
    const fault = (error: unknown) =>
      log.error({ ...aboutEffect(entry.effect), ...toPlain(error) }, 'outbox');
    const enter = () => {
      entry.timer = null;
      const lane = this.options.lane(entry.effect);
      if (lane === null) {
        this.attempt(entry).catch(fault);
        return;
      }
      const run = (this.lanes.get(lane) ?? Promise.resolve()).then(() => this.attempt(entry)).catch(fault);
      this.lanes.set(lane, run);
    };
    // Nothing to wait for: enter the lane now, so that effects keep the order in which they were decided.
    if (due <= now) enter();
    else entry.timer = setTimeout(safely(enter, fault), Math.min(due - now, 2 ** 31 - 1));
  }

  private remove(entry: Entry): void {
    if (entry.timer) clearTimeout(entry.timer);
    this.entries.delete(entry.effect.key);
    this.waited(entry);
    entry.wake?.();
  }

  private waited(entry: Entry): void {
    if (!entry.waiting) return;
    entry.waiting = false;
    this.options.onWaited?.(entry.effect);
  }

  private lives(entry: Entry): boolean {
    return !this.stopped && this.entries.get(entry.effect.key) === entry;
  }

  /** In its lane: while it waits, nothing goes before it. */
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
    if (this.options.spacing(effect) > 0) this.lastRuns.set(effect.key, entry.lastRun);
    try {
      await this.options.carry(effect);
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
    const { judge, giveUp, log, retryMs = 500, mostMs = 60_000, attempts = 8 } = this.options;
    entry.attempts += 1;
    this.options.onFault?.(effect);
    if (this.stopped) return null;
    const wait = Math.min(retryMs * 2 ** (entry.attempts - 1), isDiskFull(error) ? 5000 : mostMs);
    const verdict = judge(effect, error);
    if (verdict === 'waits') {
      if (!this.lives(entry)) return null;
      entry.waiting = true;
      this.options.onWait?.(effect, error);
      return wait;
    }
    log.warn({ ...aboutEffect(effect), attempt: entry.attempts, error: String(error) }, 'effect failed');
    this.waited(entry);
    if (verdict === 'final' || entry.attempts >= attempts) await giveUp(effect, error).catch(() => {});
    if (this.lives(entry)) this.schedule(entry, wait);
    return null;
  }
}
