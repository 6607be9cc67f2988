/** `acclaim start` in this process over a temporary folder, with a look into its database from beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartOptions, startCommand } from '../../bot/start.js';
import { loadConfig } from '../../src/config/load.js';
import { silentLog } from '../../src/log.js';
import { Connection } from '../../src/store/sqlite.js';
import { ownServer } from './discord-peer/world.js';
import { small } from './house.js';
import { keptEngine } from './kept-engine.js';

/** The peers' servers are the host's own. */
export const own = [`discord.ownServers=["${ownServer}"]`, 'slack.ownWorkspaces=[T000000001]'];

export interface Row {
  [column: string]: unknown;
}

export class Started {
  private abort = new AbortController();
  /** Settles when the last start has ended, however it did. */
  ended: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: readonly string[],
    readonly dir = mkdtempSync(join(tmpdir(), 'acclaim-start-')),
    private readonly more: Partial<Pick<StartOptions, 'patience' | 'log' | 'onClaim'>> = {},
  ) {}

  /** Resolves with the page's address; rejects when it could not start. */
  async start(): Promise<string> {
    const set = [
      `dataDir=${this.dir}`,
      'server.port=0',
      'session.task=null',
      ...small,
      ...own,
      ...this.settings,
    ];
    const abort = new AbortController();
    this.abort = abort;
    return new Promise((resolve, reject) => {
      const config = loadConfig({ set, env: {} });
      const run = startCommand({
        config,
        log: silentLog,
        signal: abort.signal,
        launch: keptEngine,
        onReady: resolve,
        ...this.more,
      });
      this.ended = run.then(
        () => null,
        (error: unknown) => error,
      );
      run.catch(reject);
    });
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async rows(sql: string): Promise<Row[]> {
    const db = await Connection.open(join(this.dir, 'acclaim.sqlite'), 'read');
    try {
      return await db.all<Row>(sql);
    } finally {
      await db.close();
    }
  }

  /** The newest body of every row of a table. */
  async bodies(table: 'session' | 'round' | 'ballot' | 'voter' | 'binding'): Promise<Row[]> {
    return (await this.rows(`SELECT body FROM ${table}`)).map(({ body }) => JSON.parse(String(body)) as Row);
  }

  /** Marks of the ledger, as many as there ever were. */
  async facts(): Promise<Row[]> {
    return this.rows('SELECT ballot, voter, emoji, present, source FROM fact');
  }

  async roundOpen(number: number): Promise<boolean> {
    return (await this.bodies('round')).some((r) => r.number === number && r.state === 'open');
  }
}
