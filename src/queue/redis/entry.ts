/**
 * A job that the bot has asked for, as long as nobody has answered it: what is known of it, and who waits for
 * what.
 */
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { AcclaimError } from '../../errors.js';
import type { Held } from '../contract.js';
import { deferred } from '../deferred.js';
import type { JobKind, JobProgress } from '../jobs.js';
import { Unschedulable } from '../matching/unschedulable.js';
import type { Packed } from '../transport/transport.js';

export class Entry {
  readonly digest: string;
  readonly session: string;
  /** Where it lies in Redis, and under which nonce it was given out; null while it is not. */
  out: { queue: string; nonce: string } | null = null;
  /** Of all that decides what it writes; null where it writes nothing. */
  identity: string | null = null;
  /** As it crosses. */
  packed: Packed | null = null;
  /** An engine has it. */
  active = false;
  /** Its end was heard of. */
  ended = false;
  /** Runs that count no more, and the one that was last heard of. */
  readonly stale = new Set<number>();
  delivery = 0;
  /** Engines that it has outlived; by name: those that it failed on, and those that have refused it. */
  lost = 0;
  readonly failed = new Set<string>();
  readonly short = new Set<string>();
  /** It is cancelled: ends what is carried for it. */
  readonly abort = new AbortController();
  readonly listeners: ((p: JobProgress) => void)[] = [];
  readonly watchers: ((why: Held | null) => void)[] = [];
  /** What holds up what it reads or what was made of it, on its way. */
  held: Held | null = null;
  readonly unschedulable: Unschedulable;
  readonly outcome: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AcclaimError) => void;
  private due = false;
  private waiting: () => void = () => {};

  /** `payload` as its schema has it; `tell` hears why nobody can do it. */
  constructor(
    readonly id: string,
    readonly kind: JobKind,
    readonly payload: Record<string, unknown> & { session: string },
    { graceMs, tell }: { graceMs: number; tell: (why: Held | null) => void },
  ) {
    this.session = payload.session;
    this.digest = createHash('sha256').update(JSON.stringify(payload)).digest('hex');
    this.unschedulable = new Unschedulable(graceMs, tell);
    // Each file on its way listens to it.
    setMaxListeners(0, this.abort.signal);
    ({ outcome: this.outcome, resolve: this.resolve, reject: this.reject } = deferred());
  }

  /** Something has changed for it. */
  wake(): void {
    this.due = true;
    this.waiting();
  }

  /** Resolves at the next `wake`, or at once where there was one since the last. */
  async change(): Promise<void> {
    if (!this.due)
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    this.due = false;
  }

  /**
   * What is on its way for it is held up, or (null) goes on. Told at once where it was told before, else once
   * it has lasted.
   */
  hold(why: Held | null): void {
    this.held = why;
    this.unschedulable.mark(why);
  }

  cancel(): void {
    this.abort.abort();
    this.wake();
  }
}
