/**
 * What is kept of servers and channels beside sessions: what admins set, check marks on notices that mean
 * nothing any more, and servers that the bot was removed from.
 */

import type { Settings } from '../domain/sessions/settings.js';
import type { Channel, Community, Departure } from '../domain/state/model.js';
import { bodies } from './read-session.js';
import type { Connection } from './sqlite.js';
import type { Unit } from './writer.js';

/** A community's row keeps what was set for it when its name changes. */
export const mergeCommunity = `INSERT INTO community (id, body) VALUES (?, ?)
  ON CONFLICT (id) DO UPDATE SET body = json_patch(community.body, excluded.body)`;

/** A check mark on a place's notice that is no consent. */
export interface Declined {
  place: string;
  hash: string;
}

/** Servers and channels, their settings, and those that the bot was removed from. */
export class Places {
  constructor(
    private readonly reader: Connection,
    private readonly write: <T>(unit: Unit<T>) => Promise<T>,
  ) {}

  channels(): Promise<Channel[]> {
    return bodies(this.reader, 'SELECT body FROM channel ORDER BY seq');
  }

  /** What admins set, by server: `discord-<guild>`, `slack-<workspace>`, `web`. */
  async settings(): Promise<Map<string, Settings>> {
    type Row = Community & { settings?: Settings };
    const rows = await bodies<Row>(this.reader, 'SELECT body FROM community');
    return new Map(rows.flatMap(({ id, settings }) => (settings ? [[id, settings] as const] : [])));
  }

  /** `settings` whole: what is not in it is as the configuration says. */
  setSettings(community: Community, settings: Settings): Promise<void> {
    const body = JSON.stringify({ ...community, settings: null });
    return this.write(async (db) => {
      await db.run(mergeCommunity, community.id, body);
      const sql = "UPDATE community SET body = json_set(body, '$.settings', json(?)) WHERE id = ?";
      await db.run(sql, JSON.stringify(settings), community.id);
    });
  }

  /** Hashes of those whose check mark on the place's notice is no consent. */
  async declined(place: string): Promise<string[]> {
    const sql = 'SELECT hash FROM declined WHERE place = ?';
    return (await this.reader.all<{ hash: string }>(sql, place)).map(({ hash }) => hash);
  }

  /** Of any number of places at once. */
  decline(marks: readonly Declined[]): Promise<void> {
    if (marks.length === 0) return Promise.resolve();
    const sql = `INSERT OR IGNORE INTO declined (place, hash)
      SELECT json_extract(value, '$.place'), json_extract(value, '$.hash') FROM json_each(?)`;
    return this.write(async (db) => {
      await db.run(sql, JSON.stringify(marks));
    });
  }

  undecline(marks: readonly Declined[]): Promise<void> {
    if (marks.length === 0) return Promise.resolve();
    const sql = `DELETE FROM declined WHERE (place, hash) IN
      (SELECT json_extract(value, '$.place'), json_extract(value, '$.hash') FROM json_each(?))`;
    return this.write(async (db) => {
      await db.run(sql, JSON.stringify(marks));
    });
  }

  /** Whether any stands. */
  async anyDeclined(): Promise<boolean> {
    return (await this.reader.all('SELECT 1 FROM declined LIMIT 1')).length > 0;
  }

  /** Servers that the bot was removed from, until they are purged or it returns. */
  departures(): Promise<Departure[]> {
    return this.reader.all<Departure>('SELECT platform, server, at, due FROM departure ORDER BY seq');
  }

  /** Told again it keeps its time. */
  depart({ platform, server, at, due }: Departure): Promise<void> {
    const sql = 'INSERT OR IGNORE INTO departure (platform, server, at, due) VALUES (?, ?, ?, ?)';
    return this.write(async (db) => {
      await db.run(sql, platform, server, at, due);
    });
  }

  postponePurges(by: number): Promise<void> {
    return this.write(async (db) => {
      await db.run('UPDATE departure SET due = due + ?', Math.round(by));
    });
  }

  comeBack(platform: string, server: string): Promise<void> {
    return this.write(async (db) => {
      await db.run('DELETE FROM departure WHERE platform = ? AND server = ?', platform, server);
    });
  }
}
