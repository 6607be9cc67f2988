/**
 * Carries out the effects that were committed with a decision. Invariants: an effect leaves only when a decision says
 * that it is done; effects of one lane run one at a time, in the order they came; a fault is tried again, later and
 * later, and given up after some tries unless the disk is full; the same key added again while it waits or runs makes one
 * more run with the newest content, so a burst of edits costs one edit; effects of a session that is held wait until it is
 * released.
 */
import type { Clock } from '../src/clock.js';
import type { Effect } from '../src/domain/effects.js';
import { toPlain } from '../src/errors.js';
import type { Log } from '../src/log.js';
import { safely } from '../src/safely.js';
import { isDiskFull } from '../src/store/faults.js';
import { aboutEffect } from './watch.js';

export interface OutboxOptions {
  /** Carries one effect out; must be safe to repeat. */
  carry(effect: Effect): Promise<void>;
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
  /** First wait after a fault, ms; doubles up to a minute. */
  retryMs?: number;
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
      const entry: Entry = { effect, attempts: 0, running: false, again: false, lastRun, timer: null };
      this.entries.set(effect.key, entry);
      this.schedule(entry, 0);
    }
  }

  /** The effect is carried out or no longer wanted; one that was asked for again meanwhile stays. */
  done(key: string): void {
    const entry = this.entries.get(key);
    if (!entry || entry.again) return;
    if (entry.timer) clearTimeout(entry.timer);
    this.entries.delete(key);
  }

  /** The session is gone, and with it whatever was to be done for it. */
  drop(session: string): void {
    for (const [key, { effect, timer }] of this.entries) {
      if (effect.session !== session) continue;
      if (timer) clearTimeout(timer);
      this.entries.delete(key);
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
    for (const entry of this.entries.values()) if (entry.timer) clearTimeout(entry.timer);
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

  private async attempt(entry: Entry): Promise<void> {
    if (this.stopped || this.entries.get(entry.effect.key) !== entry) return;
    const { clock, carry, giveUp, log, retryMs = 500, attempts = 8 } = this.options;
    if (entry.effect.notBefore > clock.now()) {
      this.schedule(entry, 0);
      return;
    }
    entry.running = true;
    entry.again = false;
    entry.lastRun = clock.now();
    const { effect } = entry;
    if (this.options.spacing(effect) > 0) this.lastRuns.set(effect.key, entry.lastRun);
    let wait = 0;
    try {
      await carry(effect);
    } catch (error) {
      entry.attempts += 1;
      this.options.onFault?.(effect);
      log.warn({ ...aboutEffect(effect), attempt: entry.attempts, error: String(error) }, 'effect failed');
      if (this.stopped) return;
      // A full disk is nobody's refusal: what waits for room is tried until there is some.
      if (entry.attempts >= attempts && !isDiskFull(error)) await giveUp(effect, error).catch(() => {});
      wait = Math.min(retryMs * 2 ** (entry.attempts - 1), isDiskFull(error) ? 5000 : 60_000);
      entry.again = this.entries.get(effect.key) === entry;
    }
    entry.running = false;
    if (entry.again && this.entries.get(effect.key) === entry) this.schedule(entry, wait);
  }
}
