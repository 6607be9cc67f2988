/** Where the artifacts of a session lie under the data directory; all absolute. */
import { join } from 'node:path';
import type { SessionState } from '../../src/domain/state/model.js';

/** Paths below one data directory. */
export class DataPaths {
  /** `root` is absolute. */
  constructor(readonly root: string) {}

  round(session: string, number: number): string {
    return join(this.root, 'sessions', session, 'rounds', String(number));
  }

  checkpoint(session: string, number: number): string {
    return join(this.root, 'sessions', session, 'checkpoints', String(number));
  }

  /** The checkpoint that `parent` names; null stands for the branch's origin, or for the base model. */
  parent(state: SessionState, parent: number | null): string | null {
    if (parent !== null) return this.checkpoint(state.session.id, parent);
    const { origin } = state.session;
    return origin && origin.round > 0 ? this.checkpoint(origin.session, origin.round) : null;
  }

  /** Pictures by which a model's safety was measured, and what was said of them. */
  evaluation(session: string, name: string): string {
    return join(this.root, 'sessions', session, 'evaluations', name);
  }

  /** What the model of a round draws at other strengths. */
  strength(session: string, name: string): string {
    return join(this.root, 'sessions', session, 'strengths', name);
  }

  /** Sheets, plots and exports: made from what is true, and made again when missing. */
  made(session: string, name: string): string {
    return join(this.root, 'sessions', session, 'made', name);
  }
}
