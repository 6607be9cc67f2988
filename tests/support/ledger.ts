/** What a bot under `acclaim start` has written down of a round, to be held against what hangs on a platform. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { voterKey } from '../../src/store/voter-key.js';
import type { Row, Started } from './started.js';

export interface BallotRow extends Row {
  id: string;
  state: string;
  sheet: number;
  channel: string;
  message: string | null;
}

export class Ledger {
  constructor(
    private readonly started: Started,
    private readonly platform: string,
  ) {}

  async ballots(): Promise<BallotRow[]> {
    return (await this.started.bodies('ballot')) as BallotRow[];
  }

  /** `message emoji voter` of each mark that stands on ballots that hang, oldest first within a message. */
  async standing(): Promise<string[]> {
    const messages = new Map(
      (await this.ballots()).map((b) => [b.id, b.state === 'gone' ? null : b.message]),
    );
    const last = new Map<string, boolean>();
    for (const { ballot, voter, emoji, present } of await this.started.facts()) {
      const message = messages.get(String(ballot));
      if (message) last.set(`${message} ${emoji} ${voter}`, present === 1);
    }
    return [...last].flatMap(([mark, present]) => (present ? [mark] : [])).sort();
  }

  /** The key of an account, by the secret of the running bot. */
  key(account: string): string {
    return voterKey(readFileSync(join(this.started.dir, 'secret.key')), this.platform, account);
  }

  /** Sheets of the newest round that hang more than once, or not at all: there must be none. */
  async wrongSheets(): Promise<string[]> {
    const all = await this.ballots();
    const live = all.filter((b) => b.state === 'live' || b.state === 'closed');
    const names = [...new Set(all.map((b) => `${b.round} ${b.channel} ${b.sheet}`))];
    return names.filter(
      (name) => live.filter((b) => `${b.round} ${b.channel} ${b.sheet}` === name).length !== 1,
    );
  }
}
