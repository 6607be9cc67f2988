/**
 * Forgetting a person: their key is swapped for unlinkable pseudonyms, one a round, so that every count stays what it
 * was and nothing ties two rounds together. All in one transaction; afterwards the write-ahead log is folded in and
 * emptied, and `secure_delete` has overwritten the old bytes.
 */
import type { Voter } from '../domain/model.js';
import type { Connection } from './sqlite.js';
import { upsert } from './tables.js';
import { pseudonym } from './voter-key.js';

const day = 86_400_000;

export async function forgetVoter(db: Connection, key: string, at: number): Promise<void> {
  const row = await db.get<{ body: string }>('SELECT body FROM voter WHERE key = ?', key);
  const voter = row ? (JSON.parse(row.body) as Voter) : null;
  const rounds = await db.all<{ round: string }>(
    'SELECT DISTINCT b.round FROM fact f JOIN ballot b ON b.id = f.ballot WHERE f.voter = ?',
    key,
  );
  await db.run('INSERT OR IGNORE INTO forgetting (voter) VALUES (?)', key);
  for (const { round } of rounds) {
    const name = pseudonym();
    await db.run(
      'UPDATE fact SET voter = ? WHERE voter = ? AND ballot IN (SELECT id FROM ballot WHERE round = ?)',
      name,
      key,
      round,
    );
    if (!voter) continue;
    const stand = JSON.stringify(standIn(voter, name, at));
    await db.run(upsert('voter', ['key', 'community']), name, voter.community, stand);
  }
  await db.run('DELETE FROM forgetting WHERE voter = ?', key);
  await db.run('DELETE FROM voter WHERE key = ?', key);
  await db.run('UPDATE act SET by = NULL WHERE by = ?', key);
  await db.run("UPDATE act SET args = replace(args, ?, '') WHERE instr(args, ?) > 0", key, key);
  await db.run("UPDATE session SET body = json_set(body, '$.createdBy', NULL) WHERE instr(body, ?) > 0", key);
  await db.run('DELETE FROM outbox WHERE instr(body, ?) > 0', key);
}

/** Keeps only what the counts of a round depend on: whether they count, and whether as a newcomer. */
function standIn(voter: Voter, key: string, at: number): Voter {
  const young =
    (voter.bornAt !== null && at - voter.bornAt < 30 * day) ||
    (voter.joinedAt !== null && at - voter.joinedAt < 14 * day);
  return {
    key,
    community: voter.community,
    platform: voter.platform,
    consentAt: null,
    bornAt: null,
    joinedAt: null,
    rounds: voter.trusted ? 3 : young ? 0 : Math.min(3, voter.rounds),
    excluded: voter.excluded,
    trusted: false,
    name: null,
    pseudonym: true,
  };
}
