/**
 * Leaving no old bytes behind: what was deleted may still stand in the gaps of pages that were split or
 * merged, which `secure_delete` does not reach, and in the write-ahead log. The ledger's own pages are only
 * appended to and overwritten in place, so that nothing of them is ever split but by a purge.
 */
import type { Connection } from './sqlite.js';

const patience = { tries: 100, ms: 100 };

/** The whole file anew, run between transactions: a second or two for a million marks. */
export async function scrub(db: Connection): Promise<void> {
  await db.exec('VACUUM');
  await db.run('DELETE FROM unscrubbed');
  await emptyLog(db);
}

/**
 * Part of a transaction that moves so much that only `scrub` cleans up after it; the next start does, if a
 * kill comes between.
 */
export async function oweScrub(db: Connection): Promise<void> {
  await db.run('INSERT OR IGNORE INTO unscrubbed (one) VALUES (1)');
}

/** Takes up a scrub that a process which ended had begun. */
export async function scrubWhatIsOwed(db: Connection): Promise<void> {
  const owed = await db.get('SELECT one FROM unscrubbed');
  await (owed ? scrub(db) : emptyLog(db));
}

/**
 * Small tables, each as part of a transaction: all its pages are given up, which overwrites them, and new
 * ones filled.
 */
export async function rewrite(db: Connection, tables: Iterable<string>): Promise<void> {
  for (const table of tables) {
    await db.exec(`CREATE TEMP TABLE kept AS SELECT * FROM main.${table} ORDER BY rowid`);
    await db.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM kept; DROP TABLE kept`);
  }
}

/**
 * Folds the write-ahead log into the database and cuts it to nothing; somebody who reads holds it up for a
 * moment.
 */
export async function emptyLog(db: Connection): Promise<void> {
  for (let tries = 1; ; tries++) {
    const row = await db.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
    if (row?.busy === 0) return;
    if (tries === patience.tries) throw new Error('the write-ahead log is in use and cannot be emptied');
    await new Promise((resolve) => setTimeout(resolve, patience.ms));
  }
}
