/**
 * Sessions that ended and are held all the same: the few that were asked for last, and those with something
 * left to carry out. And what the others have drawn today, which budgets ask for. Knows no state: only which
 * may go, and when.
 */
import { type Drawn, dayOf } from '../../src/domain/state/budgets.js';
import type { SessionState } from '../../src/domain/state/model.js';

/** Held at most, unless more of them have something left to do. */
const KEPT = 32;

/** Ids in the order of their last use. */
export class EndedSessions {
  /** In the order of their last use. */
  private readonly used = new Set<string>();
  private readonly drawn = new Map<string, Drawn>();

  /** Somebody asked for it, or it has just ended. */
  use(id: string): void {
    this.used.delete(id);
    this.used.add(id);
  }

  /**
   * Those that are one too many and have nothing left to do, the one that was not asked for longest first.
   */
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

  /** It is not held any more. */
  letGo({ session, bindings: [founding], rounds }: SessionState, now: number): void {
    this.used.delete(session.id);
    if (founding) this.recall([{ ...founding, rounds }], now);
  }

  /** What sessions have drawn that are not held; rounds of earlier days are forgotten. */
  recall(those: readonly Drawn[], now: number): void {
    const today = ({ rounds }: Drawn) => rounds.filter(({ createdAt }) => createdAt >= dayOf(now));
    for (const [id, past] of this.drawn) if (today(past).length === 0) this.drawn.delete(id);
    for (const drawn of those) {
      const { session, channel, platform } = drawn;
      const rounds = today(drawn).map(({ createdAt, count }) => ({ createdAt, count }));
      if (rounds.length > 0) this.drawn.set(session, { session, channel, platform, rounds });
    }
  }

  /** What those have drawn today that are not held. */
  today(): Iterable<Drawn> {
    return this.drawn.values();
  }
}
