/** What sessions are made of. */
import type { Clock } from '../../src/clock.js';
import type { Log } from '../../src/log.js';
import type { Store } from '../../src/store/store.js';
import type { Homes } from './homes.js';

/** The part of the store that sessions are kept in; tests keep them in memory. */
export type SessionStore = Pick<Store, 'commit' | 'load'> & { lookups: Pick<Store['lookups'], 'newestIn'> };

export interface SessionsParts {
  clock: Clock;
  log: Log;
  store: SessionStore;
  homes: Homes;
  /** The truth can no longer be written: says why and ends the process. */
  fatal(error: unknown): void;
}
