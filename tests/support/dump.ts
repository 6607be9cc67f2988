/**
 * All that a data folder's database holds: every row of every table, in order, and the schema as it stands.
 */
import { join } from 'node:path';
import { Connection } from '../../src/store/sqlite.js';

export async function dump(dir: string): Promise<Record<string, unknown[]>> {
  const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
  try {
    const all: Record<string, unknown[]> = {
      schema: await db.all('SELECT type, name, sql FROM sqlite_master ORDER BY name'),
      version: await db.all('PRAGMA user_version'),
      integrity: await db.all('PRAGMA integrity_check'),
    };
    const tables = await db.all<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    for (const { name } of tables) all[name] = await db.all(`SELECT * FROM ${name} ORDER BY 1`);
    return all;
  } finally {
    await db.close();
  }
}
