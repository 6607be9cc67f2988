/**
 * Sessions that a start finds are taken up one after another, some side by side, while everything else goes
 * on: those that take no votes now first, then by deadline. Until its turn a session's effects wait and it
 * takes no step by itself; one that somebody acts on comes next. So commands are served at once, and no round
 * closes unread.
 */
import type { SessionState } from '../../src/domain/state/model.js';
import type { CommitListener, Committed } from './listeners.js';

/** Takes up one session. */
export interface TakesUp {
  /** Reads what was missed and lets the session go on; must not throw. */
  takeUp(session: string): Promise<void>;
}

export interface ResumeParts {
  sessions: TakesUp;
  /** Sessions at a time: most of it is waiting for platforms, which set the pace by their rate limits. */
  abreast?: number;
}

/** The order in which sessions are taken up. */
export class Resume implements CommitListener {
  private waiting: string[] = [];
  private workers: Promise<void>[] = [];
  private stopped = false;

  constructor(private readonly parts: ResumeParts) {}

  begin(states: readonly SessionState[]): void {
    const due = new Map(states.map((state) => [state.session.id, dueOf(state)]));
    this.waiting = [...due.keys()].sort((a, b) => due.get(a)! - due.get(b)!);
    this.workers = Array.from({ length: this.parts.abreast ?? 8 }, () => this.work());
  }

  committed({ effects }: Committed): void {
    for (const { session } of effects) this.hurry(session);
  }

  /** Has its turn next, if it has not had it. */
  hurry(session: string): void {
    const at = this.waiting.indexOf(session);
    if (at > 0) this.waiting.unshift(...this.waiting.splice(at, 1));
  }

  /** Resolves when what is under way is over; the rest is left to the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.workers);
  }

  private async work(): Promise<void> {
    for (let id = this.waiting.shift(); id !== undefined && !this.stopped; id = this.waiting.shift())
      await this.parts.sessions.takeUp(id);
  }
}

/** When its votes are counted; first of all where people wait for the bot rather than it for them. */
function dueOf({ rounds }: SessionState): number {
  const round = rounds.at(-1);
  if (round?.state === 'closing') return round.deadline ?? 0;
  if (round?.state !== 'open') return Number.NEGATIVE_INFINITY;
  return round.deadline ?? Number.MAX_VALUE;
}
