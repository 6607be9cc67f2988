/**
 * Forgetting a person: their key, and those of the accounts that they linked, are swapped for unlinkable pseudonyms, one
 * a round, so that every count stays what it was and nothing ties two rounds together. All in one transaction;
 * afterwards the write-ahead log is folded in and emptied, and `secure_delete` has overwritten the old bytes.
 */
import type { Voter } from '../domain/model.js';
import { accountsOf } from './links.js';
import type { Connection } from './sqlite.js';
import { upsert } from './tables.js';
import { pseudonym } from './voter-key.js';

const day = 86_400_000;

export async function forgetVoter(db: Connection, key: string, at: number): Promise<void> {
  const accounts = await accountsOf(db, key);
  const keys = accounts.length > 0 ? accounts.map((one) => one.key) : [key];
  // Round -> the pseudonym that stands there for all accounts, so that linked ones go on counting once.
  const names = new Map<string, string>();
  for (const one of keys) {
    const voter = accounts.find((row) => row.key === one);
    const rounds = await db.all<{ round: string }>(
      'SELECT DISTINCT b.round FROM fact f JOIN ballot b ON b.id = f.ballot WHERE f.voter = ?',
      one,
    );
    await db.run('INSERT OR IGNORE INTO forgetting (voter) VALUES (?)', one);
    for (const { round } of rounds) {
      const name = names.get(round) ?? pseudonym();
      await db.run(
        'UPDATE fact SET voter = ? WHERE voter = ? AND ballot IN (SELECT id FROM ballot WHERE round = ?)',
        name,
        one,
        round,
      );
      if (voter && !names.has(round)) {
        const stand = JSON.stringify(standIn(voter, accounts, name, at));
        await db.run(upsert('voter', ['key', 'community']), name, voter.community, stand);
      }
      names.set(round, name);
    }
    await removeKey(db, one);
  }
}

async function removeKey(db: Connection, key: string): Promise<void> {
  await db.run('DELETE FROM forgetting WHERE voter = ?', key);
  await db.run('DELETE FROM link_code WHERE voter = ?', key);
  await db.run('DELETE FROM voter WHERE key = ?', key);
  await db.run('UPDATE act SET by = NULL WHERE by = ?', key);
  await db.run("UPDATE act SET args = replace(args, ?, '') WHERE instr(args, ?) > 0", key, key);
  await db.run("UPDATE session SET body = json_set(body, '$.createdBy', NULL) WHERE instr(body, ?) > 0", key);
  await db.run('DELETE FROM outbox WHERE instr(body, ?) > 0', key);
}

/** Keeps only what the counts of a round depend on: whether the person counts, and whether as a newcomer. */
function standIn(voter: Voter, accounts: readonly Voter[], key: string, at: number): Voter {
  return {
    key,
    community: voter.community,
    platform: voter.platform,
    consentAt: null,
    bornAt: null,
    joinedAt: null,
    rounds: Math.max(...accounts.map((one) => standing(one, at))),
    excluded: accounts.some((one) => one.excluded),
    trusted: false,
    name: null,
    pseudonym: true,
    person: null,
  };
}

/** Rounds, 0 to 3, that make as much of a newcomer as the account was. */
function standing({ bornAt, joinedAt, rounds, trusted }: Voter, at: number): number {
  const young =
    (bornAt !== null && at - bornAt < 30 * day) || (joinedAt !== null && at - joinedAt < 14 * day);
  return trusted ? 3 : young ? 0 : Math.min(3, rounds);
}
