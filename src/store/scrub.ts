/**
 * Leaving no old bytes behind: what was deleted may still stand in the gaps of pages and in the write-ahead log. Run
 * between transactions.
 */
import type { Connection } from './sqlite.js';

const patience = { tries: 100, ms: 100 };

/** Written anew: pages that were split or merged may hold old bytes in their gaps, which `secure_delete` does not reach. */
export async function scrub(db: Connection): Promise<void> {
  await db.exec('VACUUM');
  await emptyLog(db);
}

/** Folds the write-ahead log into the database and cuts it to nothing; somebody who reads holds it up for a moment. */
export async function emptyLog(db: Connection): Promise<void> {
  for (let tries = 1; ; tries++) {
    const row = await db.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
    if (row?.busy === 0) return;
    if (tries === patience.tries) throw new Error('the write-ahead log is in use and cannot be emptied');
    await new Promise((resolve) => setTimeout(resolve, patience.ms));
  }
}
