/**
 * What a bot under `acclaim start` has written down of a round, to be held against what hangs on a platform.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { voterKey } from '../../src/store/voter-key.js';
import type { Row, Started } from './started.js';
import { until } from './wait.js';

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

  /**
   * Waits until the marks that stand are those that hang, each sheet hangs once, and the live ballots are the
   * messages that are shown; `what`: after which this must be so.
   */
  async agrees(
    what: string,
    hanging: () => Promise<string[]>,
    shown: () => Promise<string[]>,
  ): Promise<void> {
    await until(
      async () => (await this.standing()).join('\n') === (await hanging()).join('\n'),
      `ledger and reactions to agree after ${what}`,
    );
    await until(async () => (await this.wrongSheets()).length === 0, `each sheet to hang once after ${what}`);
    const live = (await this.ballots()).filter((b) => b.state === 'live').map((b) => b.message);
    expect((await shown()).sort()).toEqual(live.sort());
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
