/**
 * From accounts to keyed hashes: the only thing of a person that goes into the ledger. The hash is the
 * store's, whose data folder holds the secret; without it nobody can tell whose votes they are.
 */
import type { Account } from '../../src/chat/port.js';
import type { Seen } from '../../src/domain/state/events.js';

/** By the key of one data folder. */
export class People {
  constructor(readonly key: (platform: string, account: string) => string) {}

  seen({ platform, id, bornAt, joinedAt, role, waits = false }: Account): Seen {
    return { key: this.key(platform, id), platform, bornAt, joinedAt, role, waits };
  }
}
