/** A look at the sessions beside a running Acclaim: read only, and without the lock of the one writer. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../domain/model.js';
import { AcclaimError } from '../errors.js';
import { Connection } from './sqlite.js';

/** In the order they were opened. */
export async function peekSessions(dataDir: string): Promise<Session[]> {
  const file = join(dataDir, 'acclaim.sqlite');
  if (!existsSync(file)) {
    throw new AcclaimError('file-not-found', `there is no ${file}`, 'Name the data folder: --data DIR.');
  }
  const db = await Connection.open(file, 'read');
  try {
    await db.exec('PRAGMA busy_timeout = 5000');
    const rows = await db.all<{ body: string }>('SELECT body FROM session ORDER BY seq');
    return rows.map(({ body }) => JSON.parse(body) as Session);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new AcclaimError('file-corrupt', `${file}: ${why}`, 'Is it the database of an Acclaim?', { cause });
  } finally {
    await db.close();
  }
}
