/** The audit: who did what, with those acts that no session decided. */
import type { Clock } from '../../src/clock.js';
import type { Act } from '../../src/domain/state/model.js';
import type { AuditRow } from '../../src/store/audit.js';
import { newCode } from '../../src/store/codes.js';
import type { Store } from '../../src/store/store.js';
import type { Asking } from './requests.js';
import type { ServerSettings } from './server-settings.js';
import type { Voters } from './voters.js';

export interface AuditParts {
  clock: Clock;
  store: Store;
  voters: Voters;
  settings: ServerSettings;
}

/** Reads all of it; writes what no session writes. */
export class Audit {
  constructor(private readonly parts: AuditParts) {}

  /** Writes an act down that no session decided; by whom only where they agreed to be known. */
  async record(act: Omit<Act, 'at'>): Promise<void> {
    const { clock, store, voters } = this.parts;
    const row: Act = { ...act, at: clock.now(), by: (await voters.isKnown(act.by)) ? act.by : null };
    await store.commit([{ table: 'act', row }], []);
  }

  /** Acts of sessions and places, newest first. */
  of(places: readonly string[], limit: number): Promise<AuditRow[]> {
    return this.parts.store.acts(places, limit);
  }

  /** Rows of one act, oldest first, as far as they stand in the audit of these sessions and places. */
  rowsOf(whole: string, places: readonly string[]): Promise<AuditRow[]> {
    return this.parts.store.actsOf(whole, places);
  }

  /** By this the rows of one act are known for each other's: the server that it is done on, and a code. */
  async newWhole(asking: Asking): Promise<string> {
    return `${await this.parts.settings.serverOf(asking)}/${newCode()}`;
  }
}
