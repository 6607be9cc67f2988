/** The clock of sessions: a tick of each when passing time alone may change something. */
import type { Clock } from '../../src/clock.js';
import { nextTick } from '../../src/domain/sessions/views.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';

/** Ticks come at least this often, so that a clock that jumps is noticed. */
const LONGEST_TICK_MS = 60_000;

/** Whose clock it is. */
export interface Ticking {
  tick(session: string): unknown;
}

export interface TickParts {
  clock: Clock;
  log: Log;
  sessions: Ticking;
}

/** One timer a session. */
export class Ticks {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** False: nothing ticks by itself any more. */
  private on = true;

  constructor(private readonly parts: TickParts) {}

  /** In so many ms, whatever was to come before. */
  in(session: string, wait: number): void {
    this.clear(session);
    if (!this.on) return;
    const { log, sessions } = this.parts;
    const act = safely(
      () => sessions.tick(session),
      (error) => log.debug(toPlain(error), 'a tick failed'),
    );
    this.timers.set(session, setTimeout(act, wait));
  }

  /** When the state next needs one. */
  schedule(state: SessionState): void {
    this.clear(state.session.id);
    const now = this.parts.clock.now();
    const at = nextTick(state, now);
    if (at !== null) this.in(state.session.id, Math.min(Math.max(at - now, 10), LONGEST_TICK_MS));
  }

  clear(session: string): void {
    clearTimeout(this.timers.get(session));
    this.timers.delete(session);
  }

  stop(): void {
    for (const session of [...this.timers.keys()]) this.clear(session);
    this.on = false;
  }
}
