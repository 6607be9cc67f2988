/**
 * Who is told of what sessions do, by name: each listener is registered once, where the app is put together.
 */
import type { RowChange } from '../../src/domain/state/decision.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';

/** What has become durable together. */
export interface Committed {
  session: string;
  rows: readonly RowChange[];
  effects: readonly Effect[];
  /** Keys of effects that are carried out, or no longer wanted. */
  done: readonly string[];
}

/** Hears of what became durable. */
export interface CommitListener {
  /** Called in the order of the commits; must not throw. */
  committed(change: Committed): void;
}

/** Hears of changes of people. */
export interface VoterListener {
  /** Rows of voters have changed, whoever decided that. */
  votersChanged(): void;
}

/** Hears of sessions that come into memory, or go. */
export interface HoldListener {
  /** A session that ended is held again. */
  held(state: SessionState): void;
  /** It is held no longer. */
  letGo(state: SessionState): void;
}

/** Whoever has something left to do for a session that ended, which is then held. */
export interface Keeper {
  isBusyWith(session: string): boolean;
}

/** Those that are registered, in the order in which they are told. */
export class Listeners {
  readonly commit: CommitListener[] = [];
  readonly voters: VoterListener[] = [];
  readonly hold: HoldListener[] = [];
  readonly keepers: Keeper[] = [];

  committed(change: Committed): void {
    for (const one of this.commit) one.committed(change);
  }

  votersChanged(): void {
    for (const one of this.voters) one.votersChanged();
  }

  held(state: SessionState): void {
    for (const one of this.hold) one.held(state);
  }

  letGo(state: SessionState): void {
    for (const one of this.hold) one.letGo(state);
  }

  /** Somebody has something left to do for it. */
  areBusyWith(session: string): boolean {
    return this.keepers.some((one) => one.isBusyWith(session));
  }
}
