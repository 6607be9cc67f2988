/** What each server (Discord) or workspace (Slack) that the bot was ever seen on is to the host. */
import type { Platform } from '../domain/state/model.js';
import type { Connection } from './sqlite.js';
import type { Unit } from './writer.js';

/** own: the host's. allowed, refused: an operator's word. unknown: nobody has decided. */
export type Standing = 'own' | 'allowed' | 'refused' | 'unknown';

export interface ServerStanding {
  platform: Platform;
  server: string;
  standing: Standing;
}

/** The standing of each server, kept. */
export class Standings {
  constructor(
    private readonly reader: Connection,
    private readonly write: <T>(unit: Unit<T>) => Promise<T>,
  ) {}

  all(): Promise<ServerStanding[]> {
    return readStandings(this.reader);
  }

  set(platform: string, server: string, standing: Standing): Promise<void> {
    const sql = `INSERT INTO server (platform, server, standing) VALUES (?, ?, ?)
      ON CONFLICT (platform, server) DO UPDATE SET standing = excluded.standing`;
    return this.write(async (db) => {
      await db.run(sql, platform, server, standing);
    });
  }

  drop(platform: string, server: string): Promise<void> {
    return this.write(async (db) => {
      await db.run('DELETE FROM server WHERE platform = ? AND server = ?', platform, server);
    });
  }
}

export function readStandings(db: Connection): Promise<ServerStanding[]> {
  return db.all<ServerStanding>('SELECT platform, server, standing FROM server ORDER BY platform, server');
}
