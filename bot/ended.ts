/**
 * Sessions that ended and are held all the same: the few that were asked for last, and those with something left to carry
 * out. And what the others have drawn today, which budgets ask for. Knows no state: only which may go, and when.
 */
import { dayOf } from '../src/domain/budgets.js';
import type { Binding, Round, SessionState } from '../src/domain/model.js';

/** Held at most, unless more of them have something left to do. */
const KEPT = 32;

/** What a session that is not held has drawn of late. */
export interface Drawn {
  /** Where it was founded; a pool is counted there. */
  bindings: readonly Binding[];
  rounds: readonly Round[];
}

export class Ended {
  /** In the order of their last use. */
  private readonly used = new Set<string>();
  private readonly drawn = new Map<string, Drawn>();

  /** Somebody asked for it, or it has just ended. */
  use(id: string): void {
    this.used.delete(id);
    this.used.add(id);
  }

  /** Those that are one too many and have nothing left to do, the one that was not asked for longest first. */
  *surplus(idle: (id: string) => boolean): Iterable<string> {
    let many = this.used.size - KEPT;
    if (many <= 0) return;
    for (const id of [...this.used])
      if (many > 0 && idle(id)) {
        many -= 1;
        yield id;
      }
  }

  /** It goes on, or is gone for good. */
  forget(id: string): void {
    this.used.delete(id);
    this.drawn.delete(id);
  }

  /** It is not held any more (or never was since the start). */
  letGo({ session, bindings, rounds }: SessionState, now: number): void {
    this.used.delete(session.id);
    const today = (round: Round) => round.createdAt >= dayOf(now);
    for (const [id, past] of this.drawn) if (!past.rounds.some(today)) this.drawn.delete(id);
    const recent = rounds.filter(today);
    if (recent.length > 0) this.drawn.set(session.id, { bindings: bindings.slice(0, 1), rounds: recent });
  }

  /** What those have drawn today that are not held. */
  today(): Iterable<Drawn> {
    return this.drawn.values();
  }
}
