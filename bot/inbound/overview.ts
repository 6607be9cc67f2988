/** What scripts, monitors and the page read of the bot. */
import type { PlatformName } from '../../src/chat/port.js';
import type { Store } from '../../src/store/store.js';
import type { Platforms } from '../effects/platforms.js';
import type { Reach } from '../monitoring/reach.js';
import { troubleOf } from '../monitoring/readiness.js';
import type { Status, Statuses } from '../monitoring/statuses.js';
import { type Exported, type ExportFormat, type Exports, learnedRound } from '../services/exports.js';
import type { Sessions } from '../sessions/sessions.js';

export interface OverviewParts {
  store: Store;
  sessions: Sessions;
  statuses: Statuses;
  platforms: Platforms;
  reach: Reach;
  exports: Exports;
}

/** `trouble`: why it cannot be reached; null where all is well. */
interface PlatformTrouble {
  name: PlatformName;
  trouble: string | null;
}

/** Reads alone; changes nothing. */
export class Overview {
  constructor(private readonly parts: OverviewParts) {}

  /** Of all sessions, and of each platform. */
  async status(): Promise<{ sessions: Status[]; platforms: PlatformTrouble[] }> {
    return { sessions: await this.parts.statuses.all(), platforms: this.troubles() };
  }

  troubles(): PlatformTrouble[] {
    const { platforms, reach } = this.parts;
    return [...platforms].map((of) => ({ name: of.name, trouble: troubleOf(of, reach) }));
  }

  /** Platforms without trouble. */
  connected(): PlatformName[] {
    return this.troubles().flatMap(({ name, trouble }) => (trouble === null ? [name] : []));
  }

  /** False before the first session was opened. */
  hasSessions(): Promise<boolean> {
    return this.parts.store.lookups.any();
  }

  /**
   * What a session's head, or a round, taught: made before by a command, but for the LoRA itself. Null where
   * there is none.
   */
  async adapter(session: string, round: number | null, format: ExportFormat): Promise<Exported | null> {
    const state = await this.parts.sessions.find(session);
    const number = round ?? state?.session.head ?? null;
    if (!state || number === null) return null;
    try {
      return await this.parts.exports.found({ session, round: learnedRound(state, number), format });
    } catch {
      return null;
    }
  }
}
